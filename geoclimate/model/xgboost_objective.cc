#include "geoclimate/model/xgboost_objective.h"

#include <array>
#include <cmath>

namespace geoclimate::model {
namespace {

struct Row {
  std::string_view name;
  XgboostObjective objective;
};

using BaseScore = XgboostObjective::BaseScore;
constexpr std::array kObjectives = {
    Row{"reg:squarederror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:linear", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:squaredlogerror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:pseudohubererror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:absoluteerror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:quantileerror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:expectileerror", {Link::kIdentity, BaseScore::kMargin}},
    Row{"reg:logistic", {Link::kLogistic, BaseScore::kLogit}},
    Row{"binary:logistic", {Link::kLogistic, BaseScore::kLogit}},
    Row{"binary:logitraw", {Link::kIdentity, BaseScore::kMargin}},
    Row{"binary:hinge", {Link::kStep, BaseScore::kMargin}},
    Row{"count:poisson", {Link::kExponential, BaseScore::kLog}},
    Row{"reg:gamma", {Link::kExponential, BaseScore::kLog}},
    Row{"reg:tweedie", {Link::kExponential, BaseScore::kLog}},
    Row{"survival:cox", {Link::kExponential, BaseScore::kLog}},
    Row{"survival:aft", {Link::kExponential, BaseScore::kLog}},
    Row{"multi:softprob", {Link::kSoftmax, BaseScore::kMargin}},
    Row{"multi:softmax", {Link::kArgmax, BaseScore::kMargin}},
    Row{"rank:pairwise", {Link::kIdentity, BaseScore::kMargin}},
    Row{"rank:ndcg", {Link::kIdentity, BaseScore::kMargin}},
    Row{"rank:map", {Link::kIdentity, BaseScore::kMargin}},
};

}  // namespace

std::optional<XgboostObjective> FindXgboostObjective(std::string_view name) {
  for (const Row& row : kObjectives) {
    if (row.name == name) return row.objective;
  }
  return std::nullopt;
}

float BaseMargin(const XgboostObjective& objective, float base_score) {
  switch (objective.base_score) {
    case BaseScore::kLogit:
      return -std::log(1.0F / base_score - 1.0F);
    case BaseScore::kLog:
      return std::log(base_score);
    case BaseScore::kMargin:
      break;
  }
  return base_score;
}

}  // namespace geoclimate::model
