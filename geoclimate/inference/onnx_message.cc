#include "geoclimate/inference/onnx_message.h"

#include <algorithm>
#include <cstddef>

namespace geoclimate::inference {
namespace {

// The end of what begins with a parenthesis; npos when it does not end.
std::size_t EndOfParenthesis(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::string WithoutSourcePlaces(std::string_view message) {
  // "/onnxruntime_src/onnxruntime/core/graph/model.cc:256 type function(types) [with T = type] "
  constexpr std::string_view kPlace = "/onnxruntime_src/";
  std::string text(message);
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at)) {
    const std::size_t parenthesis = text.find('(', at);
    if (parenthesis == std::string::npos) break;
    std::size_t end = EndOfParenthesis(text, parenthesis);
    if (end == std::string::npos) break;
    for (const std::string_view qualifier : {" const", " [with"}) {
      if (!text.substr(end).starts_with(qualifier)) continue;
      end = qualifier == " const" ? end + qualifier.size() : text.find(']', end);
      if (end == std::string::npos) return text;
      if (text[end] == ']') ++end;
    }
    while (end < text.size() && text[end] == ' ') ++end;
    text.erase(at, end - at);
  }
  while (text.ends_with('\n')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace geoclimate::inference
