#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "geoclimate/base/check.h"
#include "geoclimate/base/error.h"

namespace geoclimate::base {

// Either a T or the Error that kept it from being made.
//
//   Result<Site> site = store.FindSite(id);
//   if (!site.ok()) return site.error();
//   Use(*site);
//
// Reading the value of an error, or the error of a value, is a bug and ends the program.
template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<T, Error> && !std::is_reference_v<T>);

 public:
  using value_type = T;

  // Implicit on purpose: `return value;` and `return error;`.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }

  T& operator*() & { return Value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->Value(); }
  T&& operator*() && { return std::move(Value()); }
  T* operator->() { return &Value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->Value(); }

  const Error& error() const {
    GC_CHECK(!ok(), "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }

 private:
  T& Value() {
    T* value = std::get_if<0>(&state_);
    GC_CHECK(value != nullptr, error().ToString().c_str());
    return *value;
  }

  std::variant<T, Error> state_;
};

// Success, or the Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  const Error& error() const {
    GC_CHECK(!ok(), "error() of a Result that succeeded");
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace geoclimate::base

// Leaves the calling function with the error of `expression`, a Result, if it has one. Macros,
// because only they can return.
#define GC_RETURN_IF_ERROR(expression)                    \
  do {                                                    \
    if (auto gc_result = (expression); !gc_result.ok()) { \
      return gc_result.error();                           \
    }                                                     \
  } while (false)

// GC_ASSIGN_OR_RETURN(auto file, OpenFile(path)); leaves with the error, or declares `file`.
#define GC_ASSIGN_OR_RETURN(declaration, expression) \
  GC_ASSIGN_OR_RETURN_NAMED(GC_CONCATENATE(gc_result_, __LINE__), declaration, expression)
#define GC_ASSIGN_OR_RETURN_NAMED(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) {                                              \
    return result.error();                                         \
  }                                                                \
  declaration = *std::move(result)
#define GC_CONCATENATE(a, b) GC_CONCATENATE_EXPANDED(a, b)
#define GC_CONCATENATE_EXPANDED(a, b) a##b
