#include "geoclimate/blob/s3/credentials_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

namespace geoclimate::blob {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{1} << 20;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

using Section = std::map<std::string, std::string, std::less<>>;

base::Result<Section> ReadSection(std::string_view text, std::string_view profile) {
  Section section;
  bool found = false;
  bool within = false;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      within = Trimmed(line.substr(1, line.size() - 2)) == profile;
      found = found || within;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      return base::InvalidArgument(
          fmt::format("line {} is neither [profile] nor key = value", number));
    }
    if (within)
      section[std::string(Trimmed(line.substr(0, equals)))] = Trimmed(line.substr(equals + 1));
  }
  if (!found) return base::NotFound(fmt::format("there is no profile '{}'", profile));
  return section;
}

}  // namespace

base::Result<Credentials> ParseCredentials(std::string_view text, std::string_view profile) {
  GC_ASSIGN_OR_RETURN(const Section section, ReadSection(text, profile));
  const auto value = [&](std::string_view key) {
    const auto found = section.find(key);
    return found == section.end() ? std::string() : found->second;
  };
  Credentials credentials{.access_key_id = value("aws_access_key_id"),
                          .secret_access_key = value("aws_secret_access_key"),
                          .session_token = value("aws_session_token")};
  for (const auto& [key, text_of] : {std::pair<std::string_view, std::string_view>{
                                         "aws_access_key_id", credentials.access_key_id},
                                     {"aws_secret_access_key", credentials.secret_access_key}}) {
    if (text_of.empty()) {
      return base::InvalidArgument(fmt::format("the profile '{}' has no {}", profile, key));
    }
  }
  return credentials;
}

CredentialsFile::CredentialsFile(std::filesystem::path path, std::string profile)
    : path_(std::move(path)),
      profile_(std::move(profile)),
      credentials_(base::NotFound("not read yet")) {}

base::Result<Credentials> CredentialsFile::Read() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return base::NotFound(fmt::format("{} cannot be read", path_.string()));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.size() > kMostFileBytes) {
    return base::InvalidArgument(fmt::format("{} is no credentials file", path_.string()));
  }
  auto credentials = ParseCredentials(text, profile_);
  if (!credentials.ok()) return credentials.error().WithContext(path_.string());
  return credentials;
}

base::Result<Credentials> CredentialsFile::Get() {
  const base::MutexLock lock(mutex_);
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(path_, error);
  if (credentials_.ok() && (error || changed == read_at_)) return credentials_;
  auto fresh = Read();
  if (fresh.ok() || !credentials_.ok()) {
    credentials_ = std::move(fresh);
    read_at_ = error ? std::filesystem::file_time_type() : changed;
  }
  return credentials_;
}

void CredentialsFile::Refused() {
  const base::MutexLock lock(mutex_);
  read_at_ = {};
}

}  // namespace geoclimate::blob
