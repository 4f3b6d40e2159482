#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::integration {

// data/epa/daily in an SQLite store in a folder of its own, which goes with it. Ends the program
// when that fails: there is no test without it.
class BundledSample {
 public:
  BundledSample();
  ~BundledSample();

  store::ObservationStore& store() { return *store_; }

  // Everything of it, loaded once a process.
  static const features::SiteHistory& History();

 private:
  std::filesystem::path folder_;
  base::SystemClock clock_;
  std::unique_ptr<store::ObservationStore> store_;
};

}  // namespace geoclimate::integration
