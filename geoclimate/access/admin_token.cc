#include "geoclimate/access/admin_token.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "geoclimate/base/file_system.h"

namespace geoclimate::access {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenLength = 2 * kTokenBytes;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

bool IsToken(std::string_view text) {
  return text.size() == kTokenLength &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Nothing when there is no such file.
base::Result<std::optional<std::string>> Read(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return base::FromErrno(errno, "open " + path.string());
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return base::FromErrno(errno, "stat " + path.string());
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return base::Error(base::ErrorCode::kPermissionDenied,
                       path.string() + " may be read by others than its owner: chmod 600 it, or " +
                           "delete it to get a new token");
  }
  std::array<char, kTokenLength + 2> buffer{};
  const ssize_t length = ::read(file.get(), buffer.data(), buffer.size());
  if (length < 0) return base::FromErrno(errno, "read " + path.string());
  std::string_view text(buffer.data(), static_cast<std::size_t>(length));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!IsToken(text)) {
    return base::DataLoss(path.string() + " holds no token (" + std::to_string(kTokenLength) +
                          " hexadecimal digits): delete it to get a new one");
  }
  return std::optional<std::string>(text);
}

base::Result<std::string> MakeToken() {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return base::FromErrno(errno, "getrandom");
  }
  std::string token;
  for (const std::uint8_t byte : bytes) {
    token += "0123456789abcdef"[byte >> 4U];
    token += "0123456789abcdef"[byte & 15U];
  }
  return token;
}

// Leaves an existing file as it is.
base::Result<void> Publish(const std::filesystem::path& path, const std::string& token) {
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (file.get() < 0) return base::FromErrno(errno, "create " + temporary);
  const std::string line = token + "\n";
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

base::Result<AdminToken> AdminToken::LoadOrCreate(const std::filesystem::path& data_dir) {
  const std::filesystem::path path = data_dir / "admin.token";
  GC_ASSIGN_OR_RETURN(std::optional<std::string> token, Read(path));
  if (!token.has_value()) {
    GC_RETURN_IF_ERROR(base::MakeFolders(base::HostFileSystem(), data_dir));
    GC_ASSIGN_OR_RETURN(const std::string made, MakeToken());
    GC_RETURN_IF_ERROR(Publish(path, made));
    // Another process may have been first.
    GC_ASSIGN_OR_RETURN(token, Read(path));
  }
  if (!token.has_value())
    return base::Unavailable(path.string() + " was removed while it was made");
  return AdminToken(*std::move(token));
}

bool AdminToken::Matches(std::string_view shown) const {
  std::uint8_t difference = shown.size() == value_.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference |
                                           (static_cast<unsigned char>(shown[i]) ^
                                            static_cast<unsigned char>(value_[i % value_.size()])));
  }
  return difference == 0;
}

}  // namespace geoclimate::access
