#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/model/onnx_check.h"
#include "geoclimate/model/onnx_graph.h"
#include "geoclimate/model/protobuf_fields.h"

// Field numbers are those of onnx.proto of ONNX 1.19.
namespace geoclimate::model {
namespace {

constexpr std::size_t kMostValues = 1024;  // inputs, or outputs
constexpr std::size_t kMostDims = 16;      // of one
constexpr std::size_t kMostFeatures = 1 << 17;
constexpr std::string_view kFeatureNames = "feature_names";

// Calls `visit` with each field of a message.
template <typename Visit>
base::Result<void> ForEachField(std::string_view message, Visit visit) {
  ProtobufFields fields(message);
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::optional<ProtobufField> field, fields.Next());
    if (!field.has_value()) return {};
    GC_RETURN_IF_ERROR(visit(*field));
  }
}

// TensorShapeProto.Dimension.
base::Result<std::int64_t> ReadDimension(std::string_view message) {
  std::int64_t size = -1;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number == 1)
      size = std::max(static_cast<std::int64_t>(field.value), std::int64_t{-1});
    return {};
  }));
  return size;
}

// TensorShapeProto.
base::Result<std::vector<std::int64_t>> ReadShape(std::string_view message) {
  std::vector<std::int64_t> dims;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number != 1) return {};
    if (dims.size() == kMostDims) {
      return base::Unimplemented(fmt::format("it has more than {} dimensions", kMostDims));
    }
    GC_ASSIGN_OR_RETURN(const std::int64_t size, ReadDimension(field.bytes));
    dims.push_back(size);
    return {};
  }));
  return dims;
}

base::Result<OnnxElement> ToElement(std::uint64_t number) {
  constexpr std::array kKnown = {OnnxElement::kFloat,   OnnxElement::kUint8,  OnnxElement::kInt8,
                                 OnnxElement::kUint16,  OnnxElement::kInt16,  OnnxElement::kInt32,
                                 OnnxElement::kInt64,   OnnxElement::kBool,   OnnxElement::kDouble,
                                 OnnxElement::kFloat16, OnnxElement::kUint32, OnnxElement::kUint64,
                                 OnnxElement::kBfloat16};
  constexpr std::uint64_t kString = 8;
  if (number == kString) return base::Unimplemented("it is text, only numbers are served");
  const auto* const found = std::ranges::find(
      kKnown, number, [](OnnxElement element) { return static_cast<std::uint64_t>(element); });
  if (found != kKnown.end()) return *found;
  return base::Unimplemented(fmt::format("its elements are of ONNX's type {}", number));
}

// TypeProto.Tensor.
base::Result<void> ReadTensorType(std::string_view message, OnnxValue& value) {
  std::uint64_t element = 0;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number == 1) element = field.value;
    if (field.number != 2) return {};
    GC_ASSIGN_OR_RETURN(value.dims, ReadShape(field.bytes));
    value.has_shape = true;
    return {};
  }));
  GC_ASSIGN_OR_RETURN(value.element, ToElement(element));
  return {};
}

// TypeProto.
base::Result<void> ReadType(std::string_view message, OnnxValue& value) {
  constexpr std::uint64_t kTensor = 1;
  constexpr std::array<std::string_view, 10> kKinds = {
      "", "a tensor", "", "", "a sequence", "a map", "", "opaque", "a sparse tensor", "optional"};
  bool is_tensor = false;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number == kTensor) {
      is_tensor = true;
      return ReadTensorType(field.bytes, value);
    }
    if (field.number >= kKinds.size() || kKinds.at(field.number).empty()) return {};
    return base::Unimplemented(fmt::format(
        "it is {}, only tensors are served{}", kKinds.at(field.number),
        field.number == 4 ? " (a classifier of scikit-learn is exported with zipmap off)" : ""));
  }));
  if (!is_tensor) return base::InvalidArgument("it has no type");
  return {};
}

