#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// Reads one JSON text (RFC 8259) from front to back, in place: no tree, and no allocation but for a
// string with escapes and for the error. For bodies on the request path; json.h builds a document
// where order does not matter.
//
//   JsonCursor json(body);
//   json.EnterObject();
//   for (std::string_view key; json.NextKey(key);) {
//     if (key == "value") json.ReadNumber(value); else json.SkipValue();
//   }
//   if (auto done = json.Finish(); !done.ok()) return done.error();
//
// Strict: no comments, trailing commas, leading zeros, NaN, control characters in strings, lone
// surrogates or invalid UTF-8; nesting to kMaxDepth. The same key twice is seen twice: the caller
// decides what that means. The first failure sticks: every later call returns false at once, so
// checks may wait until Finish(). Not thread-safe. The text must outlive it.
class JsonCursor {
 public:
  enum class Kind { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull, kInvalid };
  static constexpr int kMaxDepth = 64;

  explicit JsonCursor(std::string_view text)
      : begin_(text.data() != nullptr ? text.data() : ""),
        at_(begin_),
        end_(begin_ + text.size()) {}

  // What the next value is, by its first character; kInvalid (no failure yet) for anything else,
  // and after a failure.
  Kind Peek();

  // Each wants a value of its kind next and takes it; false and a failure that says what was
  // expected otherwise.
  bool EnterObject();
  bool EnterArray();
  // False at the end of the object, which is taken, or on failure. The value must be taken before
  // the next call. `key` lives until the next NextKey or ReadString. Where the next key is likely
  // to be `guess` (not empty, nothing in it that JSON escapes) it is compared instead of scanned.
  bool NextKey(std::string_view& key, std::string_view guess = {});
  // False at the end of the array, which is taken, or on failure. The value must be taken before
  // the next call.
  bool NextElement();
  bool ReadString(std::string_view& value);
  // Correctly rounded; infinite when it is too large for a double, zero when it is too small.
  bool ReadNumber(double& value);
  bool ReadBool(bool& value);
  bool ReadNull();
  // Takes the next value whatever it is, checking it in full.
  bool SkipValue();
  // As SkipValue(); the value's own text.
  std::string_view SkipRawValue();

  // Makes the text invalid for a reason of the caller's own; keeps an earlier failure.
  bool Fail(std::string_view what);
  bool failed() const { return failed_at_ != nullptr; }

  // Bytes of the text before the cursor.
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }

  // Success when the text ended with the value. kInvalidArgument "not valid JSON at byte N:
  // expected a value" otherwise.
  base::Result<void> Finish();

 private:
  void SkipSpace();
  bool FailAt(const char* where, std::string_view what);
  bool ScanString(std::string_view& value);
  bool Unescape(const char* from, std::string_view& value);
  bool ReadEscape(const char*& at);
  bool ReadHex4(const char*& at, unsigned& unit);
  bool SlowNumber(const char* from, double& value);
  bool ReadWord(std::string_view word);
  bool Enter(char bracket, const char* what);

  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  bool first_ = true;                // nothing was read yet in the innermost object or array
  const char* failed_at_ = nullptr;  // set: every call returns false
  std::string failure_;
  std::string unescaped_;
};

}  // namespace geoclimate::formats
