#include "apps/geoclimate/aws_environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "geoclimate/blob/s3/credentials_file.h"
#include "geoclimate/blob/s3/web_identity.h"

namespace geoclimate::app {
namespace {

// Empty when there is none.
std::string Value(const AwsEnvironment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::unique_ptr<blob::CredentialSource> FromFile(const AwsEnvironment& environment,
                                                 const std::filesystem::path& file) {
  const std::string profile = Value(environment, "AWS_PROFILE");
  return std::make_unique<blob::CredentialsFile>(file, profile.empty() ? "default" : profile);
}

blob::WebIdentityOptions WebIdentity(const AwsEnvironment& environment, std::string_view region) {
  blob::WebIdentityOptions options;
  options.token_file = Value(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
  options.role_arn = Value(environment, "AWS_ROLE_ARN");
  if (auto name = Value(environment, "AWS_ROLE_SESSION_NAME"); !name.empty()) {
    options.session_name = std::move(name);
  }
  options.endpoint = Value(environment, "AWS_ENDPOINT_URL_STS");
  if (options.endpoint.empty()) {
    options.endpoint = fmt::format("https://sts.{}.amazonaws.com{}", region,
                                   region.starts_with("cn-") ? ".cn" : "");
  }
  while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  return options;
}

}  // namespace

AwsEnvironment ReadAwsEnvironment() {
  AwsEnvironment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("AWS_") && !text.starts_with("HOME=")) continue;
    const std::size_t equals = text.find('=');
    environment.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return environment;
}

base::Result<std::unique_ptr<blob::CredentialSource>> ChooseCredentials(
    const AwsEnvironment& environment, const std::filesystem::path& settings_file,
    std::string_view region, const http_client::HttpClient& client, const base::Clock& clock) {
  if (!settings_file.empty()) return FromFile(environment, settings_file);
  blob::Credentials fixed{.access_key_id = Value(environment, "AWS_ACCESS_KEY_ID"),
                          .secret_access_key = Value(environment, "AWS_SECRET_ACCESS_KEY"),
                          .session_token = Value(environment, "AWS_SESSION_TOKEN")};
  if (!fixed.access_key_id.empty() && !fixed.secret_access_key.empty()) {
    return std::unique_ptr<blob::CredentialSource>(
        std::make_unique<blob::FixedCredentials>(std::move(fixed)));
  }
  if (auto options = WebIdentity(environment, region);
      !options.token_file.empty() && !options.role_arn.empty()) {
    return std::unique_ptr<blob::CredentialSource>(
        std::make_unique<blob::WebIdentityCredentials>(std::move(options), client, clock));
  }
  if (const std::string file = Value(environment, "AWS_SHARED_CREDENTIALS_FILE"); !file.empty()) {
    return FromFile(environment, file);
  }
  const auto at_home = std::filesystem::path(Value(environment, "HOME")) / ".aws" / "credentials";
  std::error_code ignored;
  if (std::filesystem::exists(at_home, ignored)) return FromFile(environment, at_home);
  return base::FailedPrecondition(
      "there are no credentials for the storage: name a file in storage.s3.credentials_file, or "
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_WEB_IDENTITY_TOKEN_FILE and "
      "AWS_ROLE_ARN");
}

}  // namespace geoclimate::app
