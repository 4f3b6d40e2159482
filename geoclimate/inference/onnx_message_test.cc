#include "geoclimate/inference/onnx_message.h"

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

TEST(OnnxMessage, MessagesDoNotNamePlacesInTheRuntimesSources) {
  EXPECT_EQ(WithoutSourcePlaces("failed:/onnxruntime_src/core/a.h:46 void f(const map<s<char>, "
                                "int>&, int (*)(int)) Opset 99 is new (limited).\n"),
            "failed:Opset 99 is new (limited).");
  EXPECT_EQ(
      WithoutSourcePlaces("x /onnxruntime_src/b.cc:9 T C<T>::g(T) const [with T = int] no\nw"),
      "x no w");
  EXPECT_EQ(WithoutSourcePlaces("/onnxruntime_src/b.cc:9 f(never"),
            "/onnxruntime_src/b.cc:9 f(never");
  EXPECT_EQ(WithoutSourcePlaces("index: 1 Got: 5"), "index: 1 Got: 5");
  EXPECT_EQ(WithoutSourcePlaces(""), "");
}

}  // namespace
}  // namespace geoclimate::inference