// ValueInfoProto.
base::Result<OnnxValue> ReadValue(std::string_view message, std::string_view role) {
  OnnxValue value;
  std::string_view type;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number == 1) value.name = field.bytes;
    if (field.number == 2) type = field.bytes;
    return {};
  }));
  if (value.name.empty()) {
    return base::InvalidArgument(fmt::format("an {} of the graph has no name", role));
  }
  const base::Result<void> read = ReadType(type, value);
  if (!read.ok()) return read.error().WithContext(fmt::format("the {} '{}'", role, value.name));
  return value;
}

// What lies at the top of a graph.
struct GraphFields {
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::unordered_set<std::string_view> initialized;
};

base::Result<std::string_view> NameField(std::string_view message, std::uint64_t number) {
  std::string_view name;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    if (field.number == number) name = field.bytes;
    return {};
  }));
  return name;
}

base::Result<GraphFields> ReadGraph(std::string_view message) {
  GraphFields graph;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    constexpr std::uint64_t kInitializer = 5;
    constexpr std::uint64_t kInput = 11;
    constexpr std::uint64_t kOutput = 12;
    if (field.number == kInput) graph.inputs.push_back(field.bytes);
    if (field.number == kOutput) graph.outputs.push_back(field.bytes);
    if (field.number == kInitializer) {
      GC_ASSIGN_OR_RETURN(const std::string_view name, NameField(field.bytes, 8));
      graph.initialized.insert(name);
    }
    return {};
  }));
  return graph;
}

base::Result<std::vector<OnnxValue>> ReadValues(
    std::span<const std::string_view> messages, std::string_view role,
    const std::unordered_set<std::string_view>& initialized) {
  std::vector<OnnxValue> values;
  for (const std::string_view message : messages) {
    // Before its type is looked at: an initializer may be of any.
    GC_ASSIGN_OR_RETURN(const std::string_view name, NameField(message, 1));
    if (initialized.contains(name)) continue;
    if (values.size() == kMostValues) {
      return base::InvalidArgument(fmt::format("it has more than {} {}s", kMostValues, role));
    }
    GC_ASSIGN_OR_RETURN(OnnxValue value, ReadValue(message, role));
    if (std::ranges::find(values, value.name, &OnnxValue::name) != values.end()) {
      return base::InvalidArgument(fmt::format("the {} '{}' stands twice", role, value.name));
    }
    values.push_back(std::move(value));
  }
  if (values.empty()) return base::InvalidArgument(fmt::format("the graph has no {}s", role));
  return values;
}

// A JSON array of strings, or names with commas between.
base::Result<std::vector<std::string>> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  if (text.starts_with('[')) {
    GC_ASSIGN_OR_RETURN(const formats::Json document, formats::ParseJson(text));
    for (const formats::Json& element : *document.AsArray()) {
      const std::string* const name = element.AsString();
      if (name == nullptr) {
        return base::InvalidArgument(fmt::format("{} is no name", element.KindName()));
      }
      names.push_back(*name);
    }
    return names;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view name = text.substr(at, comma - at);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    names.emplace_back(name);
    at = comma + 1;
  }
  return names;
}

// The number of columns when the graph takes rows, else 0.
std::size_t RowWidth(const std::vector<OnnxValue>& inputs) {
  if (inputs.size() != 1 || inputs[0].element != OnnxElement::kFloat) return 0;
  const std::vector<std::int64_t>& dims = inputs[0].dims;
  const bool are_rows = dims.size() == 2 && dims[0] == -1 && dims[1] > 0;
  return are_rows && dims[1] <= std::int64_t{kMostFeatures} ? static_cast<std::size_t>(dims[1]) : 0;
}

