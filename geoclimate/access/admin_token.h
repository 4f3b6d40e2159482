#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::access {

// The secret that management calls must show, kept in DATA_DIR/admin.token. Immutable: thread-safe.
class AdminToken {
 public:
  // Reads the token of `data_dir`, or makes one (256 bits from the system's generator, file mode
  // 0600, appearing whole or not at all). Two processes that start together end with the same
  // token. kPermissionDenied when others than the owner may read or write the file, kDataLoss when
  // it holds no token.
  static base::Result<AdminToken> LoadOrCreate(const std::filesystem::path& data_dir);

  // In time that depends on the length of `shown` only.
  bool Matches(std::string_view shown) const;

 private:
  explicit AdminToken(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

}  // namespace geoclimate::access
