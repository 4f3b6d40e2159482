#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::fault {

// A request and the one right answer to it.
struct CheckedRequest {
  std::size_t kind = 0;  // an index into CheckedRequests::kinds
  std::string request;   // a whole HTTP/1.1 request
  // What the body must be, byte by byte; or, where it is empty, the numbers of "predictions" in it,
  // each within `tolerance` x max(1, |number|): a batch may round otherwise than its rows alone.
  std::string body;
  std::vector<double> predictions;
  double tolerance = 0;

  bool IsRight(std::string_view answer) const;
};

struct CheckedRequests {
  std::vector<std::string> kinds;
  std::vector<CheckedRequest> requests;
};

// A JSON object a line: kind, request, and body or predictions with tolerance. kInvalidArgument
// naming the line.
base::Result<CheckedRequests> ParseCheckedRequests(std::string_view lines);

}  // namespace geoclimate::fault
