#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "geoclimate/formats/json.h"
#include "geoclimate/formats/utf8.h"

namespace geoclimate::formats {
namespace {

template <typename T>
void AppendNumber(std::string& out, T value) {
  std::array<char, 32> text;  // the longest double takes 24 characters
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 0xF];
  }
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t size = Utf8SequenceSize(text);
    if (size == 1) {
      AppendEscaped(out, text[0]);
    } else if (size == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

void JsonWriter::Separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  out_ += '{';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  out_ += '}';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  out_ += '[';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  out_ += ']';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Integer(std::int64_t value) {
  Separate();
  AppendNumber(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Double(double value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  AppendNumber(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Float(float value) {
  if (!std::isfinite(value)) return Null();
  Separate();
  AppendNumber(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  return Raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::Null() {
  return Raw("null");
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

// Recursion is as deep as the value is.
JsonWriter& JsonWriter::Value(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::kNull:
      return Null();
    case Json::Kind::kBool:
      return Bool(*value.AsBool());
    case Json::Kind::kInteger:
      return Integer(*value.AsInteger());
    case Json::Kind::kDouble:
      return Double(value.AsDouble());
    case Json::Kind::kString:
      return String(*value.AsString());
    case Json::Kind::kArray:
      BeginArray();
      for (const Json& element : *value.AsArray()) Value(element);
      return EndArray();
    case Json::Kind::kObject:
      BeginObject();
      for (const Json::Member& member : *value.AsObject()) Key(member.first).Value(member.second);
      return EndObject();
  }
  return *this;
}

std::string WriteJson(const Json& value) {
  std::string out;
  JsonWriter(out).Value(value);
  return out;
}

}  // namespace geoclimate::formats
