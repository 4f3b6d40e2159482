# Answers that processes share through Redis, while Redis fails in every way: half a minute, and the same for longer.
function(redis_faults name labels seconds timeout)
  add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/redis_faults_test.py $<TARGET_FILE:geoclimate>
    ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout}
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;REDIS_FAULT_SECONDS=${seconds}")
endfunction()
redis_faults(fault/redis_faults fault 1.5 600)
redis_faults(fault/redis_faults_long "fault;long" 30 1800)
