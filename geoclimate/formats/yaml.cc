#include "geoclimate/formats/yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "geoclimate/formats/byte_source.h"

namespace geoclimate::formats {
namespace {

constexpr int kMaxValues = 20'000;
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxFileBytes = 16 << 20;

std::string_view KindName(YamlValue::Kind kind) {
  switch (kind) {
    case YamlValue::Kind::kNull:
      return "nothing";
    case YamlValue::Kind::kScalar:
      return "a scalar";
    case YamlValue::Kind::kSequence:
      return "a sequence";
    case YamlValue::Kind::kMapping:
      return "a mapping";
  }
  return "a value";
}

base::Error AtLine(std::string_view file, int line, std::string_view what) {
  return base::InvalidArgument(fmt::format("{}:{}: {}", file, line, what));
}

}  // namespace

// Copies yaml-cpp's graph into a tree of our own, so that the library, its exceptions and its
// shared nodes end here.
class YamlTreeBuilder {
 public:
  explicit YamlTreeBuilder(std::string_view file)
      : file_(std::make_shared<const std::string>(file)) {}

  base::Result<YamlValue> Build(const YAML::Node& node, std::string path, int depth) {
    YamlValue value;
    value.file_ = file_;
    value.path_ = std::move(path);
    value.line_ = std::max(node.Mark().line, 0) + 1;
    if (++values_ > kMaxValues) return value.Invalid("the document is too large");
    if (depth > kMaxDepth) return value.Invalid("the document is nested too deeply");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return value;
      case YAML::NodeType::Scalar:
        value.kind_ = YamlValue::Kind::kScalar;
        value.quoted_ = node.Tag() == "!";
        value.scalar_ = node.Scalar();
        return value;
      case YAML::NodeType::Sequence:
        return Sequence(node, std::move(value), depth);
      case YAML::NodeType::Map:
        return Mapping(node, std::move(value), depth);
    }
    return value;
  }

 private:
  base::Result<YamlValue> Sequence(const YAML::Node& node, YamlValue value, int depth) {
    value.kind_ = YamlValue::Kind::kSequence;
    for (const YAML::Node& item : node) {
      GC_ASSIGN_OR_RETURN(
          YamlValue child,
          Build(item, fmt::format("{}[{}]", value.path_, value.items_.size()), depth + 1));
      value.items_.push_back(std::move(child));
    }
    return value;
  }

  base::Result<YamlValue> Mapping(const YAML::Node& node, YamlValue value, int depth) {
    value.kind_ = YamlValue::Kind::kMapping;
    for (const auto& entry : node) {
      const int line = entry.first.Mark().line + 1;
      if (!entry.first.IsScalar()) return AtLine(*file_, line, "a key has to be a scalar");
      const std::string& key = entry.first.Scalar();
      if (value.Find(key) != nullptr) {
        return AtLine(*file_, line, fmt::format("key '{}' is given twice", key));
      }
      GC_ASSIGN_OR_RETURN(
          YamlValue child,
          Build(entry.second, value.path_.empty() ? key : value.path_ + "." + key, depth + 1));
      // The place of an empty value is its key's.
      if (child.is_null()) child.line_ = line;
      value.entries_.emplace_back(key, std::move(child));
    }
    return value;
  }

  std::shared_ptr<const std::string> file_;
  int values_ = 0;
};

std::string YamlValue::Place() const {
  const std::string_view file = file_ == nullptr ? std::string_view("yaml") : *file_;
  return path_.empty() ? fmt::format("{}:{}", file, line_)
                       : fmt::format("{}:{}: {}", file, line_, path_);
}

base::Error YamlValue::Invalid(std::string_view what) const {
  return base::InvalidArgument(fmt::format("{}: {}", Place(), what));
}

base::Result<std::string> YamlValue::AsString() const {
  if (kind_ != Kind::kScalar) {
    return Invalid(fmt::format("expected a string, got {}", KindName(kind_)));
  }
  return scalar_;
}

base::Result<std::int64_t> YamlValue::AsInteger() const {
  std::int64_t integer = 0;
  const char* const end = scalar_.data() + scalar_.size();
  const auto [stop, status] = std::from_chars(scalar_.data(), end, integer);
  if (kind_ == Kind::kScalar && !quoted_ && stop == end && status == std::errc()) return integer;
  return Invalid(fmt::format("expected an integer, got {}",
                             kind_ == Kind::kScalar ? scalar_ : KindName(kind_)));
}

