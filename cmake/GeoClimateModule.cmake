# geoclimate_module(NAME DEPS ... [LIBS ...])
#
# Declares the library geoclimate::NAME from every source of the calling folder and of its sub-folders:
#   x.cc        the library geoclimate_NAME
#   x_test.cc   the test program geoclimate_NAME_test, one per module, registered with ctest
#   x_bench.cc  the program geoclimate_NAME_bench, under GEOCLIMATE_BENCHMARKS
# DEPS are other modules (checked against tools/layers.yaml by tools/check_layering.py); LIBS are outside libraries
# that appear in this module's headers or sources.
function(geoclimate_module name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBS" ${ARGN})
  string(REPLACE "/" "_" target ${name})

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")

  set(deps)
  foreach(dep IN LISTS arg_DEPS)
    string(REPLACE "/" "_" dep ${dep})
    list(APPEND deps geoclimate::${dep})
  endforeach()

  if(sources)
    add_library(geoclimate_${target} STATIC ${sources})
    target_link_libraries(geoclimate_${target} PUBLIC geoclimate_options ${deps} ${arg_LIBS})
  else()
    add_library(geoclimate_${target} INTERFACE)
    target_link_libraries(geoclimate_${target} INTERFACE geoclimate_options ${deps} ${arg_LIBS})
  endif()
  add_library(geoclimate::${target} ALIAS geoclimate_${target})

  if(GEOCLIMATE_TESTS AND tests)
    add_executable(geoclimate_${target}_test ${tests})
    target_link_libraries(geoclimate_${target}_test PRIVATE geoclimate::${target} GTest::gmock GTest::gtest_main)
    target_compile_definitions(geoclimate_${target}_test PRIVATE
      GEOCLIMATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND geoclimate_${target}_test)
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600 ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
  endif()
  if(GEOCLIMATE_CHECK_HEADERS)
    # Each header compiles by itself: a source per header that includes nothing else.
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
    set(checks)
    foreach(header IN LISTS headers)
      string(REPLACE "/" "_" check ${header})
      set(check ${CMAKE_CURRENT_BINARY_DIR}/headers/${check}.cc)
      file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${header}\"\n")
      list(APPEND checks ${check})
    endforeach()
    if(checks)
      add_library(geoclimate_${target}_headers OBJECT ${checks})
      target_link_libraries(geoclimate_${target}_headers PRIVATE geoclimate::${target})
      if(GEOCLIMATE_TESTS)
        target_link_libraries(geoclimate_${target}_headers PRIVATE GTest::gmock)
      endif()
    endif()
  endif()
  if(GEOCLIMATE_BENCHMARKS AND benches)
    add_executable(geoclimate_${target}_bench ${benches})
    target_link_libraries(geoclimate_${target}_bench PRIVATE geoclimate::${target} benchmark::benchmark_main)
  endif()
endfunction()

# geoclimate_fuzzer(NAME DEPS ...): fuzz/NAME_fuzz.cc as a libFuzzer program; its seeds lie in fuzz/corpus/NAME/.
function(geoclimate_fuzzer name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  set(deps)
  foreach(dep IN LISTS arg_DEPS)
    string(REPLACE "/" "_" dep ${dep})
    list(APPEND deps geoclimate::${dep})
  endforeach()
  if(GEOCLIMATE_FUZZERS)
    add_executable(${name}_fuzz ${name}_fuzz.cc)
    target_link_libraries(${name}_fuzz PRIVATE ${deps})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  endif()
  if(GEOCLIMATE_TESTS)
    # The corpus runs as an ordinary test, without libFuzzer, on every compiler.
    add_executable(${name}_corpus_test ${name}_fuzz.cc ${CMAKE_SOURCE_DIR}/fuzz/run_corpus.cc)
    target_link_libraries(${name}_corpus_test PRIVATE ${deps})
    add_test(NAME corpus/${name} COMMAND ${name}_corpus_test ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(corpus/${name} PROPERTIES LABELS corpus TIMEOUT 300
      ENVIRONMENT "${GEOCLIMATE_TEST_ENVIRONMENT}")
  endif()
endfunction()
