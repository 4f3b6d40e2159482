# The prediction log while PostgreSQL and the server are killed; KILLS says how often the server is.
function(prediction_log_kill_test name kills)
  add_test(NAME fault/${name}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/fault/prediction_log_kill_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
  set_tests_properties(fault/${name} PROPERTIES LABELS "${ARGN}" TIMEOUT 1800
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;KILLS=${kills}")
endfunction()
prediction_log_kill_test(prediction_log_kill 3 fault)
prediction_log_kill_test(prediction_log_kill_long 50 fault long)
