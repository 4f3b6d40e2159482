#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "geoclimate/base/result.h"

namespace geoclimate::access {

enum class SecretReaders : std::uint8_t {
  kOwner,
  kOwnerAndGroup,  // of files that an orchestrator puts there for a group
};

// 64 hexadecimal digits (256 bits) from a file that nobody else may read or write; a line break
// behind them does not count. Nothing when there is no such file. kPermissionDenied when others may
// read it, kDataLoss when it holds anything else. No message has anything of it.
base::Result<std::optional<std::string>> ReadSecret(const std::filesystem::path& path,
                                                    SecretReaders readers);

// Reads the secret, or makes one (from the system's generator, file mode 0600, appearing whole or
// not at all, with its folder). Processes that start together end with the same one.
base::Result<std::string> LoadOrCreateSecret(const std::filesystem::path& path);

}  // namespace geoclimate::access
