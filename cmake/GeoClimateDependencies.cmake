# Outside libraries. What Debian 12 lacks lies in build/deps, put there by tools/install_dependencies.sh.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(pugixml 1.13 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(Boost 1.81 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(Protobuf 3.21 REQUIRED)
find_package(gRPC 1.51 CONFIG REQUIRED)
find_program(GEOCLIMATE_PROTOC protoc REQUIRED)
find_program(GEOCLIMATE_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
find_library(GEOCLIMATE_XXHASH xxhash REQUIRED)
find_library(GEOCLIMATE_HIREDIS hiredis REQUIRED)
find_library(GEOCLIMATE_HWY hwy REQUIRED)
# CMake's own module asks for the server's headers too.
find_library(GEOCLIMATE_PQ pq REQUIRED)
find_path(GEOCLIMATE_PQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
add_library(libpq INTERFACE)
target_include_directories(libpq SYSTEM INTERFACE ${GEOCLIMATE_PQ_INCLUDE})
target_link_libraries(libpq INTERFACE ${GEOCLIMATE_PQ})
if(GEOCLIMATE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(GEOCLIMATE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

set(GEOCLIMATE_DEPS ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Where tools/install_dependencies.sh put its libraries")
set(xgboost_lib ${GEOCLIMATE_DEPS}/xgboost-cpu/xgboost/lib/libxgboost.so)
set(xgboost_include ${GEOCLIMATE_DEPS}/libxgboost-dev/usr/include)
if(NOT EXISTS ${xgboost_lib} OR NOT EXISTS ${xgboost_include}/xgboost/c_api.h)
  message(FATAL_ERROR "XGBoost is missing below ${GEOCLIMATE_DEPS}: run ./dev build, which fetches it")
endif()
add_library(xgboost SHARED IMPORTED GLOBAL)
set_target_properties(xgboost PROPERTIES
  IMPORTED_LOCATION ${xgboost_lib}
  INTERFACE_INCLUDE_DIRECTORIES ${xgboost_include}
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${xgboost_include})

# Loaded when the first ONNX model is (docs/adr/0013-onnx-runtime-on-demand.md): what links this gets headers, the
# library's name and a run path to find it by. The file's own name pins the release.
set(GEOCLIMATE_ONNXRUNTIME libonnxruntime.so.1.32.0)
set(onnxruntime_folder ${GEOCLIMATE_DEPS}/onnxruntime/onnxruntime/capi)
set(onnxruntime_include ${GEOCLIMATE_DEPS}/libonnxruntime-dev/usr/include)
if(NOT EXISTS ${onnxruntime_folder}/${GEOCLIMATE_ONNXRUNTIME} OR NOT EXISTS ${onnxruntime_include}/onnxruntime)
  message(FATAL_ERROR "ONNX Runtime is missing below ${GEOCLIMATE_DEPS}: run ./dev build, which fetches it")
endif()
add_library(onnxruntime INTERFACE)
target_include_directories(onnxruntime SYSTEM INTERFACE ${onnxruntime_include})
target_compile_definitions(onnxruntime INTERFACE GEOCLIMATE_ONNXRUNTIME_LIBRARY="${GEOCLIMATE_ONNXRUNTIME}")
target_link_options(onnxruntime INTERFACE LINKER:-rpath,${onnxruntime_folder})
if(GEOCLIMATE_SANITIZE)
  # A sanitizer's dlopen stands between, and the ordinary kind of run path counts only for the object that has it.
  target_link_options(onnxruntime INTERFACE LINKER:--disable-new-dtags)
endif()
target_link_libraries(onnxruntime INTERFACE ${CMAKE_DL_LIBS})

# The S3 server of the tests, which start it.
set(GEOCLIMATE_VERSITYGW ${GEOCLIMATE_DEPS}/versitygw/versitygw)

# A spinning OpenMP thread costs a busy machine more than it saves; sanitizer reports in libraries that are not
# instrumented are named, each with its reason, in tools/sanitizers/.
set(GEOCLIMATE_TEST_ENVIRONMENT
  "OMP_WAIT_POLICY=passive;ASAN_OPTIONS=detect_stack_use_after_return=1;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/sanitizers/lsan.supp;TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/sanitizers/tsan.supp halt_on_error=1;UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
