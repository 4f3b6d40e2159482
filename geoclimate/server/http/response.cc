#include "geoclimate/server/http/response.h"

#include <utility>

#include "geoclimate/server/http/entity_tag.h"
#include "geoclimate/server/http/request.h"

namespace geoclimate::server::http {

void Response::AddHeader(std::string_view name, std::string_view value) {
  head_ += name;
  head_ += ": ";
  const std::size_t start = head_.size();
  head_ += value;
  for (std::size_t i = start; i < head_.size(); ++i) {
    if (head_[i] == '\r' || head_[i] == '\n' || head_[i] == '\0') head_[i] = ' ';
  }
  head_ += "\r\n";
}

bool Response::AnswerNotModified(const Request& request, std::string_view etag) {
  etag_ = etag;
  if (request.method() != Method::kGet && request.method() != Method::kHead) return false;
  const auto list = request.header("if-none-match");
  if (!list.has_value() || !ListNamesTag(*list, etag)) return false;
  status_ = 304;
  return true;
}

void Response::Continue(Delivery delivery, std::unique_ptr<ResponseTask> task) {
  delivery_ = delivery;
  task_ = std::move(task);
}

void Response::Await(std::unique_ptr<ResponseTask> task) {
  Continue(Delivery::kWhole, std::move(task));
  is_waiting_ = true;
}

void Response::Reset() {
  status_ = 200;
  delivery_ = Delivery::kWhole;
  body_is_gzip_ = false;
  aborted_ = false;
  is_waiting_ = false;
  content_type_ = "application/json";
  head_.clear();
  etag_.clear();
  body_.clear();
  task_.reset();
}

}  // namespace geoclimate::server::http
