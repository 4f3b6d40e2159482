# PostgreSQL, Redis and S3 are harmed in every way while thousands of requests a second are answered, each answer compared
# with the right one. The short form has some faults of the services that Debian has, at a lower rate; the long one has all.
file(GLOB checked_load_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/services/*.cc)
list(FILTER checked_load_sources EXCLUDE REGEX "checked_load\\.cc|_test\\.cc")
add_executable(checked_load ${CMAKE_CURRENT_LIST_DIR}/services/checked_load.cc ${checked_load_sources})
target_link_libraries(checked_load PRIVATE geoclimate::load geoclimate::formats)
add_executable(checked_load_test ${CMAKE_CURRENT_LIST_DIR}/services/answer_check_test.cc ${checked_load_sources})
target_link_libraries(checked_load_test PRIVATE geoclimate::load geoclimate::formats GTest::gmock GTest::gtest_main)
add_test(NAME fault/checked_load COMMAND checked_load_test)
set_tests_properties(fault/checked_load PROPERTIES LABELS fault ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")

function(service_faults name labels form timeout)
  add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/service_faults_test.py
    $<TARGET_FILE:geoclimate> ${CMAKE_SOURCE_DIR} $<TARGET_FILE:checked_load> ${GEOCLIMATE_VERSITYGW})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} RUN_SERIAL ON
    ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT};PYTHONDONTWRITEBYTECODE=1;SERVICE_FAULTS=${form}")
endfunction()
service_faults(fault/service_faults_short "fault;no-sanitizer" short 600)
service_faults(fault/service_faults "fault;long" long 5400)
