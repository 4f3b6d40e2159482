#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/weather_option.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/grpc/grpc_server.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::app {

// What `serve` serves.
struct ServingSources {
  // Files of models, served under their names without a registry or a database. Empty: the data
  // directory.
  std::vector<std::filesystem::path> model_files;
  std::filesystem::path data_dir;
  // For forecasters that were trained with weather; read again when the files change.
  WeatherArguments weather;
};

// Everything that runs while `serve` does: stores, models, forecasts, routes, the server. Stops in
// reverse order in its destructor.
class Serving {
 public:
  // Returns ready to answer. kNotFound, saying what to do, when there is no data directory.
  static base::Result<std::unique_ptr<Serving>> Start(const Settings& settings,
                                                      const ServingSources& sources,
                                                      const base::Clock& clock);
  ~Serving();

  server::http::Server& server();
  server::grpc::GrpcServer& grpc();
  // What is served and where, for people: a headline and URLs to try, a line each.
  std::string Summary() const;

 private:
  struct Parts;
  explicit Serving(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace geoclimate::app
