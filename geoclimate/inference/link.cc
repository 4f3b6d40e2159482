#include "geoclimate/inference/link.h"

#include <algorithm>
#include <cmath>

namespace geoclimate::inference {
namespace {

float Logistic(float margin, float /*scale*/) {
  // Beyond 88.7 exp() overflows a float.
  constexpr float kEpsilon = 1e-16F;
  return 1.0F / (std::exp(std::min(-margin, 88.7F)) + 1.0F + kEpsilon);
}

double Logistic(double margin, double scale) {
  return 1.0 / (1.0 + std::exp(-scale * margin));
}

template <typename T>
T SignedSquare(T margin) {
  return std::copysign(margin * margin, margin);
}

void Softmax(std::span<float> margins) {
  const float largest = *std::ranges::max_element(margins);
  double sum = 0;
  for (float& margin : margins) {
    margin = std::exp(margin - largest);
    sum += double{margin};
  }
  for (float& margin : margins) margin /= static_cast<float>(sum);
}

void Softmax(std::span<double> margins) {
  const double largest = *std::ranges::max_element(margins);
  double sum = 0;
  for (double& margin : margins) {
    margin = std::exp(margin - largest);
    sum += margin;
  }
  for (double& margin : margins) margin /= sum;
}

template <typename T>
void Apply(model::Link link, T scale, std::span<T> margins) {
  switch (link) {
    case model::Link::kIdentity:
      return;
    case model::Link::kLogistic:
      for (T& margin : margins) margin = Logistic(margin, scale);
      return;
    case model::Link::kSoftmax:
      Softmax(margins);
      return;
    case model::Link::kExponential:
      for (T& margin : margins) margin = std::exp(margin);
      return;
    case model::Link::kArgmax:
      margins[0] = static_cast<T>(std::ranges::max_element(margins) - margins.begin());
      return;
    case model::Link::kStep:
      for (T& margin : margins) margin = margin > 0 ? T{1} : T{0};
      return;
    case model::Link::kSignedSquare:
      for (T& margin : margins) margin = SignedSquare(margin);
      return;
    case model::Link::kSoftplus:
      for (T& margin : margins) margin = std::log1p(std::exp(margin));
      return;
  }
}

}  // namespace

void ApplyLink(model::Link link, double scale, std::span<float> margins) {
  Apply(link, static_cast<float>(scale), margins);
}

void ApplyLink(model::Link link, double scale, std::span<double> margins) {
  Apply(link, scale, margins);
}

}  // namespace geoclimate::inference
