#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/blob/s3/credentials.h"

// A real S3 server for tests: versitygw on a folder (tools/dependencies.txt), which checks
// signatures and the hashes of payloads.
namespace geoclimate::blob::testing {

inline sockaddr_in LoopbackAddress(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// A port that nobody listened at a moment ago.
inline std::uint16_t FreePort() {
  const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = LoopbackAddress(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0) return 0;
  if (::getsockname(socket.get(), generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

// Not thread-safe.
class S3Server {
 public:
  // Listens when this returns; see is_running().
  S3Server() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate_s3_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(folder_ / "objects");
    constexpr int kPorts = 5;
    for (int i = 0; i < kPorts && !is_running(); ++i) {
      port_ = FreePort();
      Start();
    }
  }
  ~S3Server() {
    Kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  bool is_running() const { return process_ > 0; }
  std::uint16_t port() const { return port_; }
  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }
  // Where a bucket's name may stand before: curl takes every name below localhost for loopback.
  std::string virtual_endpoint() const { return fmt::format("http://s3.localhost:{}", port_); }
  // A bucket is a folder in it, an object a file.
  std::filesystem::path objects() const { return folder_ / "objects"; }
  static Credentials credentials() {
    return {.access_key_id = "root-id", .secret_access_key = "root-secret", .session_token = ""};
  }

  void Kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  // At the same port, with the same objects.
  void Start() {
    const std::string listen = fmt::format("127.0.0.1:{}", port_);
    const std::string domain = fmt::format("s3.localhost:{}", port_);
    const std::string objects_text = objects().string();
    std::vector<std::string> arguments = {GEOCLIMATE_VERSITYGW, "--port", listen,
                                          "--virtual-domain",   domain,   "--quiet",
                                          "--keep-alive",       "posix",  objects_text};
    const Credentials root = credentials();
    std::vector<std::string> environment = {"ROOT_ACCESS_KEY=" + root.access_key_id,
                                            "ROOT_SECRET_KEY=" + root.secret_access_key,
                                            "GOMAXPROCS=2"};
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    const std::string log = (folder_ / "log").string();
    for (const int descriptor : {1, 2}) {
      ::posix_spawn_file_actions_addopen(&files, descriptor, log.c_str(),
                                         O_WRONLY | O_CREAT | O_APPEND, 0600);
    }
    if (::posix_spawn(&process_, GEOCLIMATE_VERSITYGW, &files, nullptr, Pointers(arguments).data(),
                      Pointers(environment).data()) != 0) {
      process_ = 0;
    }
    ::posix_spawn_file_actions_destroy(&files);
    WaitUntilItListens();
  }

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  // Or until the process has ended.
  void WaitUntilItListens() {
    while (process_ > 0) {
      const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in address = LoopbackAddress(port_);
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0) {
        return;
      }
      if (::waitpid(process_, nullptr, WNOHANG) != 0) process_ = 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

// One for the whole test program, each of whose tests takes a prefix of its own.
inline S3Server& SharedS3Server() {
  static S3Server server;
  return server;
}

}  // namespace geoclimate::blob::testing
