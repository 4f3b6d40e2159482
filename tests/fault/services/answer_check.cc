#include "tests/fault/services/answer_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "geoclimate/formats/json.h"

namespace geoclimate::fault {
namespace {

base::Result<CheckedRequest> ParseLine(std::string_view line, std::vector<std::string>& kinds) {
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(line));
  CheckedRequest checked;
  GC_ASSIGN_OR_RETURN(const std::string_view kind, json.StringAt("kind"));
  const auto found = std::ranges::find(kinds, kind);
  checked.kind = static_cast<std::size_t>(found - kinds.begin());
  if (found == kinds.end()) kinds.emplace_back(kind);
  GC_ASSIGN_OR_RETURN(checked.request, json.StringAt("request"));
  if (json.Find("body") != nullptr) {
    GC_ASSIGN_OR_RETURN(checked.body, json.StringAt("body"));
    return checked;
  }
  GC_ASSIGN_OR_RETURN(const std::span<const formats::Json> numbers, json.ArrayAt("predictions"));
  for (const formats::Json& number : numbers) checked.predictions.push_back(number.AsDouble());
  GC_ASSIGN_OR_RETURN(checked.tolerance, json.NumberAt("tolerance"));
  return checked;
}

}  // namespace

bool CheckedRequest::IsRight(std::string_view answer) const {
  if (!body.empty()) return answer == body;
  constexpr std::string_view kField = "\"predictions\":[";
  const std::size_t at = answer.find(kField);
  if (at == std::string_view::npos) return false;
  const char* next = answer.data() + at + kField.size();
  const char* const end = answer.data() + answer.size();
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (i > 0) {
      if (next == end || *next != ',') return false;
      ++next;
    }
    double value = 0;
    const auto [last, error] = std::from_chars(next, end, value);
    if (error != std::errc()) return false;
    const double allowed = tolerance * std::max(1.0, std::abs(predictions[i]));
    // Also wrong where it is not a number.
    if (!(std::abs(value - predictions[i]) <= allowed)) return false;
    next = last;
  }
  return next != end && *next == ']';
}

base::Result<CheckedRequests> ParseCheckedRequests(std::string_view lines) {
  CheckedRequests parsed;
  std::size_t number = 0;
  while (!lines.empty()) {
    ++number;
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    auto request = ParseLine(lines.substr(0, end), parsed.kinds);
    if (!request.ok()) return request.error().WithContext(fmt::format("line {}", number));
    parsed.requests.push_back(*std::move(request));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return parsed;
}

}  // namespace geoclimate::fault
