// Files of the prediction log's spill: whatever lies there is a batch that the store takes, or is
// refused. The input is read as a file, and as the body of a file whose header and checksum fit, so
// that what the checksum guards is reached too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/prediction_log/spill_file.h"
#include "geoclimate/store/prediction_batch_check.h"

namespace {

using namespace geoclimate;

void Read(std::string_view bytes) {
  const auto batch = prediction_log::ParseSpill(bytes);
  if (!batch.ok()) return;
  GC_CHECK(store::CheckBatch(*batch).ok(), "what is read can be stored");
  const std::string encoded = prediction_log::EncodeSpill(*batch);
  const auto again = prediction_log::ParseSpill(encoded);
  GC_CHECK(again.ok() && again->predictions.size() == batch->predictions.size(),
           "what was read can be kept and read again");
  GC_CHECK(prediction_log::EncodeSpill(*again) == encoded, "a batch has one form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Read(input);
  std::string file = "GCPLOG\r\n";
  formats::BinaryWriter out(file);
  out.Write(std::uint32_t{1});
  out.Write(std::uint64_t{size});
  file += input;
  out.Write(formats::Xxh3(file));
  Read(file);
  return 0;
}
