#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::prediction_log {

// One row on its way through a ring: a head and what is of variable length behind it. Of this
// process alone, never on disk.
//
// Texts are cut at kMostEntryText, and what is not printable ASCII becomes '?': request ids and
// callers' names come from outside.
inline constexpr std::size_t kMostEntryText = 128;

std::size_t EntryBytes(const AnsweredRows& answered);
// Row `row` of `answered` into `out`, of EntryBytes(), aligned.
void WriteEntry(std::uint32_t model, const AnsweredRows& answered, std::size_t row,
                std::span<std::byte> out);
// The number of its model, and all of the prediction but the model's id.
struct ReadEntry {
  std::uint32_t model = 0;
  store::LoggedPrediction prediction;
};
ReadEntry DecodeEntry(std::span<const std::byte> entry);

}  // namespace geoclimate::prediction_log
