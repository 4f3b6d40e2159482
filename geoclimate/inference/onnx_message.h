#pragma once

#include <string>
#include <string_view>

namespace geoclimate::inference {

// A message of ONNX Runtime for callers: without the places in its sources ("/onnxruntime_src/...",
// with the function) and without line ends.
std::string WithoutSourcePlaces(std::string_view message);

}  // namespace geoclimate::inference
