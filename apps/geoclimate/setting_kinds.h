#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/geoclimate/settings_keys.h"
#include "geoclimate/formats/yaml.h"

// The kinds of keys of the settings file. `access` gives, of Settings, a reference to the field.
namespace geoclimate::app {

inline base::Result<std::int64_t> IntegerWithin(const formats::YamlValue& value, std::int64_t least,
                                                std::int64_t most) {
  GC_ASSIGN_OR_RETURN(const std::int64_t number, value.AsInteger());
  if (number >= least && number <= most) return number;
  return value.Invalid(fmt::format("{} is not from {} to {}", number, least, most));
}

// A whole number; `access` gives a reference to the field.
template <typename Access>
SettingsKey Integer(std::string_view path, std::int64_t least, std::int64_t most, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const std::int64_t number, IntegerWithin(value, least, most));
            using Field = std::remove_reference_t<decltype(access(settings))>;
            access(settings) = static_cast<Field>(number);
            return {};
          },
          .show = [=](const Settings& settings) { return fmt::format("{}", access(settings)); }};
}

template <typename Access>
SettingsKey Number(std::string_view path, double least, double most, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const double number, value.AsDouble());
            if (number < least || number > most) {
              return value.Invalid(fmt::format("{} is not from {} to {}", number, least, most));
            }
            access(settings) = number;
            return {};
          },
          .show = [=](const Settings& settings) { return fmt::format("{}", access(settings)); }};
}

// A whole number of `Unit`s, kept as a duration.
template <typename Unit, typename Access>
SettingsKey Time(std::string_view path, std::int64_t least, std::int64_t most, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const std::int64_t number, IntegerWithin(value, least, most));
            access(settings) = Unit(number);
            return {};
          },
          .show =
              [=](const Settings& settings) {
                const auto time = access(settings);
                return fmt::format("{}", std::chrono::duration_cast<Unit>(time).count());
              }};
}

template <typename Access>
SettingsKey Text(std::string_view path, Access access) {
  return {
      .path = path,
      .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
        GC_ASSIGN_OR_RETURN(access(settings), value.AsString());
        return {};
      },
      .show = [=](const Settings& settings) { return fmt::format("\"{}\"", access(settings)); }};
}

// The name of a file, relative to where the program runs; empty: none.
template <typename Access>
SettingsKey Path(std::string_view path, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            access(settings).clear();
            if (value.is_null()) return {};
            GC_ASSIGN_OR_RETURN(access(settings), value.AsString());
            return {};
          },
          .show =
              [=](const Settings& settings) {
                return fmt::format("\"{}\"", access(settings).string());
              }};
}

template <typename Access>
SettingsKey Texts(std::string_view path, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            if (value.is_null()) {
              access(settings).clear();
              return {};
            }
            GC_ASSIGN_OR_RETURN(access(settings), value.AsStrings());
            return {};
          },
          .show = [=](const Settings& settings) { return fmt::format("{}", access(settings)); }};
}

template <typename Value, typename Access>
SettingsKey Choice(std::string_view path,
                   const std::vector<std::pair<std::string_view, Value>>& choices, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const std::string text, value.AsString());
            std::vector<std::string_view> names;
            for (const auto& [name, meaning] : choices) {
              if (name == text) {
                access(settings) = meaning;
                return {};
              }
              names.push_back(name);
            }
            return value.Invalid(fmt::format("'{}' is none of {}", text, fmt::join(names, ", ")));
          },
          .show =
              [=](const Settings& settings) {
                for (const auto& [name, meaning] : choices) {
                  if (meaning == access(settings)) return std::string(name);
                }
                return std::string();
              }};
}

template <typename Access>
SettingsKey Flag(std::string_view path, Access access) {
  return {.path = path,
          .read = [=](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(access(settings), value.AsBool());
            return {};
          },
          .show =
              [=](const Settings& settings) {
                return std::string(access(settings) ? "true" : "false");
              }};
}

}  // namespace geoclimate::app
