# Compiler and linker options of every target, in one interface library.

add_library(geoclimate_options INTERFACE)
target_include_directories(geoclimate_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(geoclimate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both report paths that cannot be taken once the optimiser has inlined std::string and std::variant (GCC bugs
  # 105329 and 105651); clang checks the same sources in lint.
  target_compile_options(geoclimate_options INTERFACE
    -Wduplicated-cond -Wlogical-op -Wno-restrict -Wno-null-dereference -Wno-maybe-uninitialized)
else()
  target_compile_options(geoclimate_options INTERFACE -Wthread-safety -Werror=thread-safety)
endif()

# The program runs on any x86-64 machine of the last ten years; wider instructions are chosen at run time.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(geoclimate_options INTERFACE -march=x86-64-v2 -mtune=generic)
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

if(GEOCLIMATE_SANITIZE)
  set(sanitize -fsanitize=${GEOCLIMATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND GEOCLIMATE_SANITIZE MATCHES "thread")
    # libstdc++ 12 and Asio use atomic_thread_fence, which tsan does not model; their own annotations cover it.
    target_compile_options(geoclimate_options INTERFACE -Wno-tsan)
  endif()
  target_compile_options(geoclimate_options INTERFACE ${sanitize})
  target_link_options(geoclimate_options INTERFACE ${sanitize})
endif()

if(GEOCLIMATE_FUZZERS)
  # What the fuzzers call must say which of its branches ran, or they search blindly.
  target_compile_options(geoclimate_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(GEOCLIMATE_CCACHE ccache)
if(GEOCLIMATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GEOCLIMATE_CCACHE})
endif()
find_program(GEOCLIMATE_MOLD mold)
if(GEOCLIMATE_MOLD)
  target_link_options(geoclimate_options INTERFACE -fuse-ld=mold)
endif()
