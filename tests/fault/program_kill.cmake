# SIGKILL of the whole program with everything at work: 200 times, and a short form in the normal tier.
function(geoclimate_program_kill name labels kills)
  add_test(NAME ${name} COMMAND /usr/bin/python3
    ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/program_kill_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 3600
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;KILLS=${kills}")
endfunction()
geoclimate_program_kill(fault/program_kill_short fault 5)
geoclimate_program_kill(fault/program_kill "fault;long" 200)