base::Result<double> YamlValue::AsDouble() const {
  double number = 0;
  const char* const end = scalar_.data() + scalar_.size();
  const auto [stop, status] = std::from_chars(scalar_.data(), end, number);
  if (kind_ == Kind::kScalar && !quoted_ && stop == end && status == std::errc() &&
      std::isfinite(number)) {
    return number;
  }
  return Invalid(
      fmt::format("expected a number, got {}", kind_ == Kind::kScalar ? scalar_ : KindName(kind_)));
}

base::Result<bool> YamlValue::AsBool() const {
  if (kind_ == Kind::kScalar && !quoted_) {
    if (scalar_ == "true") return true;
    if (scalar_ == "false") return false;
  }
  return Invalid(fmt::format("expected true or false, got {}",
                             kind_ == Kind::kScalar ? scalar_ : KindName(kind_)));
}

const YamlValue* YamlValue::Find(std::string_view key) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const Entry& e) { return e.first == key; });
  return entry == entries_.end() ? nullptr : &entry->second;
}

base::Result<const YamlValue*> YamlValue::At(std::string_view key) const {
  if (kind_ != Kind::kMapping) {
    return Invalid(fmt::format("expected a mapping with '{}', got {}", key, KindName(kind_)));
  }
  const YamlValue* const value = Find(key);
  if (value == nullptr) return Invalid(fmt::format("key '{}' is missing", key));
  return value;
}

base::Result<std::string> YamlValue::StringAt(std::string_view key) const {
  GC_ASSIGN_OR_RETURN(const YamlValue* const value, At(key));
  return value->AsString();
}

base::Result<std::int64_t> YamlValue::IntegerAt(std::string_view key) const {
  GC_ASSIGN_OR_RETURN(const YamlValue* const value, At(key));
  return value->AsInteger();
}

base::Result<double> YamlValue::DoubleAt(std::string_view key) const {
  GC_ASSIGN_OR_RETURN(const YamlValue* const value, At(key));
  return value->AsDouble();
}

base::Result<bool> YamlValue::BoolAt(std::string_view key) const {
  GC_ASSIGN_OR_RETURN(const YamlValue* const value, At(key));
  return value->AsBool();
}

base::Result<std::vector<std::string>> YamlValue::AsStrings() const {
  if (kind_ == Kind::kScalar) return std::vector<std::string>{scalar_};
  if (kind_ != Kind::kSequence) {
    return Invalid(fmt::format("expected a list of strings, got {}", KindName(kind_)));
  }
  std::vector<std::string> strings;
  for (const YamlValue& item : items_) {
    GC_ASSIGN_OR_RETURN(std::string text, item.AsString());
    strings.push_back(std::move(text));
  }
  return strings;
}

base::Result<std::vector<std::string>> YamlValue::StringsAt(std::string_view key) const {
  GC_ASSIGN_OR_RETURN(const YamlValue* const value, At(key));
  return value->AsStrings();
}

base::Result<void> YamlValue::CheckKeys(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, value] : entries_) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return value.Invalid(fmt::format("unknown key; known here: {}", fmt::join(known, ", ")));
    }
  }
  return {};
}

base::Result<YamlValue> ParseYaml(std::string_view text, std::string_view file) {
  try {
    return YamlTreeBuilder(file).Build(YAML::Load(std::string(text)), "", 0);
  } catch (const YAML::Exception& error) {
    return AtLine(file, error.mark.line + 1, error.msg);
  }
}

base::Result<YamlValue> LoadYaml(const std::filesystem::path& path) {
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<FileSource> source, FileSource::Open(path));
  std::string text;
  std::vector<char> chunk(64 * 1024);
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::size_t count, source->Read(chunk));
    if (count == 0) return ParseYaml(text, path.string());
    text.append(chunk.data(), count);
    if (text.size() > kMaxFileBytes) {
      return base::InvalidArgument(
          fmt::format("{} is larger than {} bytes", path.string(), kMaxFileBytes));
    }
  }
}

}  // namespace geoclimate::formats
