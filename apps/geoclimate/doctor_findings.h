#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace geoclimate::app {

enum class Verdict : std::uint8_t { kOk, kWarn, kFail };
std::string_view VerdictName(Verdict verdict);  // "OK", "WARN", "FAIL"

// One thing that was looked at.
struct Finding {
  std::string check;  // "database.version"
  Verdict verdict = Verdict::kOk;
  std::string seen;
  std::string advice;  // what to do; empty when kOk
};

// What a doctor has found so far, in the order of looking. Not thread-safe.
class Findings {
 public:
  void Ok(std::string_view check, std::string seen) { Add(check, Verdict::kOk, std::move(seen)); }
  void Warn(std::string_view check, std::string seen, std::string advice) {
    Add(check, Verdict::kWarn, std::move(seen), std::move(advice));
  }
  void Fail(std::string_view check, std::string seen, std::string advice) {
    Add(check, Verdict::kFail, std::move(seen), std::move(advice));
  }
  const std::vector<Finding>& all() const { return all_; }
  bool healthy() const { return failed_ == 0; }

 private:
  void Add(std::string_view check, Verdict verdict, std::string seen, std::string advice = {}) {
    if (verdict == Verdict::kFail) ++failed_;
    all_.push_back({std::string(check), verdict, std::move(seen), std::move(advice)});
  }

  std::vector<Finding> all_;
  int failed_ = 0;
};

}  // namespace geoclimate::app
