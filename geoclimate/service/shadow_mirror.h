#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/inference/model_scheduler.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

struct ShadowMetrics {
  telemetry::Counter equal;         // rows with the same first output, to the bit
  telemetry::Counter different;     // and with another one
  telemetry::Counter failed;        // rows that the shadow gave no finite answer to
  telemetry::Counter dropped;       // rows that it was too busy for
  telemetry::Histogram difference;  // absolute, in the unit of the output
};

// A version that scores the rows which production has answered, after the answer and on the compute
// threads, at the lowest priority: what it would have said is compared and counted, nothing else.
// Bounded: with kSlots requests under way, and of more than kMostRows rows of one, the rest is
// dropped and counted.
//
// Thread-safe. The destructor withdraws what is not scored yet.
class ShadowMirror {
 public:
  static constexpr std::size_t kSlots = 16;
  static constexpr std::size_t kMostRows = 256;

  // The shadow has the features and the outputs of the version in production.
  ShadowMirror(std::shared_ptr<const inference::LoadedModel> shadow,
               std::shared_ptr<inference::ModelScheduler> scheduler, const ShadowMetrics& metrics);

  // `count` rows and what they were answered, count x outputs. Copies both; never waits.
  void Mirror(std::span<const float> rows, std::size_t count, std::span<const float> answers);

 private:
  struct Slot {
    std::atomic<bool> is_taken{false};
    std::vector<float> rows;
    std::vector<float> expected;  // the first output of each row
    std::vector<float> answers;
    std::optional<inference::ScoreJob> job;  // first to go
  };

  void Compare(const Slot& slot, bool scored);

  const std::shared_ptr<const inference::LoadedModel> shadow_;
  const std::shared_ptr<inference::ModelScheduler> scheduler_;
  const ShadowMetrics metrics_;
  const std::size_t columns_;
  std::array<Slot, kSlots> slots_;  // first to go
};

}  // namespace geoclimate::service
