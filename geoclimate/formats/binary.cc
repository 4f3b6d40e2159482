#include "geoclimate/formats/binary.h"

#include <fmt/format.h>

namespace geoclimate::formats {

void BinaryReader::Fail(std::string_view what) {
  if (failed_) return;
  failed_ = true;
  failed_at_ = at_;
  what_ = what;
  at_ = bytes_.size();
}

base::Result<void> BinaryReader::Finish() const {
  if (failed_) return base::DataLoss(fmt::format("byte {}: {}", failed_at_, what_));
  if (at_ == bytes_.size()) return {};
  return base::DataLoss(fmt::format("byte {}: {} bytes too many", at_, bytes_.size() - at_));
}

}  // namespace geoclimate::formats
