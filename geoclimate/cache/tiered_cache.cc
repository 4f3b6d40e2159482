#include "geoclimate/cache/tiered_cache.h"

#include <algorithm>
#include <utility>

namespace geoclimate::cache {

void TieredCache::KeepInMemory(const Wanted& one, std::string_view value) {
  if (one.place) memory_.Insert(*one.place, one.key, value, clock_.MonotonicNow());
}

void TieredCache::FindShared(std::vector<Wanted> wanted, base::Deadline deadline,
                             std::chrono::milliseconds lease, Done done) {
  TierQuestion question;
  question.keys.reserve(wanted.size());
  for (Wanted& one : wanted) question.keys.push_back(std::move(one.shared_key));
  question.deadline = deadline;
  question.lease = lease;
  question.done = [this, wanted = std::move(wanted),
                   done = std::move(done)](std::span<TierAnswer> answers) {
    std::vector<std::string> values;
    values.reserve(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const bool fits = answers[i].state == TierAnswer::State::kFound &&
                        answers[i].bytes.size() == wanted[i].value_bytes;
      if (!fits) continue;
      KeepInMemory(wanted[i], answers[i].bytes);
      values.push_back(std::move(answers[i].bytes));
    }
    if (values.size() < wanted.size()) values.clear();
    done(values);
  };
  shared_->Find(std::move(question));
}

base::Result<std::size_t> TieredCache::Fetch(std::span<const Wanted> wanted,
                                             base::Deadline deadline) {
  std::vector<std::string> keys;
  keys.reserve(wanted.size());
  for (const Wanted& one : wanted) keys.push_back(one.shared_key);
  GC_ASSIGN_OR_RETURN(const auto values, shared_->Load(keys, deadline));
  std::size_t found = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!values[i].has_value() || values[i]->size() != wanted[i].value_bytes) continue;
    KeepInMemory(wanted[i], *values[i]);
    ++found;
  }
  return found;
}

}  // namespace geoclimate::cache
