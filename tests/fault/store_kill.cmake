add_executable(store_kill_test ${CMAKE_CURRENT_LIST_DIR}/store_kill_test.cc ${CMAKE_CURRENT_LIST_DIR}/ingest_run.cc)
target_link_libraries(store_kill_test PRIVATE geoclimate::store GTest::gtest_main)
target_compile_definitions(store_kill_test PRIVATE
  GEOCLIMATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GEOCLIMATE_PROGRAM="$<TARGET_FILE:geoclimate>")
add_dependencies(store_kill_test geoclimate)

add_test(NAME fault/store_kill COMMAND store_kill_test --gtest_filter=*Twenty*)
set_tests_properties(fault/store_kill PROPERTIES LABELS fault TIMEOUT 900
  ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
add_test(NAME fault/store_kill_long COMMAND store_kill_test --gtest_filter=*TwoHundred*)
set_tests_properties(fault/store_kill_long PROPERTIES LABELS "fault;long" TIMEOUT 3600
  ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
