#include "apps/geoclimate/bench_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <span>
#include <string_view>
#include <utility>

#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using formats::Json;
using formats::JsonWriter;

std::string Get(const BenchUrl& url, std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, url.host);
}

std::string Post(const BenchUrl& url, std::string_view path, std::string_view body) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: "
      "{}\r\n\r\n{}",
      path, url.host, body.size(), body);
}

base::Result<Json> FetchJson(const BenchUrl& url, const std::string& path,
                             std::chrono::milliseconds patience) {
  GC_ASSIGN_OR_RETURN(const load::FetchedAnswer answer,
                      load::Fetch(url.server, Get(url, path), patience));
  if (answer.status != 200) {
    return base::NotFound(
        fmt::format("{} answers {}: {}", path, answer.status, answer.body.substr(0, 300)));
  }
  return formats::ParseJson(answer.body);
}

class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : random_(seed) {}
  double Between(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53;
  }

 private:
  std::mt19937_64 random_;
};

struct KserveInput {
  std::string name;
  std::string type;  // "FP32"
  std::vector<std::int64_t> shape;
  std::int64_t numbers = 1;
};

base::Result<KserveInput> ReadInput(const Json& json, std::size_t rows) {
  constexpr std::int64_t kMostNumbers = 10'000'000;
  KserveInput input;
  GC_ASSIGN_OR_RETURN(input.name, json.StringAt("name"));
  GC_ASSIGN_OR_RETURN(input.type, json.StringAt("datatype"));
  if (input.type == "BYTES") {
    return base::Unimplemented(
        fmt::format("input '{}' is text; give bodies in a file (--body)", input.name));
  }
  GC_ASSIGN_OR_RETURN(const std::span<const Json> shape, json.ArrayAt("shape"));
  for (const Json& dimension : shape) {
    const std::int64_t size = dimension.AsInteger() == nullptr ? 0 : *dimension.AsInteger();
    const bool batch = input.shape.empty() && size == -1;
    input.shape.push_back(batch ? static_cast<std::int64_t>(rows)
                                : std::max<std::int64_t>(size, 1));
    input.numbers *= input.shape.back();
    if (input.numbers > kMostNumbers) {
      return base::InvalidArgument(fmt::format("input '{}' is too large to make up", input.name));
    }
  }
  return input;
}

void WriteInput(const KserveInput& input, RandomNumbers& random, JsonWriter& json) {
  json.BeginObject().Key("name").String(input.name).Key("datatype").String(input.type);
  json.Key("shape").BeginArray();
  for (const std::int64_t size : input.shape) json.Integer(size);
  json.EndArray().Key("data").BeginArray();
  const bool is_fraction = input.type.starts_with("FP") || input.type == "BF16";
  for (std::int64_t i = 0; i < input.numbers; ++i) {
    if (is_fraction) {
      json.Float(static_cast<float>(random.Between(0, 100)));
    } else if (input.type == "BOOL") {
      json.Bool(random.Between(0, 1) < 0.5);
    } else {
      json.Integer(static_cast<std::int64_t>(random.Between(0, 100)));
    }
  }
  json.EndArray().EndObject();
}

}  // namespace

base::Result<BenchUrl> ParseBenchUrl(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) {
    return base::InvalidArgument(fmt::format("'{}' does not begin with {}", url, kScheme));
  }
  const std::string_view rest = std::string_view(url).substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  BenchUrl parsed;
  parsed.host = rest.substr(0, slash);
  parsed.path = slash < rest.size() ? std::string(rest.substr(slash)) : "/";
  const std::size_t colon = parsed.host.find(':');
  std::uint16_t port = 80;
  if (colon != std::string::npos) {
    const char* const end = parsed.host.data() + parsed.host.size();
    const auto [last, error] = std::from_chars(parsed.host.data() + colon + 1, end, port);
    if (error != std::errc() || last != end || port == 0) {
      return base::InvalidArgument(fmt::format("'{}' has no port between 1 and 65535", url));
    }
  }
  const bool odd = std::ranges::any_of(parsed.path, [](char c) { return c <= ' ' || c == 127; });
  if (odd) return base::InvalidArgument(fmt::format("'{}' has a blank in its path", url));
  GC_ASSIGN_OR_RETURN(parsed.server, load::ServerAddress(parsed.host.substr(0, colon), port));
  return parsed;
}

BenchRequests GetRequests(const BenchUrl& url) {
  return {.requests = {Get(url, url.path)}, .rows = 1};
}

base::Result<BenchRequests> PostRequests(const BenchUrl& url, const std::string& bodies) {
  BenchRequests made;
  for (std::size_t begin = 0; begin < bodies.size();) {
    const std::size_t end = std::min(bodies.find('\n', begin), bodies.size());
    if (end > begin)
      made.requests.push_back(Post(url, url.path, bodies.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (made.requests.empty()) return base::InvalidArgument("there is no body");
  return made;
}

base::Result<BenchRequests> PredictRequests(const BenchUrl& url, const std::string& model,
                                            std::uint64_t seed,
                                            std::chrono::milliseconds patience) {
  GC_ASSIGN_OR_RETURN(
      const Json models,
      FetchJson(url, fmt::format("/models?model_name={}&stage=production", model), patience));
  if (models.AsArray() == nullptr || models.AsArray()->empty()) {
    return base::NotFound(fmt::format("'{}' has no version in production there", model));
  }
  GC_ASSIGN_OR_RETURN(const std::span<const Json> features,
                      models.AsArray()->front().ArrayAt("features"));
  RandomNumbers random(seed);
  BenchRequests made;
  for (int i = 0; i < kMadeUpRequests; ++i) {
    std::string body;
    JsonWriter json(body);
    json.BeginObject().Key("model_name").String(model).Key("data").BeginObject();
    for (const Json& feature : features) {
      GC_ASSIGN_OR_RETURN(const std::string_view name, feature.StringAt("name"));
      // A foreign model's features have no ranges.
      const base::Result<double> low = feature.NumberAt("min");
      const base::Result<double> high = feature.NumberAt("max");
      json.Key(name).Float(
          static_cast<float>(random.Between(low.ok() ? *low : 0, high.ok() ? *high : 100)));
    }
    json.EndObject().EndObject();
    made.requests.push_back(Post(url, "/predict", body));
  }
  return made;
}

base::Result<BenchRequests> KserveRequests(const BenchUrl& url, const std::string& model,
                                           std::size_t rows, std::uint64_t seed,
                                           std::chrono::milliseconds patience) {
  const std::string path = fmt::format("/v2/models/{}", model);
  GC_ASSIGN_OR_RETURN(const Json metadata, FetchJson(url, path, patience));
  GC_ASSIGN_OR_RETURN(const std::span<const Json> described, metadata.ArrayAt("inputs"));
  std::vector<KserveInput> inputs;
  for (const Json& one : described) {
    GC_ASSIGN_OR_RETURN(KserveInput input, ReadInput(one, rows));
    inputs.push_back(std::move(input));
  }
  RandomNumbers random(seed);
  BenchRequests made;
  made.rows = rows;
  for (int i = 0; i < kMadeUpRequests; ++i) {
    std::string body;
    JsonWriter json(body);
    json.BeginObject().Key("inputs").BeginArray();
    for (const KserveInput& input : inputs) WriteInput(input, random, json);
    json.EndArray().EndObject();
    made.requests.push_back(Post(url, path + "/infer", body));
  }
  return made;
}

}  // namespace geoclimate::app
