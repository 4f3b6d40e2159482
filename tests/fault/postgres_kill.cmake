# Sessions and the whole of PostgreSQL are killed while observations are posted; KILLS says how often.
function(postgres_kill_test name kills)
  add_test(NAME fault/${name}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/fault/postgres_kill_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
  set_tests_properties(fault/${name} PROPERTIES LABELS "${ARGN}" TIMEOUT 1800
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;KILLS=${kills}")
endfunction()
postgres_kill_test(postgres_kill 8 fault)
postgres_kill_test(postgres_kill_long 100 fault long)
