#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "geoclimate/http_client/http_client.h"
#include "geoclimate/http_client/testing/scripted_server.h"

// Against openssl s_server, with a certificate for localhost that nobody else has signed.
namespace geoclimate::http_client {
namespace {

const base::SystemClock kClock;

pid_t Spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  for (const int output : {1, 2}) {
    ::posix_spawn_file_actions_addopen(&files, output, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0600);
  }
  pid_t process = 0;
  const int failed =
      ::posix_spawnp(&process, pointers.front(), &files, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  return failed == 0 ? process : 0;
}

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate_tls_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const pid_t maker = Spawn({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                               "-keyout", File("key.pem"), "-out", File("certificate.pem")},
                              File("log"));
    ::waitpid(maker, nullptr, 0);
    {
      // A port that nobody listens at once this has ended.
      const testing::ScriptedServer probe([](testing::Connection&) {});
      port_ = probe.port();
    }
    server_ = Spawn({"openssl", "s_server", "-accept", fmt::format("127.0.0.1:{}", port_), "-cert",
                     File("certificate.pem"), "-key", File("key.pem"), "-www"},
                    File("log"));
  }
  ~Tls() override {
    if (server_ > 0) {
      ::kill(server_, SIGKILL);
      ::waitpid(server_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string File(const char* name) const { return (folder_ / name).string(); }

  // Asks again while nobody listens yet and the server lives.
  base::Result<Answer> Ask(const std::string& host, const std::string& ca_file) const {
    const HttpClient client(kClock, {.ca_file = ca_file});
    while (true) {
      auto answer =
          client.Send({.url = fmt::format("https://{}:{}/", host, port_),
                       .deadline = base::Deadline::After(kClock, std::chrono::minutes(1))});
      const bool is_starting = !answer.ok() &&
                               answer.error().code() == base::ErrorCode::kUnavailable &&
                               ::waitpid(server_, nullptr, WNOHANG) == 0;
      if (!is_starting) return answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t server_ = 0;
};

TEST_F(Tls, OnlyACertificateThatIsTrustedForTheNameIsTaken) {
  const auto trusted = Ask("localhost", File("certificate.pem"));
  ASSERT_TRUE(trusted.ok()) << trusted.error().message();
  EXPECT_EQ(trusted->status, 200);
  const auto unknown = Ask("localhost", "");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), base::ErrorCode::kFailedPrecondition)
      << unknown.error().message();
  const auto other_name = Ask("127.0.0.1", File("certificate.pem"));
  ASSERT_FALSE(other_name.ok());
  EXPECT_EQ(other_name.error().code(), base::ErrorCode::kFailedPrecondition)
      << other_name.error().message();
}

}  // namespace
}  // namespace geoclimate::http_client
