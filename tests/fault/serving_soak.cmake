# The serving path under everything at once: a short form in the normal tier, ten minutes with memory judged in the long one.
foreach(form IN ITEMS serving_soak serving_soak_long)
  add_test(NAME fault/${form} COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python
    ${CMAKE_CURRENT_LIST_DIR}/serving_soak_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
endforeach()
set_tests_properties(fault/serving_soak PROPERTIES LABELS fault TIMEOUT 600
  ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;SOAK_SECONDS=20")
set_tests_properties(fault/serving_soak_long PROPERTIES LABELS "fault;long" TIMEOUT 1800 RUN_SERIAL ON
  ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;SOAK_SECONDS=600")
