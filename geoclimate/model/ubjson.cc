#include "geoclimate/model/ubjson.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace geoclimate::model {
namespace {

constexpr int kMaxDepth = 64;

template <typename T>
T FromBigEndian(const char* at) {
  unsigned char bytes[sizeof(T)];
  std::memcpy(bytes, at, sizeof(T));
  std::reverse(bytes, bytes + sizeof(T));
  T value{};
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// Bytes of a number of that type; 0 for all other types.
std::size_t NumberSize(char type) {
  switch (type) {
    case 'i':
    case 'U':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

double NumberAt(char type, const char* at) {
  switch (type) {
    case 'i':
      return static_cast<signed char>(*at);
    case 'U':
      return static_cast<unsigned char>(*at);
    case 'I':
      return FromBigEndian<std::int16_t>(at);
    case 'l':
      return FromBigEndian<std::int32_t>(at);
    case 'L':
      return static_cast<double>(FromBigEndian<std::int64_t>(at));
    case 'd':
      return double{FromBigEndian<float>(at)};
    default:
      return FromBigEndian<double>(at);
  }
}

// The first failure sticks: every later read gives zeros and empty values.
class UbjsonReader {
 public:
  UbjsonReader(std::string_view bytes, std::span<const std::string_view> unused)
      : bytes_(bytes), unused_(unused) {}

  base::Result<XgboostDocument> Run() {
    XgboostDocument document = ReadValue(TakeType(), 0);
    if (!failed_ && at_ != bytes_.size()) Fail("bytes follow the value");
    if (failed_) return base::InvalidArgument(failure_);
    return document;
  }

 private:
  std::size_t left() const { return bytes_.size() - at_; }

  void Fail(std::string_view what) {
    if (failed_) return;
    failed_ = true;
    failure_ = fmt::format("not valid UBJSON at byte {}: {}", at_, what);
    at_ = bytes_.size();
  }

  const char* Take(std::size_t count) {
    if (left() < count) {
      Fail("it ends too early");
      return nullptr;
    }
    const char* taken = bytes_.data() + at_;
    at_ += count;
    return taken;
  }

  // Zero after a failure.
  char TakeType() {
    // 'N' is padding.
    while (left() > 0 && bytes_[at_] == 'N') ++at_;
    const char* type = Take(1);
    return type == nullptr ? '\0' : *type;
  }
  char Peek() const { return left() == 0 ? '\0' : bytes_[at_]; }

  double ReadNumber(char type) {
    const char* at = Take(NumberSize(type));
    return at == nullptr ? 0 : NumberAt(type, at);
  }

  // A count of things that take at least `least_bytes` each.
  std::size_t ReadCount(std::size_t least_bytes) {
    const char type = TakeType();
    if (type == 'd' || type == 'D' || NumberSize(type) == 0) {
      Fail("a length that is not an integer");
      return 0;
    }
    const double count = ReadNumber(type);
    const std::size_t most = left() / least_bytes;
    if (count < 0 || count > static_cast<double>(most)) {
      Fail("a length that is longer than the file");
      return 0;
    }
    return static_cast<std::size_t>(count);
  }

  std::string_view ReadText() {
    const std::size_t size = ReadCount(1);
    const char* at = Take(size);
    return at == nullptr ? std::string_view() : std::string_view(at, size);
  }

  XgboostDocument ReadValue(char type, int depth) {
    if (depth > kMaxDepth) {
      Fail("nested too deeply");
      return {};
    }
    if (NumberSize(type) > 0) return XgboostDocument(ReadNumber(type));
    switch (type) {
      case 'Z':
        return {};
      case 'T':
      case 'F':
        return XgboostDocument(type == 'T' ? 1.0 : 0.0);
      case 'C': {
        const char* at = Take(1);
        return XgboostDocument(std::string(at == nullptr ? "" : std::string(1, *at)));
      }
      case 'S':
        return XgboostDocument(std::string(ReadText()));
      case '[':
        return ReadArray(depth);
      case '{':
        return ReadObject(depth);
      default:
        Fail("an unknown type");
        return {};
    }
  }

  XgboostDocument ReadArray(int depth) {
    if (Peek() == '$') return ReadTypedArray(depth);
    XgboostDocument::List list;
    if (Peek() == '#') {
      Take(1);
      const std::size_t count = ReadCount(1);
      for (std::size_t i = 0; i < count && !failed_; ++i) {
        list.push_back(ReadValue(TakeType(), depth + 1));
      }
    } else {
      for (char type = TakeType(); type != ']' && !failed_; type = TakeType()) {
        list.push_back(ReadValue(type, depth + 1));
      }
    }
    return NumbersOrList(std::move(list));
  }

  XgboostDocument ReadTypedArray(int depth) {
    Take(1);
    const char type = TakeType();
    const char* count_mark = Take(1);
    if (count_mark == nullptr || *count_mark != '#') {
      Fail("a typed array without its length");
      return {};
    }
    if (const std::size_t size = NumberSize(type); size > 0) {
      const std::size_t count = ReadCount(size);
      XgboostDocument::Numbers numbers(count);
      for (double& number : numbers) number = ReadNumber(type);
      return XgboostDocument(std::move(numbers));
    }
    // Of other types only strings and containers, which take bytes: a count alone must not make
    // elements.
    if (std::string_view("S[{").find(type) == std::string_view::npos) {
      Fail("an array of a type without bytes");
      return {};
    }
    XgboostDocument::List list;
    const std::size_t count = ReadCount(1);
    for (std::size_t i = 0; i < count && !failed_; ++i) list.push_back(ReadValue(type, depth + 1));
    return NumbersOrList(std::move(list));
  }

  static XgboostDocument NumbersOrList(XgboostDocument::List list) {
    XgboostDocument::Numbers numbers;
    for (const XgboostDocument& element : list) {
      if (element.AsNumber() == nullptr) return XgboostDocument(std::move(list));
      numbers.push_back(*element.AsNumber());
    }
    return XgboostDocument(std::move(numbers));
  }

  XgboostDocument ReadObject(int depth) {
    if (Peek() == '$') {
      Fail("a typed object");
      return {};
    }
    XgboostDocument::Object object;
    if (Peek() == '#') {
      Take(1);
      const std::size_t count = ReadCount(2);
      for (std::size_t i = 0; i < count && !failed_; ++i) ReadMember(object, depth);
      return XgboostDocument(std::move(object));
    }
    while (!failed_ && Peek() != '}') ReadMember(object, depth);
    Take(1);
    return XgboostDocument(std::move(object));
  }

  void ReadMember(XgboostDocument::Object& object, int depth) {
    const std::string_view name = ReadText();
    XgboostDocument value = ReadValue(TakeType(), depth + 1);
    if (!failed_ && std::ranges::find(unused_, name) == unused_.end()) {
      object.emplace_back(std::string(name), std::move(value));
    }
  }

  std::string_view bytes_;
  std::span<const std::string_view> unused_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string failure_;
};

}  // namespace

base::Result<XgboostDocument> ParseUbjson(std::string_view bytes,
                                          std::span<const std::string_view> unused) {
  return UbjsonReader(bytes, unused).Run();
}

}  // namespace geoclimate::model