base::Result<std::vector<std::string>> FeatureNames(std::size_t width,
                                                    std::optional<std::string_view> property) {
  std::vector<std::string> names;
  if (width == 0) return names;
  if (!property.has_value()) {
    names.reserve(width);
    for (std::size_t i = 0; i < width; ++i) names.push_back(fmt::format("f{}", i));
    return names;
  }
  auto split = SplitNames(*property);
  if (!split.ok()) return split.error().WithContext("the metadata property 'feature_names'");
  if (split->size() == width) return split;
  return base::InvalidArgument(
      fmt::format("the metadata property 'feature_names' has {} names, the input has {} columns",
                  split->size(), width));
}

// What lies at the top of a model.
struct ModelFields {
  std::optional<std::string_view> graph;
  std::size_t opsets = 0;
  std::optional<std::string_view> feature_names;
};

base::Result<ModelFields> ReadModel(std::string_view message) {
  ModelFields model;
  GC_RETURN_IF_ERROR(ForEachField(message, [&](const ProtobufField& field) -> base::Result<void> {
    constexpr std::uint64_t kGraph = 7;
    constexpr std::uint64_t kOpsetImport = 8;
    constexpr std::uint64_t kMetadataProps = 14;
    if (field.number == kGraph) {
      // Protobuf merges what stands twice; then what is checked here would not be what is run.
      if (model.graph.has_value()) return base::InvalidArgument("it has two graphs");
      model.graph = field.bytes;
    }
    if (field.number == kOpsetImport) ++model.opsets;
    if (field.number == kMetadataProps) {
      GC_ASSIGN_OR_RETURN(const std::string_view key, NameField(field.bytes, 1));
      if (key != kFeatureNames) return {};
      GC_ASSIGN_OR_RETURN(model.feature_names, NameField(field.bytes, 2));
    }
    return {};
  }));
  if (!model.graph.has_value()) return base::InvalidArgument("it has no graph");
  if (model.opsets == 0) return base::InvalidArgument("it names no operator set (opset_import)");
  return model;
}

}  // namespace

bool LooksLikeOnnx(std::string_view bytes) {
  // The tag of ir_version, field 1, and a version of one byte that is not 0.
  return bytes.size() >= 2 && bytes[0] == '\x08' && bytes[1] > 0;
}

base::Result<OnnxGraph> ReadOnnx(std::string_view bytes) {
  if (bytes.size() > kMostOnnxBytes) {
    return base::InvalidArgument(
        fmt::format("it has {} bytes, more than {}", bytes.size(), kMostOnnxBytes));
  }
  if (!LooksLikeOnnx(bytes)) return base::InvalidArgument("it does not begin with an IR version");
  GC_ASSIGN_OR_RETURN(const ModelFields model, ReadModel(bytes));
  GC_ASSIGN_OR_RETURN(const OnnxFindings findings, CheckOnnxMessages(bytes));
  GC_ASSIGN_OR_RETURN(const GraphFields fields, ReadGraph(*model.graph));
  OnnxGraph graph;
  GC_ASSIGN_OR_RETURN(graph.inputs, ReadValues(fields.inputs, "input", fields.initialized));
  GC_ASSIGN_OR_RETURN(graph.outputs, ReadValues(fields.outputs, "output", {}));
  GC_ASSIGN_OR_RETURN(graph.feature_names,
                      FeatureNames(RowWidth(graph.inputs), model.feature_names));
  graph.is_classifier =
      findings.has_classifier ||
      std::ranges::find(graph.outputs, "probabilities", &OnnxValue::name) != graph.outputs.end();
  graph.bytes = bytes;
  return graph;
}

base::Result<void> OnnxGraph::Validate() const {
  GC_ASSIGN_OR_RETURN(const OnnxGraph read, ReadOnnx(bytes));
  const auto same = [](const OnnxValue& a, const OnnxValue& b) {
    return a.name == b.name && a.element == b.element && a.dims == b.dims;
  };
  if (std::ranges::equal(inputs, read.inputs, same) &&
      std::ranges::equal(outputs, read.outputs, same) && feature_names == read.feature_names) {
    return {};
  }
  return base::InvalidArgument("an ONNX graph is not what its bytes say");
}

}  // namespace geoclimate::model
