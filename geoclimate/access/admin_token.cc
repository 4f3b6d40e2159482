#include "geoclimate/access/admin_token.h"

#include <cstdint>
#include <utility>

#include "geoclimate/access/secret_file.h"

namespace geoclimate::access {

base::Result<AdminToken> AdminToken::LoadOrCreate(const std::filesystem::path& data_dir) {
  GC_ASSIGN_OR_RETURN(std::string token, LoadOrCreateSecret(data_dir / "admin.token"));
  return AdminToken(std::move(token));
}

bool AdminToken::Matches(std::string_view shown) const {
  std::uint8_t difference = shown.size() == value_.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference |
                                           (static_cast<unsigned char>(shown[i]) ^
                                            static_cast<unsigned char>(value_[i % value_.size()])));
  }
  return difference == 0;
}

}  // namespace geoclimate::access
