#include "geoclimate/server/http/routes/v2_infer_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {
namespace {

void AppendNumber(std::string& out, std::uint64_t value) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

bool HasBinary(const InferBody& wish) {
  return wish.form == TensorForm::kBinary ||
         std::ranges::find(wish.forms, TensorForm::kBinary) != wish.forms.end();
}

// Outputs are in the order of the wish, or all of the model's when it names none.
TensorForm FormOf(const InferBody& wish, std::size_t output) {
  return output < wish.forms.size() ? wish.forms[output].value_or(wish.form) : wish.form;
}

}  // namespace

InferAnswerWriter::Progress InferAnswerWriter::Write(Response& response, const InferBody& wish,
                                                     std::size_t most) {
  std::string& out = response.body();
  if (!begun_) Begin(out);
  begun_ = true;
  std::size_t left = most;
  while (output_ < outputs_.size()) {
    const service::OutputTensor& output = outputs_[output_];
    const TensorForm form = FormOf(wish, output_);
    if (!in_output_) BeginOutput(form, out);
    in_output_ = true;
    if (form == TensorForm::kJson) {
      const std::size_t all = output.bytes.size() / inference::ElementBytes(output.spec->type);
      const std::size_t count = std::min(left, all - element_);
      if (element_ > 0 && count > 0) out += ',';
      AppendTensorValues(output.spec->type, output.bytes, element_, count, out);
      element_ += count;
      left -= count;
      if (element_ < all) return Progress::kMore;
      out += ']';
    }
    out += '}';
    in_output_ = false;
    element_ = 0;
    ++output_;
  }
  End(response, wish);
  return Progress::kDone;
}

void InferAnswerWriter::Begin(std::string& out) const {
  out += R"({"model_name":)";
  formats::AppendJsonString(out, head_.model_name);
  out += R"(,"model_version":")";
  AppendNumber(out, static_cast<std::uint64_t>(head_.model_version));
  out += '"';
  if (!head_.id.empty()) {
    out += R"(,"id":)";
    formats::AppendJsonString(out, head_.id);
  }
  out += R"(,"outputs":[)";
}

void InferAnswerWriter::BeginOutput(TensorForm form, std::string& out) const {
  const service::OutputTensor& output = outputs_[output_];
  if (output_ > 0) out += ',';
  out += R"({"name":)";
  formats::AppendJsonString(out, output.spec->name);
  out += R"(,"datatype":")";
  out += inference::TensorTypeName(output.spec->type);
  out += R"(","shape":[)";
  for (std::size_t i = 0; i < output.shape.size(); ++i) {
    if (i > 0) out += ',';
    AppendNumber(out, static_cast<std::uint64_t>(output.shape[i]));
  }
  if (form == TensorForm::kJson) {
    out += R"(],"data":[)";
    return;
  }
  out += R"(],"parameters":{"binary_data_size":)";
  AppendNumber(out, output.bytes.size());
  out += '}';
}

void InferAnswerWriter::End(Response& response, const InferBody& wish) const {
  std::string& out = response.body();
  out += "]}";
  if (!HasBinary(wish)) return;
  std::string length;  // short enough for no memory of its own
  AppendNumber(length, out.size());
  response.AddHeader("Inference-Header-Content-Length", length);
  response.set_content_type("application/octet-stream");
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (FormOf(wish, i) != TensorForm::kBinary || outputs_[i].bytes.empty()) continue;
    out.append(reinterpret_cast<const char*>(outputs_[i].bytes.data()), outputs_[i].bytes.size());
  }
}

}  // namespace geoclimate::server::http::routes
