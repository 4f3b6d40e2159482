#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/http_client/curl_handle.h"
#include "geoclimate/http_client/http_client.h"
#include "geoclimate/http_client/url.h"

namespace geoclimate::http_client {

// One request on one handle. Everything given outlives it.
class Transfer {
 public:
  // `addresses` of a guarded request: the only ones to connect to.
  Transfer(CURL* handle, const Request& request, const UrlParts& url,
           const HttpClientOptions& options, std::optional<std::vector<IpAddress>> addresses);

  // Within `wait`.
  base::Result<Answer> Run(std::chrono::nanoseconds wait, const base::Clock& clock);

 private:
  // What libcurl calls.
  static std::size_t OnHeader(char* bytes, std::size_t one, std::size_t count, void* self);
  static std::size_t OnBody(char* bytes, std::size_t one, std::size_t count, void* self);
  static std::size_t OnRead(char* into, std::size_t one, std::size_t count, void* self);
  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static int OnEvent(CURL*, curl_infotype kind, char*, std::size_t, void* self);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  void SetConnection(std::chrono::nanoseconds wait);
  void SetBody();
  base::Result<void> SetHeaders();
  void SetGuard();
  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view piece);
  base::Error ErrorOf(CURLcode code, const base::Clock& clock) const;

  CURL* handle_;
  const Request& request_;
  const UrlParts& url_;
  const HttpClientOptions& options_;
  std::optional<std::vector<IpAddress>> addresses_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  CurlList headers_;
  CurlList resolved_;
  Answer answer_;
  int times_sent_ = 0;
  bool header_ended_ = false;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  // What a call-back found wrong; libcurl only knows that it stopped.
  std::optional<base::Error> failed_;
};

}  // namespace geoclimate::http_client
