#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "geoclimate/base/mutex.h"
#include "geoclimate/blob/s3/credentials.h"

namespace geoclimate::blob {

// The credentials of one profile of a shared credentials file: "[profile]" lines, and below them
// "aws_access_key_id = ...", "aws_secret_access_key = ...", perhaps "aws_session_token = ...";
// other keys are passed over. kNotFound without the profile, kInvalidArgument naming a line that is
// none, or the key that it lacks.
base::Result<Credentials> ParseCredentials(std::string_view text, std::string_view profile);

// A shared credentials file, read again when it has changed, so that keys are rotated by replacing
// it. While it cannot be read, what it said before stays. Thread-safe.
class CredentialsFile final : public CredentialSource {
 public:
  CredentialsFile(std::filesystem::path path, std::string profile);
  base::Result<Credentials> Get() override EXCLUDES(mutex_);
  void Refused() override EXCLUDES(mutex_);

 private:
  base::Result<Credentials> Read() const;

  const std::filesystem::path path_;
  const std::string profile_;
  base::Mutex mutex_;
  std::filesystem::file_time_type read_at_ GUARDED_BY(mutex_){};
  base::Result<Credentials> credentials_ GUARDED_BY(mutex_);
};

}  // namespace geoclimate::blob
