#pragma once

#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::service {

// Says once that something cannot be followed, and once that it can be again, however often it is
// looked at meanwhile. Not thread-safe.
class FollowLog {
 public:
  // `what` is a literal: "the registry of models".
  explicit FollowLog(std::string_view what) : what_(what) {}
  void Report(const base::Result<void>& looked);

 private:
  std::string_view what_;
  bool failing_ = false;
};

}  // namespace geoclimate::service
