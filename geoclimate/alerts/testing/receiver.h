#pragma once

#include <fmt/format.h>

#include <deque>
#include <string>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/http_client/testing/scripted_server.h"

// A receiver of webhooks for tests.
namespace geoclimate::alerts::testing {

using http_client::testing::Connection;
using http_client::testing::ScriptedServer;

struct Reply {
  int status = 200;
  std::string fields = {};
};

// Notes what it is asked and answers with `replies` in turn, then 200.
class Receiver {
 public:
  Receiver() : server_([this](Connection& connection) { Serve(connection); }) {}

  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook", server_.port()); }
  int connections() const { return server_.connections(); }
  void Reply(std::vector<Reply> replies) EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    replies_.assign(replies.begin(), replies.end());
  }
  std::vector<std::string> requests() EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    return requests_;
  }

 private:
  void Serve(Connection& connection) EXCLUDES(mutex_) {
    for (std::string request; !(request = connection.ReadRequest()).empty();) {
      struct Reply reply;
      {
        const base::MutexLock lock(mutex_);
        requests_.push_back(request);
        if (!replies_.empty()) {
          reply = replies_.front();
          replies_.pop_front();
        }
      }
      connection.Answer(reply.status, "", reply.fields);
    }
  }

  base::Mutex mutex_;
  std::deque<struct Reply> replies_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  ScriptedServer server_;
};

// The value of a header field of a request; empty when there is none.
inline std::string FieldOf(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

}  // namespace geoclimate::alerts::testing
