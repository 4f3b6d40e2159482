#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/redis/connection.h"

namespace geoclimate::redis::testing {

// A real redis-server of the test's own: in a folder of its own, on a Unix socket, without
// persistence; ended by its process id. Not thread-safe.
class RedisServer {
 public:
  // `options` as on its command line: {"--maxmemory", "2mb"}.
  explicit RedisServer(const std::vector<std::string>& options = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "geoclimate-redis-XXXXXX");
    GC_CHECK(::mkdtemp(pattern.data()) != nullptr, "a folder for redis-server");
    folder_ = pattern;
    arguments_ = {
        "redis-server", "--port", "0",     "--unixsocket", socket_path(), "--save",        "",
        "--appendonly", "no",     "--dir", folder_,        "--logfile",   folder_ + "/log"};
    arguments_.insert(arguments_.end(), options.begin(), options.end());
    Start();
  }
  ~RedisServer() {
    Stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket_path() const { return folder_ + "/redis.sock"; }
  const std::string& folder() const { return folder_; }
  Endpoint endpoint() const {
    Endpoint endpoint;
    endpoint.transport = Endpoint::Transport::kUnix;
    endpoint.socket_path = socket_path();
    return endpoint;
  }

  // Returns when the server answers.
  void Start() {
    std::vector<char*> words;
    words.reserve(arguments_.size() + 1);
    for (std::string& argument : arguments_) words.push_back(argument.data());
    words.push_back(nullptr);
    process_ = ::fork();
    GC_CHECK(process_ >= 0, "a process for redis-server");
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing behind
      const int nowhere = ::open("/dev/null", O_RDWR);
      ::dup2(nowhere, STDIN_FILENO);
      ::dup2(nowhere, STDOUT_FILENO);
      ::dup2(nowhere, STDERR_FILENO);
      ::execvp(words[0], words.data());
      ::_exit(127);
    }
    for (int tries = 0; !Answers(); ++tries) {
      GC_CHECK(tries < 3000 && ::waitpid(process_, nullptr, WNOHANG) == 0, "redis-server runs");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // At once; what it held is gone.
  void Stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
    ::unlink(socket_path().c_str());
  }
  // Stands still, with its connections open, until Resume().
  void Pause() { ::kill(process_, SIGSTOP); }
  void Resume() { ::kill(process_, SIGCONT); }

  // One command on a connection of the test's own.
  Reply Run(std::initializer_list<std::string_view> words) const {
    auto connection = Connection::Open(endpoint(), {}, clock_, Patience());
    GC_CHECK(connection.ok(), "redis-server is reached");
    CommandBatch batch;
    batch.Add(words);
    auto replies = (*connection)->Exchange(batch, Patience());
    GC_CHECK(replies.ok(), "redis-server answers");
    return (*replies)[0];
  }

 private:
  base::Deadline Patience() const { return base::Deadline::After(clock_, std::chrono::minutes(1)); }
  bool Answers() const { return Connection::Open(endpoint(), {}, clock_, Patience()).ok(); }

  base::SystemClock clock_;
  std::string folder_;
  std::vector<std::string> arguments_;
  pid_t process_ = 0;
};

}  // namespace geoclimate::redis::testing
