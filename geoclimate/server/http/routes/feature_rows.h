#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::server::http::routes {

// What is done with a feature that the model does not know.
enum class UnknownFeatures : std::uint8_t { kRefuse, kWarn };

// What was found wrong or odd in a body. Both are bounded: a body with ten thousand bad rows is
// told of the first ones.
struct BodyFindings {
  static constexpr std::size_t kMost = 32;

  std::vector<FieldError> errors;
  std::vector<std::string> warnings;

  void AddError(FieldError error);
  // Once for each text.
  void AddWarning(std::string warning);
};

// Reads rows of named features into the slots of a model's input. What is missing or null becomes
// NaN; what is no number, out of the range of a float, unknown, or named twice is found and named.
class FeatureRows {
 public:
  // `seen` has one slot a feature, any content; it, the model and the findings outlive this.
  FeatureRows(const service::ServedModel& model, UnknownFeatures unknown,
              std::span<std::uint32_t> seen, BodyFindings& findings);

  // Reads the object that is next in `json` into `row`, one float a feature. `index` locates the
  // row of a batch. False when the text is not valid JSON, which the cursor keeps.
  bool ReadObject(formats::JsonCursor& json, std::optional<std::size_t> index,
                  std::span<float> row);

  // The column of a name, or -1 with a finding. For tables, whose names are told once.
  int Column(std::string_view name, std::string_view member);
  // A table's row of JSON values in the order of `columns`, whose -1 are left out.
  bool ReadArray(formats::JsonCursor& json, std::size_t index, std::span<const int> columns,
                 std::span<float> row);
  // A table's cell as text: empty is missing.
  void ReadCell(std::string_view text, std::size_t index, int column, float& slot);

  // Warns of the features that are missing in `row` and never were where the model was fitted: the
  // trees go a default way that nothing taught them. Once a body, for its first such row.
  void WarnOfMissing(std::optional<std::size_t> index, std::span<const float> row);

 private:
  bool ReadValue(formats::JsonCursor& json, std::optional<std::size_t> index, int column,
                 float& slot);
  void Narrow(double value, std::optional<std::size_t> index, int column, float& slot);
  void Wrong(std::optional<std::size_t> index, std::string_view feature, std::string_view what,
             std::string_view type);
  void Unknown(std::string_view name, std::vector<LocationPart> where);

  const service::ServedModel& model_;
  const std::vector<features::Feature>& features_;
  UnknownFeatures unknown_;
  std::span<std::uint32_t> seen_;
  bool warned_of_missing_ = false;
  std::uint32_t turn_ = 0;  // seen_[c] == turn_: column c was given in this row
  BodyFindings& findings_;
};

}  // namespace geoclimate::server::http::routes
