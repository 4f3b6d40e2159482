#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// A value of a YAML document: a scalar, a sequence or a mapping, with the place that it came from.
// Every error is kInvalidArgument and begins with "FILE:LINE: KEY.PATH: ". A value type; the tree
// is small, so copies are cheap enough.
//
//   GC_ASSIGN_OR_RETURN(const YamlValue settings, ParseYaml(text, "performance.yaml"));
//   GC_ASSIGN_OR_RETURN(const YamlValue* server, settings.At("server"));
//   GC_ASSIGN_OR_RETURN(const std::int64_t port, server->IntegerAt("port"));
class YamlValue {
 public:
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };
  using Entry = std::pair<std::string, YamlValue>;

  YamlValue() = default;

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  // Line in the file, from 1.
  int line() const { return line_; }
  // "server.port", "values[2].columns"; empty for the document.
  const std::string& path() const { return path_; }
  // An error at this place.
  base::Error Invalid(std::string_view what) const;

  // Scalars. A quoted scalar is a string only; a plain one is what its text reads as.
  base::Result<std::string> AsString() const;
  base::Result<std::int64_t> AsInteger() const;
  base::Result<double> AsDouble() const;  // finite
  base::Result<bool> AsBool() const;      // true or false

  // Of a sequence, or empty.
  const std::vector<YamlValue>& items() const { return items_; }
  // Of a mapping in the order of the file, or empty. Keys are unique.
  const std::vector<Entry>& entries() const { return entries_; }
  // Null when this is no mapping or has no such key.
  const YamlValue* Find(std::string_view key) const;

  // The value of a key that has to be there.
  base::Result<const YamlValue*> At(std::string_view key) const;
  base::Result<std::string> StringAt(std::string_view key) const;
  base::Result<std::int64_t> IntegerAt(std::string_view key) const;
  base::Result<double> DoubleAt(std::string_view key) const;
  base::Result<bool> BoolAt(std::string_view key) const;
  // A sequence of strings, or one string.
  base::Result<std::vector<std::string>> AsStrings() const;
  base::Result<std::vector<std::string>> StringsAt(std::string_view key) const;

  // Fails naming the first key that is none of `known`, and what is known.
  base::Result<void> CheckKeys(std::initializer_list<std::string_view> known) const;

 private:
  friend class YamlTreeBuilder;
  std::string Place() const;

  Kind kind_ = Kind::kNull;
  bool quoted_ = false;
  int line_ = 1;
  std::string path_;
  std::shared_ptr<const std::string> file_;
  std::string scalar_;
  std::vector<YamlValue> items_;
  std::vector<Entry> entries_;
};

// Parses the first document of `text`; `file` is what errors call it. An empty text is a null.
// kInvalidArgument for what is not YAML, for a key given twice, for keys that are not scalars, and
// for a document whose aliases unfold to more than 20 000 values or nest deeper than 64.
base::Result<YamlValue> ParseYaml(std::string_view text, std::string_view file);

// A whole file, at most 16 MB.
base::Result<YamlValue> LoadYaml(const std::filesystem::path& path);

}  // namespace geoclimate::formats
