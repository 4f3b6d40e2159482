#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/s3/credentials.h"
#include "geoclimate/http_client/http_client.h"

namespace geoclimate::app {

// The variables that begin with AWS_, and HOME, by name: what the tools of AWS take credentials
// from.
using AwsEnvironment = std::map<std::string, std::string, std::less<>>;
AwsEnvironment ReadAwsEnvironment();

// The first of
//   the file that the settings name, with the profile AWS_PROFILE or "default";
//   AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, perhaps AWS_SESSION_TOKEN;
//   AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, perhaps AWS_ROLE_SESSION_NAME, at
//   AWS_ENDPOINT_URL_STS or the token service of the region;
//   AWS_SHARED_CREDENTIALS_FILE, or HOME/.aws/credentials where that exists.
// kFailedPrecondition when there is none of them. `client` and `clock` outlive what is returned.
base::Result<std::unique_ptr<blob::CredentialSource>> ChooseCredentials(
    const AwsEnvironment& environment, const std::filesystem::path& settings_file,
    std::string_view region, const http_client::HttpClient& client, const base::Clock& clock);

}  // namespace geoclimate::app
