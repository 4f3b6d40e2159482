#include "geoclimate/backtest/segment.h"

#include <cstring>

#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::backtest {
namespace {

constexpr std::string_view kMagic = "geoclimate backtest piece 2\n";
constexpr std::size_t kRowBytes = 2 + (2 + model::kQuantileLevels.size()) * sizeof(float);

}  // namespace

std::string EncodeSegment(const Segment& segment) {
  std::string bytes(kMagic);
  bytes.reserve(bytes.size() + 256 + segment.rows.size() * kRowBytes);
  formats::BinaryWriter out(bytes);
  out.Write(static_cast<std::uint8_t>(segment.model_ids.size()));
  for (const std::string& id : segment.model_ids) out.WriteText(id);
  out.Write(static_cast<std::uint64_t>(segment.rows.size()));
  for (const Segment::Row& row : segment.rows) {
    out.Write(row.model);
    out.Write(static_cast<std::uint8_t>(row.method));
    out.Write(row.distribution.mean);
    for (const float quantile : row.distribution.quantiles) out.Write(quantile);
    out.Write(row.interpolation);
  }
  out.Write(formats::Xxh3(bytes));
  return bytes;
}

base::Result<Segment> ParseSegment(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof(std::uint64_t)) {
    return base::DataLoss("not a piece of a backtest");
  }
  const std::string_view content = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + content.size(), sizeof(checksum));
  if (checksum != formats::Xxh3(content)) {
    return base::DataLoss("a piece of a backtest that is damaged or cut short");
  }
  formats::BinaryReader in(content.substr(kMagic.size()));
  Segment segment;
  segment.model_ids.resize(in.ReadCount<std::uint8_t>(sizeof(std::uint32_t)));
  for (std::string& id : segment.model_ids) id = in.ReadText();
  segment.rows.resize(in.ReadCount<std::uint64_t>(kRowBytes));
  for (Segment::Row& row : segment.rows) {
    row.model = in.Read<std::int8_t>();
    row.method = static_cast<airquality::Method>(in.Read<std::uint8_t>());
    row.distribution.mean = in.Read<float>();
    for (float& quantile : row.distribution.quantiles) quantile = in.Read<float>();
    row.interpolation = in.Read<float>();
    if (row.model >= static_cast<int>(segment.model_ids.size())) in.Fail("an unknown model");
  }
  GC_RETURN_IF_ERROR(in.Finish());
  return segment;
}

}  // namespace geoclimate::backtest
