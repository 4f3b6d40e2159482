# The serving path under everything at once for ten minutes, memory judged; SOAK_SECONDS=20 of it by hand is a quick look.
add_test(NAME fault/serving_soak COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python
  ${CMAKE_CURRENT_LIST_DIR}/serving_soak_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
set_tests_properties(fault/serving_soak PROPERTIES LABELS "fault;long" TIMEOUT 1800 RUN_SERIAL ON
  ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;SOAK_SECONDS=600")
