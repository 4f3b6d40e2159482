#include "geoclimate/prediction_log/spill_file.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/store/prediction_batch_check.h"

namespace geoclimate::prediction_log {
namespace {

using formats::BinaryReader;
using formats::BinaryWriter;
using store::LoggedArm;
using store::LoggedPrediction;
using store::LoggedRoute;
using store::PredictionBatch;

constexpr std::string_view kMagic("GCPLOG\r\n", 8);
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = kMagic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
// The least that one of each takes.
constexpr std::size_t kLeastText = 4;
constexpr std::size_t kLeastPrediction = 42;

void WriteNumbers(const std::vector<float>& numbers, BinaryWriter& out) {
  out.Write(static_cast<std::uint16_t>(numbers.size()));
  for (const float number : numbers) out.Write(number);
}

std::vector<float> ReadNumbers(BinaryReader& in) {
  std::vector<float> numbers(in.ReadCount<std::uint16_t>(sizeof(float)));
  for (float& number : numbers) number = in.Read<float>();
  return numbers;
}

void WritePrediction(const LoggedPrediction& one, std::uint32_t model, BinaryWriter& out) {
  out.Write(std::int64_t{one.at.time_since_epoch().count()});
  out.Write(model);
  out.WriteText(one.request_id);
  out.WriteText(one.caller);
  out.Write(static_cast<std::uint8_t>(one.arm));
  out.Write(static_cast<std::uint8_t>(one.route));
  out.Write(one.duration_us);
  out.Write(one.p10);
  out.Write(one.p90);
  WriteNumbers(one.row, out);
  WriteNumbers(one.outputs, out);
}

LoggedPrediction ReadPrediction(const std::vector<std::string>& models, BinaryReader& in) {
  LoggedPrediction one;
  one.at = base::Timestamp(std::chrono::microseconds(in.Read<std::int64_t>()));
  const auto model = in.Read<std::uint32_t>();
  if (model < models.size()) {
    one.model_id = models[model];
  } else {
    in.Fail("a model that is not listed");
  }
  one.request_id = in.ReadText();
  one.caller = in.ReadText();
  const auto arm = in.Read<std::uint8_t>();
  const auto route = in.Read<std::uint8_t>();
  if (arm > static_cast<std::uint8_t>(LoggedArm::kCanary)) in.Fail("an arm that is unknown");
  if (route > static_cast<std::uint8_t>(LoggedRoute::kGrpc)) in.Fail("a route that is unknown");
  one.arm = static_cast<LoggedArm>(arm);
  one.route = static_cast<LoggedRoute>(route);
  one.duration_us = in.Read<float>();
  one.p10 = in.Read<float>();
  one.p90 = in.Read<float>();
  one.row = ReadNumbers(in);
  one.outputs = ReadNumbers(in);
  return one;
}

std::string EncodeBody(const PredictionBatch& batch) {
  std::map<std::string_view, std::uint32_t> numbers;
  std::vector<std::string_view> models;
  for (const LoggedPrediction& one : batch.predictions) {
    const auto number = static_cast<std::uint32_t>(models.size());
    if (numbers.try_emplace(one.model_id, number).second) models.push_back(one.model_id);
  }
  std::string body;
  BinaryWriter out(body);
  out.WriteText(batch.id);
  out.Write(static_cast<std::uint32_t>(models.size()));
  for (const std::string_view model : models) out.WriteText(model);
  out.Write(static_cast<std::uint32_t>(batch.predictions.size()));
  for (const LoggedPrediction& one : batch.predictions) {
    WritePrediction(one, numbers.at(one.model_id), out);
  }
  return body;
}

base::Result<PredictionBatch> ParseBody(std::string_view body) {
  BinaryReader in(body);
  PredictionBatch batch;
  batch.id = in.ReadText();
  std::vector<std::string> models(in.ReadCount<std::uint32_t>(kLeastText));
  for (std::string& model : models) model = in.ReadText();
  const std::size_t count = in.ReadCount<std::uint32_t>(kLeastPrediction);
  batch.predictions.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    batch.predictions.push_back(ReadPrediction(models, in));
  }
  GC_RETURN_IF_ERROR(in.Finish());
  const base::Result<void> valid = store::CheckBatch(batch);
  if (!valid.ok()) return base::DataLoss(valid.error().message());
  return batch;
}

}  // namespace

std::string EncodeSpill(const PredictionBatch& batch) {
  const std::string body = EncodeBody(batch);
  std::string bytes;
  bytes.reserve(kHeaderBytes + body.size() + kChecksumBytes);
  bytes += kMagic;
  BinaryWriter out(bytes);
  out.Write(kVersion);
  out.Write(std::uint64_t{body.size()});
  bytes += body;
  out.Write(formats::Xxh3(bytes));
  return bytes;
}

base::Result<PredictionBatch> ParseSpill(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return base::DataLoss("prediction spill: it does not begin with GCPLOG");
  }
  BinaryReader header(bytes.substr(kMagic.size()));
  const auto version = header.Read<std::uint32_t>();
  const auto body_bytes = header.Read<std::uint64_t>();
  if (header.failed()) return base::DataLoss("prediction spill: it ends within its header");
  if (version != kVersion) {
    return base::Unimplemented(
        fmt::format("prediction spill: version {} of the format; this program reads version {}",
                    version, kVersion));
  }
  if (bytes.size() < kHeaderBytes + kChecksumBytes ||
      body_bytes != bytes.size() - kHeaderBytes - kChecksumBytes) {
    return base::DataLoss(
        fmt::format("prediction spill: its header promises a body of {} bytes, the file has {} in "
                    "all",
                    body_bytes, bytes.size()));
  }
  const std::string_view checked = bytes.substr(0, bytes.size() - kChecksumBytes);
  BinaryReader checksum(bytes.substr(checked.size()));
  if (checksum.Read<std::uint64_t>() != formats::Xxh3(checked)) {
    return base::DataLoss("prediction spill: its checksum does not fit its bytes");
  }
  auto batch = ParseBody(checked.substr(kHeaderBytes));
  if (!batch.ok()) return batch.error().WithContext("prediction spill");
  return batch;
}

}  // namespace geoclimate::prediction_log
