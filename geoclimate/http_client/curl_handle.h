#pragma once

#include <curl/curl.h>

#include <memory>

namespace geoclimate::http_client {

struct CurlHandleEnd {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlHandleEnd>;

struct CurlListEnd {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListEnd>;

}  // namespace geoclimate::http_client
