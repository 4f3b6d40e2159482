#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/load/http_client.h"

namespace geoclimate::app {

// "http://127.0.0.1:8000/path": the address, the Host field, and the path with its query ("/").
struct BenchUrl {
  sockaddr_in server{};
  std::string host;
  std::string path;
};
// kInvalidArgument, naming it, for another scheme or a host that is no IPv4 address or localhost.
base::Result<BenchUrl> ParseBenchUrl(const std::string& url);

// What is sent: whole requests, and how many rows a request holds.
struct BenchRequests {
  std::vector<std::string> requests;
  std::size_t rows = 1;
};

// GETs of the path.
BenchRequests GetRequests(const BenchUrl& url);
// POSTs of each line of `bodies` that is not empty. kInvalidArgument when all are.
base::Result<BenchRequests> PostRequests(const BenchUrl& url, const std::string& bodies);

// How many different requests are made up, so that no cache and no branch predictor learns one.
inline constexpr int kMadeUpRequests = 500;

// Predictions of one row by `model`, which geo-climate's server at `url` serves: values at random
// within the ranges of its features. POST /predict. Fetch()'s errors; kNotFound without such a
// model.
base::Result<BenchRequests> PredictRequests(const BenchUrl& url, const std::string& model,
                                            std::uint64_t seed, std::chrono::milliseconds patience);
// Inferences of `rows` rows by `model` of any server of KServe's protocol, version 2: numbers at
// random in every input's shape, whose dimension -1 in front is the batch. POST
// /v2/models/MODEL/infer. Fetch()'s errors; kUnimplemented for an input that is no number.
base::Result<BenchRequests> KserveRequests(const BenchUrl& url, const std::string& model,
                                           std::size_t rows, std::uint64_t seed,
                                           std::chrono::milliseconds patience);

}  // namespace geoclimate::app
