#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "apps/geoclimate/doctor_checks.h"
#include "geoclimate/base/descriptor.h"

namespace geoclimate::app {
namespace {

std::string Failure(std::string_view what) {
  return fmt::format("{}: {}", what, std::error_code(errno, std::generic_category()).message());
}

// The file system can do what a database and a store of files need: durable writes and locks.
void CheckScratchFile(const std::filesystem::path& folder, Findings& findings) {
  std::string name = (folder / ".doctor-XXXXXX").string();
  const base::Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) {
    findings.Fail("data_dir.writable", Failure("cannot make a file in it"),
                  "let this user write there, or mount it for writing");
    return;
  }
  const bool written = ::write(file.get(), "x", 1) == 1 && ::fsync(file.get()) == 0;
  const std::string failure = written ? std::string() : Failure("a durable write fails");
  const bool locked = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
  ::unlink(name.c_str());
  if (!written) {
    findings.Fail("data_dir.writable", failure, "free space, or take another disk");
    return;
  }
  findings.Ok("data_dir.writable", "a file was written, synchronised and removed");
  if (locked) {
    findings.Ok("data_dir.locks", "files can be locked");
  } else {
    findings.Fail("data_dir.locks", "files cannot be locked", "take a local file system");
  }
}

void CheckFileSystem(const std::filesystem::path& folder, Findings& findings) {
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) return;
  // Of CIFS and SMB 2, as statfs(2) lists them.
  constexpr std::int64_t kCifs = 0xFF534D42;
  constexpr std::int64_t kSmb2 = 0xFE534D42;
  const auto type = static_cast<std::int64_t>(status.f_type);
  if (type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == kCifs || type == kSmb2 ||
      type == FUSE_SUPER_MAGIC) {
    findings.Warn("data_dir.file_system", "a network file system",
                  "take a local disk: locks and synchronisation of network file systems are not to "
                  "be relied on by a database");
  }
}

void CheckSpace(const std::filesystem::path& folder, Findings& findings) {
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0) return;
  constexpr double kGigabyte = 1 << 30;
  const double unit = static_cast<double>(status.f_frsize);
  const double free = unit * static_cast<double>(status.f_bavail) / kGigabyte;
  const double size = unit * static_cast<double>(status.f_blocks) / kGigabyte;
  const std::string seen = fmt::format("{:.1f} of {:.1f} GiB are free", free, size);
  constexpr double kFewGigabytes = 2;
  constexpr double kTooFew = 0.25;
  if (free < kTooFew) {
    findings.Fail("data_dir.space", seen, "free space: writes are about to fail");
  } else if (free < kFewGigabytes && free < size / 10) {
    findings.Warn("data_dir.space", seen, "free space soon");
  } else {
    findings.Ok("data_dir.space", seen);
  }
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  return verdict == Verdict::kOk ? "OK" : verdict == Verdict::kWarn ? "WARN" : "FAIL";
}

void CheckMachine(const DoctorCase& patient, Findings& findings) {
#if defined(__x86_64__)
  std::string features = "SSE4.2";
  const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) features += ", AVX2";
  if (__builtin_cpu_supports("avx512f") != 0) features += ", AVX-512";
  if (has_avx2) {
    findings.Ok("cpu", features);
  } else {
    findings.Warn("cpu", features, "a CPU with AVX2 scores batches in half of the time");
  }
#endif
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  // Files, the database and services besides connections.
  constexpr std::uint64_t kOthers = 512;
  const std::uint64_t wanted = patient.settings.server.max_connections + kOthers;
  const auto has = static_cast<std::uint64_t>(limit.rlim_cur);
  const std::string seen = fmt::format("{} open files are allowed", has);
  constexpr std::uint64_t kFewest = 256;
  if (has < kFewest) {
    findings.Fail("open_files", seen,
                  fmt::format("raise the limit to {} (ulimit -n, LimitNOFILE)", wanted));
  } else if (has < wanted) {
    findings.Warn("open_files", seen,
                  fmt::format("raise the limit to {} (ulimit -n, LimitNOFILE), or lower "
                              "api.max_connections",
                              wanted));
  } else {
    findings.Ok("open_files", seen);
  }
}

void CheckDataDirectory(const DoctorCase& patient, Findings& findings) {
  const std::filesystem::path& folder = patient.data_dir;
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    findings.Fail("data_dir", fmt::format("there is no folder '{}'", folder.string()),
                  "make one with 'geoclimate ingest', or name another with --data-dir");
    return;
  }
  const std::string seen = fmt::format("{}, owner {}, mode {:03o}", folder.string(), status.st_uid,
                                       status.st_mode & 0777U);
  if ((status.st_mode & S_IWOTH) != 0) {
    findings.Fail("data_dir", seen, "others may write there: chmod o-w " + folder.string());
  } else if (status.st_uid != ::geteuid()) {
    findings.Warn("data_dir", seen,
                  fmt::format("it belongs to another user than this one ({}): run the doctor as "
                              "the user that serves",
                              ::geteuid()));
  } else {
    findings.Ok("data_dir", seen);
  }
  CheckScratchFile(folder, findings);
  CheckFileSystem(folder, findings);
  CheckSpace(folder, findings);
}

}  // namespace geoclimate::app
