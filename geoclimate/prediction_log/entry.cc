#include "geoclimate/prediction_log/entry.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace geoclimate::prediction_log {
namespace {

struct Head {
  std::int64_t at_us;
  std::uint32_t model;
  std::uint32_t features;
  std::uint32_t outputs;
  float duration_us;
  float p10;
  float p90;
  std::uint8_t request_id_bytes;
  std::uint8_t caller_bytes;
  std::uint8_t arm;
  std::uint8_t route;
};
static_assert(kMostEntryText <= 255);

std::size_t Width(std::span<const float> numbers, std::size_t count) {
  return count == 0 ? 0 : numbers.size() / count;
}

std::string_view Cut(std::string_view text) {
  return text.substr(0, kMostEntryText);
}

std::byte* PutNumbers(std::span<const float> numbers, std::byte* out) {
  if (!numbers.empty()) std::memcpy(out, numbers.data(), numbers.size_bytes());
  return out + numbers.size_bytes();
}

std::byte* PutText(std::string_view text, std::byte* out) {
  return std::ranges::transform(
             text, out,
             [](char c) { return static_cast<std::byte>(c >= ' ' && c <= '~' ? c : '?'); })
      .out;
}

const std::byte* TakeNumbers(std::size_t count, const std::byte* from,
                             std::vector<float>& numbers) {
  numbers.resize(count);
  if (count > 0) std::memcpy(numbers.data(), from, count * sizeof(float));
  return from + count * sizeof(float);
}

const std::byte* TakeText(std::size_t bytes, const std::byte* from, std::string& text) {
  text.assign(reinterpret_cast<const char*>(from), bytes);
  return from + bytes;
}

}  // namespace

std::size_t EntryBytes(const AnsweredRows& answered) {
  return sizeof(Head) +
         (Width(answered.rows, answered.count) + Width(answered.outputs, answered.count)) *
             sizeof(float) +
         Cut(answered.request_id).size() + Cut(answered.caller).size();
}

void WriteEntry(std::uint32_t model, const AnsweredRows& answered, std::size_t row,
                std::span<std::byte> out) {
  const std::size_t features = Width(answered.rows, answered.count);
  const std::size_t outputs = Width(answered.outputs, answered.count);
  const std::string_view request_id = Cut(answered.request_id);
  const std::string_view caller = Cut(answered.caller);
  const std::chrono::duration<float, std::micro> duration = answered.duration;
  Head head{.at_us = answered.at.time_since_epoch().count(),
            .model = model,
            .features = static_cast<std::uint32_t>(features),
            .outputs = static_cast<std::uint32_t>(outputs),
            .duration_us = duration.count() / static_cast<float>(answered.count),
            .p10 = std::numeric_limits<float>::quiet_NaN(),
            .p90 = std::numeric_limits<float>::quiet_NaN(),
            .request_id_bytes = static_cast<std::uint8_t>(request_id.size()),
            .caller_bytes = static_cast<std::uint8_t>(caller.size()),
            .arm = static_cast<std::uint8_t>(answered.arm),
            .route = static_cast<std::uint8_t>(answered.route)};
  if (answered.intervals.p10 != nullptr) {
    head.p10 = answered.intervals.p10[row * answered.intervals.stride];
    head.p90 = answered.intervals.p90[row * answered.intervals.stride];
  }
  std::memcpy(out.data(), &head, sizeof(head));
  std::byte* at = out.data() + sizeof(head);
  at = PutNumbers(answered.rows.subspan(row * features, features), at);
  at = PutNumbers(answered.outputs.subspan(row * outputs, outputs), at);
  at = PutText(request_id, at);
  PutText(caller, at);
}

ReadEntry DecodeEntry(std::span<const std::byte> entry) {
  Head head;
  std::memcpy(&head, entry.data(), sizeof(head));
  ReadEntry read{.model = head.model, .prediction = {}};
  store::LoggedPrediction& one = read.prediction;
  one.at = base::Timestamp(std::chrono::microseconds(head.at_us));
  one.duration_us = head.duration_us;
  one.p10 = head.p10;
  one.p90 = head.p90;
  one.arm = static_cast<store::LoggedArm>(head.arm);
  one.route = static_cast<store::LoggedRoute>(head.route);
  const std::byte* at = entry.data() + sizeof(head);
  at = TakeNumbers(head.features, at, one.row);
  at = TakeNumbers(head.outputs, at, one.outputs);
  at = TakeText(head.request_id_bytes, at, one.request_id);
  TakeText(head.caller_bytes, at, one.caller);
  return read;
}

}  // namespace geoclimate::prediction_log
