# Power cuts on a disk in memory that loses and tears what was not synced: 10,000, and a short form in the normal tier.
file(GLOB power_cut_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/power/*.cc)
add_executable(power_cut_test ${power_cut_sources})
target_link_libraries(power_cut_test PRIVATE geoclimate::service geoclimate::fetch geoclimate::prediction_log GTest::gtest SQLite::SQLite3)
add_test(NAME fault/power_cut COMMAND power_cut_test --cuts=400)
set_tests_properties(fault/power_cut PROPERTIES LABELS fault TIMEOUT 900 ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
add_test(NAME fault/power_cut_long COMMAND power_cut_test --gtest_filter=*NothingAcknowledged* --cuts=10000)
set_tests_properties(fault/power_cut_long PROPERTIES LABELS "fault;long" TIMEOUT 3600 ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
