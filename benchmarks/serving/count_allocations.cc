// Preloaded into a server, counts every allocation from the heap, whoever makes it, in a file that
// the benchmark reads: two numbers of 64 bits in the machine's order, the allocations of all
// threads and those of I/O threads ("http-io-..."). LD_PRELOAD=libcount_allocations.so
// COUNT_ALLOCATIONS_IN=FILE geoclimate serve ...
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
// glibc's own names of what is replaced here.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

struct Counts {
  std::atomic<std::uint64_t> all;
  std::atomic<std::uint64_t> io_threads;
};

Counts* OpenCounts() {
  const char* const path = std::getenv("COUNT_ALLOCATIONS_IN");
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(Counts)) != 0) return nullptr;
  void* const memory = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Counts*>(memory);
}

// Set when the library is loaded, before the program's main.
Counts* counts = nullptr;
[[gnu::constructor]] void StartCounting() {
  counts = OpenCounts();
}

void Count() {
  if (counts == nullptr) return;
  counts->all.fetch_add(1, std::memory_order_relaxed);
  char name[16];
  if (::prctl(PR_GET_NAME, name) == 0 && std::strncmp(name, "http-io-", 8) == 0) {
    counts->io_threads.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  Count();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  Count();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  Count();
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  Count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
