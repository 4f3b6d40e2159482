#include "geoclimate/access/secret_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/file_system.h"

namespace geoclimate::access {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretLength = 2 * kSecretBytes;

bool IsSecret(std::string_view text) {
  return text.size() == kSecretLength &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

base::Result<std::string> MakeSecret() {
  std::array<std::uint8_t, kSecretBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return base::FromErrno(errno, "getrandom");
  }
  std::string secret;
  for (const std::uint8_t byte : bytes) {
    secret += "0123456789abcdef"[byte >> 4U];
    secret += "0123456789abcdef"[byte & 15U];
  }
  return secret;
}

// Leaves an existing file as it is.
base::Result<void> Publish(const std::filesystem::path& path, const std::string& secret) {
  std::string temporary = path.string() + ".XXXXXX";
  const base::Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return base::FromErrno(errno, "create " + temporary);
  const std::string line = secret + "\n";
  base::Result<void> result;
  if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(file.get()) != 0) {
    result = base::FromErrno(errno, "write " + temporary);
  } else if (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    result = base::FromErrno(errno, "create " + path.string());
  }
  ::unlink(temporary.c_str());
  GC_RETURN_IF_ERROR(result);
  return base::HostFileSystem().SyncFolder(path.parent_path());
}

}  // namespace

base::Result<std::optional<std::string>> ReadSecret(const std::filesystem::path& path,
                                                    SecretReaders readers) {
  // What is put there for a group comes by links.
  const int follow = readers == SecretReaders::kOwner ? O_NOFOLLOW : 0;
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | follow));
  if (!file.is_open()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return base::FromErrno(errno, "open " + path.string());
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return base::FromErrno(errno, "stat " + path.string());
  const mode_t refused =
      readers == SecretReaders::kOwner ? S_IRWXG | S_IRWXO : S_IWGRP | S_IXGRP | S_IRWXO;
  if ((status.st_mode & refused) != 0) {
    return base::Error(
        base::ErrorCode::kPermissionDenied,
        fmt::format("{} may be read or written by others: chmod {} it, or delete it to get a new "
                    "one",
                    path.string(), readers == SecretReaders::kOwner ? "600" : "440"));
  }
  std::array<char, kSecretLength + 2> buffer{};
  const ssize_t length = ::read(file.get(), buffer.data(), buffer.size());
  if (length < 0) return base::FromErrno(errno, "read " + path.string());
  std::string_view text(buffer.data(), static_cast<std::size_t>(length));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!IsSecret(text)) {
    return base::DataLoss(
        fmt::format("{} holds no secret ({} hexadecimal digits): delete it to "
                    "get a new one",
                    path.string(), kSecretLength));
  }
  return std::optional<std::string>(text);
}

base::Result<std::string> LoadOrCreateSecret(const std::filesystem::path& path) {
  GC_ASSIGN_OR_RETURN(std::optional<std::string> secret, ReadSecret(path, SecretReaders::kOwner));
  if (!secret.has_value()) {
    GC_RETURN_IF_ERROR(base::MakeFolders(base::HostFileSystem(), path.parent_path()));
    GC_ASSIGN_OR_RETURN(const std::string made, MakeSecret());
    GC_RETURN_IF_ERROR(Publish(path, made));
    // Another process may have been first.
    GC_ASSIGN_OR_RETURN(secret, ReadSecret(path, SecretReaders::kOwner));
  }
  if (!secret.has_value()) {
    return base::Unavailable(path.string() + " was removed while it was made");
  }
  return *std::move(secret);
}

}  // namespace geoclimate::access
