#include "geoclimate/server/http/local_client.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "geoclimate/base/check.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/server/http/ascii.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/server/http/frontend.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::server::http {
namespace {

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  return line;
}

std::string JoinChunks(std::string_view text) {
  std::string body;
  for (;;) {
    const std::string_view line = TakeLine(text);
    std::size_t size = 0;
    std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (size == 0 || size > text.size()) return body;
    body += text.substr(0, size);
    text = text.substr(size);
    TakeLine(text);
  }
}

LocalAnswer ParseAnswer(std::string_view text) {
  LocalAnswer answer;
  const std::string_view status_line = TakeLine(text);
  const std::string_view code = status_line.size() > 12 ? status_line.substr(9, 3) : "0";
  std::from_chars(code.data(), code.data() + code.size(), answer.status);
  for (std::string_view line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
    const std::size_t colon = line.find(':');
    answer.headers.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  }
  const bool chunked = answer.header("transfer-encoding") == "chunked";
  answer.body = chunked ? JoinChunks(text) : std::string(text);
  return answer;
}

}  // namespace

std::string_view LocalAnswer::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (EqualsIgnoringCase(field, name)) return value;
  }
  return {};
}

class LocalClient::State {
 public:
  State(RouteTable table, const base::Clock& clock, ServerOptions options, Listener listener)
      : listener_(listener) {
    lifecycle_.set_phase(Phase::kServing);
    auto frontend = Frontend::Build(std::move(options), std::move(table),
                                    {nullptr, &metrics_, &clock, &lifecycle_});
    GC_CHECK(frontend.ok(), frontend.error().ToString().c_str());
    frontend_ = *std::move(frontend);
    worker_ = std::make_unique<Worker>(*frontend_);
    exchange_ = std::make_unique<http::Exchange>(*frontend_);
  }

  std::string Exchange(std::string_view bytes, std::size_t piece_bytes) {
    std::string answers;
    exchange_->Clear();
    exchange_->Open(listener_, "127.0.0.1", waker_);
    worker_->Tick();
    for (;;) {
      const auto next = exchange_->Advance(*worker_);
      answers += exchange_->unsent();
      exchange_->Sent(exchange_->unsent().size());
      switch (next) {
        case http::Exchange::Next::kRead: {
          if (bytes.empty()) return answers;
          const std::span<char> space = exchange_->ReadSpace();
          const std::size_t count = std::min({space.size(), bytes.size(), piece_bytes});
          std::memcpy(space.data(), bytes.data(), count);
          bytes.remove_prefix(count);
          exchange_->Received(count);
          break;
        }
        case http::Exchange::Next::kAgain:
          break;
        case http::Exchange::Next::kBackground:
          exchange_->RunInBackground(frontend_->clock());
          exchange_->FinishBackground();
          break;
        case http::Exchange::Next::kWait:
          waker_.Await();
          exchange_->FinishWait();
          break;
        case http::Exchange::Next::kClose:
          return answers;
      }
    }
  }

 private:
  class CountingWaker final : public Waker {
   public:
    void Wake() override {
      const base::MutexLock lock(mutex_);
      ++calls_;
      called_.NotifyAll();
    }
    void Await() {
      const base::MutexLock lock(mutex_);
      while (calls_ == 0) called_.WaitUntil(mutex_, base::Deadline::Never());
      --calls_;
    }

   private:
    base::Mutex mutex_;
    base::CondVar called_;
    int calls_ GUARDED_BY(mutex_) = 0;
  };

  Listener listener_;
  CountingWaker waker_;
  Lifecycle lifecycle_;
  telemetry::MetricRegistry metrics_;
  std::unique_ptr<const Frontend> frontend_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<http::Exchange> exchange_;
};

LocalClient::LocalClient(RouteTable table, const base::Clock& clock, ServerOptions options,
                         Listener listener)
    : state_(std::make_unique<State>(std::move(table), clock, std::move(options), listener)) {}

LocalClient::~LocalClient() = default;

std::string LocalClient::Exchange(std::string_view bytes, std::size_t piece_bytes) {
  return state_->Exchange(bytes, piece_bytes);
}

LocalAnswer LocalClient::Send(Method method, std::string_view target, std::string_view body,
                              const Fields& fields) {
  std::string request(MethodName(method));
  request += " ";
  request += target;
  request += " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : fields)
    request.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n";
  request += body;
  return ParseAnswer(Exchange(request));
}

LocalAnswer LocalClient::Get(std::string_view target, const Fields& fields) {
  return Send(Method::kGet, target, {}, fields);
}

LocalAnswer LocalClient::Post(std::string_view target, std::string_view media_type,
                              std::string_view body, const Fields& fields) {
  Fields all = fields;
  all.emplace_back("Content-Type", media_type);
  return Send(Method::kPost, target, body, all);
}

}  // namespace geoclimate::server::http
