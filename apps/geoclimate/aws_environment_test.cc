#include "apps/geoclimate/aws_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace geoclimate::app {
namespace {

using ::testing::HasSubstr;

class CredentialsChoice : public testing::Test {
 protected:
  CredentialsChoice() {
    std::filesystem::create_directories(home_ / ".aws");
    Write(home_ / ".aws" / "credentials", "home");
    Write(home_ / "settings", "settings");
    Write(home_ / "shared", "shared");
  }

  static void Write(const std::filesystem::path& path, std::string_view id) {
    std::ofstream(path) << "[default]\naws_access_key_id = " << id
                        << "\naws_secret_access_key = s\n[other]\naws_access_key_id = " << id
                        << "-other\naws_secret_access_key = s\n";
  }

  // The id of the key that is chosen, or the error.
  std::string Chosen(const AwsEnvironment& environment, const std::filesystem::path& file = {}) {
    auto source = ChooseCredentials(environment, file, "eu-west-1", client_, clock_);
    if (!source.ok()) return source.error().message();
    const auto credentials = (*source)->Get();
    return credentials.ok() ? credentials->access_key_id : credentials.error().message();
  }

  const std::filesystem::path home_ = std::filesystem::path(testing::TempDir()) / "aws_home";
  const base::SystemClock clock_;
  const http_client::HttpClient client_{clock_};
};

TEST_F(CredentialsChoice, TheFirstSourceThatIsThereIsTaken) {
  AwsEnvironment environment = {{"HOME", home_.string()}};
  EXPECT_EQ(Chosen(environment), "home");
  environment["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / "shared").string();
  EXPECT_EQ(Chosen(environment), "shared");
  environment["AWS_PROFILE"] = "other";
  EXPECT_EQ(Chosen(environment), "shared-other");
  environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/no/token";
  environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  EXPECT_THAT(Chosen(environment), HasSubstr("/no/token"));
  environment["AWS_ACCESS_KEY_ID"] = "id";
  EXPECT_THAT(Chosen(environment), HasSubstr("/no/token"));
  environment["AWS_SECRET_ACCESS_KEY"] = "secret";
  EXPECT_EQ(Chosen(environment), "id");
  EXPECT_EQ(Chosen(environment, home_ / "settings"), "settings-other");
}

TEST_F(CredentialsChoice, WithoutAnyItIsSaidWhatToSet) {
  EXPECT_THAT(Chosen({{"HOME", "/nowhere"}}), HasSubstr("storage.s3.credentials_file"));
}

}  // namespace
}  // namespace geoclimate::app
