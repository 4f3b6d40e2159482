#include "geoclimate/model/onnx_check.h"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/model/protobuf_fields.h"

namespace geoclimate::model {
namespace {

// Messages nest two or three deep for every level of sub-graphs. Runtimes and protobuf itself
// descend by recursion, and end at 100.
constexpr int kMostDepth = 96;

// The messages of onnx.proto of ONNX 1.19 that can hold tensors.
enum class Message : std::uint8_t {
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kFunction,
  kTraining,
  kSparseTensor,
  kTensor,
};

struct Child {
  Message parent;
  std::uint64_t number;
  Message message;
};

constexpr std::array kChildren = std::to_array<Child>({
    {Message::kModel, 7, Message::kGraph},
    {Message::kModel, 20, Message::kTraining},
    {Message::kModel, 25, Message::kFunction},
    {Message::kTraining, 1, Message::kGraph},
    {Message::kTraining, 2, Message::kGraph},
    {Message::kGraph, 1, Message::kNode},
    {Message::kGraph, 5, Message::kTensor},
    {Message::kGraph, 15, Message::kSparseTensor},
    {Message::kFunction, 7, Message::kNode},
    {Message::kFunction, 11, Message::kAttribute},
    {Message::kNode, 5, Message::kAttribute},
    {Message::kAttribute, 5, Message::kTensor},
    {Message::kAttribute, 6, Message::kGraph},
    {Message::kAttribute, 10, Message::kTensor},
    {Message::kAttribute, 11, Message::kGraph},
    {Message::kAttribute, 22, Message::kSparseTensor},
    {Message::kAttribute, 23, Message::kSparseTensor},
    {Message::kSparseTensor, 1, Message::kTensor},
    {Message::kSparseTensor, 2, Message::kTensor},
});

std::optional<Message> ChildOf(Message parent, std::uint64_t number) {
  for (const Child& child : kChildren) {
    if (child.parent == parent && child.number == number) return child.message;
  }
  return std::nullopt;
}

class Walk {
 public:
  base::Result<void> Visit(Message kind, std::string_view bytes, int depth) {
    if (depth == kMostDepth) return base::Unimplemented("its graphs nest too deeply");
    if (kind == Message::kTensor) return VisitTensor(bytes);
    std::string_view op_type;
    std::string_view domain;
    ProtobufFields fields(bytes);
    while (true) {
      GC_ASSIGN_OR_RETURN(const std::optional<ProtobufField> field, fields.Next());
      if (!field.has_value()) break;
      if (field->number == 4) op_type = field->bytes;
      if (field->number == 7) domain = field->bytes;
      const std::optional<Message> child = ChildOf(kind, field->number);
      if (child.has_value()) GC_RETURN_IF_ERROR(Visit(*child, field->bytes, depth + 1));
    }
    if (kind == Message::kNode && domain == "ai.onnx.ml" && op_type.ends_with("Classifier")) {
      findings_.has_classifier = true;
    }
    return {};
  }

  const OnnxFindings& findings() const { return findings_; }

 private:
  static base::Result<void> VisitTensor(std::string_view bytes) {
    constexpr std::uint64_t kName = 8;
    constexpr std::uint64_t kExternalData = 13;
    constexpr std::uint64_t kDataLocation = 14;
    std::string_view name;
    bool is_external = false;
    ProtobufFields fields(bytes);
    while (true) {
      GC_ASSIGN_OR_RETURN(const std::optional<ProtobufField> field, fields.Next());
      if (!field.has_value()) break;
      if (field->number == kName) name = field->bytes;
      if (field->number == kExternalData) is_external = true;
      if (field->number == kDataLocation && field->value != 0) is_external = true;
    }
    if (!is_external) return {};
    return base::FailedPrecondition(fmt::format(
        "the values of the tensor '{}' lie in another file: save the model as one file", name));
  }

  OnnxFindings findings_;
};

}  // namespace

base::Result<OnnxFindings> CheckOnnxMessages(std::string_view model) {
  Walk walk;
  GC_RETURN_IF_ERROR(walk.Visit(Message::kModel, model, 0));
  return walk.findings();
}

}  // namespace geoclimate::model
