# The serving path under everything at once: for ten minutes with its memory judged, and a short form in the normal tier.
function(geoclimate_serving_soak name labels seconds)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python
    ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/serving_soak_test.py $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 1800 RUN_SERIAL ON
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;SOAK_SECONDS=${seconds}")
endfunction()
geoclimate_serving_soak(fault/serving_soak_short "fault" 20)
geoclimate_serving_soak(fault/serving_soak "fault;long" 600)
