#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "geoclimate/blob/local/crash_fixture.h"
#include "geoclimate/model/testing/example_card.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::registry::testing {

inline base::Timestamp Noon() {
  return base::Timestamp(std::chrono::sys_days(std::chrono::year(2024) / 1 / 31)) +
         std::chrono::hours(12);
}

inline NewModel Example(double skill = 0.25) {
  NewModel model;
  model.model_name = "pm25_d1";
  model.model_type = "forecaster";
  model.task_type = "forecasting";
  model.metrics = {{"mse_skill", skill}, {"mae", 2.5}};
  model.baseline = "damped_persistence";
  model.features = {{.name = "last", .unit = "ug/m3"}};
  model.schema_fingerprint = "0123456789abcdef";
  model.source = "a test";
  return model;
}

inline NewModel WithCard() {
  NewModel model = Example();
  model.card = model::testing::ExampleCard();
  return model;
}

inline const Request kTester = {.actor = "tester", .reason = "because"};

// A registry of its own on a folder, as another process would have it.
struct Opened {
  explicit Opened(const std::filesystem::path& root, blob::WriteObserver* observer = nullptr,
                  const RegistryOptions& options = {})
      : store(blob::OpenLocalStore(root, observer)),
        clock(Noon()),
        registry(*store, clock, options) {}

  std::string Publish(double skill = 0.25) {
    const auto published = registry.Publish(Example(skill), "artifact", kTester);
    EXPECT_TRUE(published.ok()) << published.error().message();
    return published->model_id;
  }
  base::Result<Change> Promote(const std::string& model_id,
                               model::Stage stage = model::Stage::kProduction) {
    return registry.Promote(model_id, {.stage = stage}, kTester);
  }
  // The number of the version in production; 0 when there is none.
  int Production() {
    const auto found = registry.FindProduction("pm25_d1");
    return found.ok() ? found->version : 0;
  }

  std::unique_ptr<blob::BlobStore> store;
  base::FakeClock clock;
  Registry registry;
};

template <typename T>
base::ErrorCode CodeOf(const base::Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? base::ErrorCode::kUnknown : result.error().code();
}

// Ends the process at its n-th step.
class DieAt final : public blob::WriteObserver {
 public:
  explicit DieAt(int step) : left_(step) {}
  base::Result<void> After(blob::WriteStep, std::string_view) override {
    if (left_-- == 0) ::_exit(9);
    return {};
  }

 private:
  int left_;
};

}  // namespace geoclimate::registry::testing
