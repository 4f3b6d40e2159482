#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apps/geoclimate/serving.h"
#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/verbs.h"
#include "apps/geoclimate/weather_option.h"
#include "geoclimate/access/address.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Without --model it serves the data directory: the production models of its registry, its sites
and observations, and its forecasts, which it computes itself when there are none yet. With
--model it serves files of XGBoost (JSON, UBJ), LightGBM (text), ONNX or geoclimate, each under
its file's name, and needs nothing else. ONNX models need the library of ONNX Runtime.

Forecasters that were trained with weather need --weather: the files are looked at again before each
computation of the forecasts. Without it, or when they end too early, the fallbacks forecast.

SIGTERM and Ctrl-C drain: readiness fails, requests in flight are answered, then it ends. A
second one ends it at once.)";

struct ServeArguments {
  std::vector<std::filesystem::path> models;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> grpc_port;
  std::optional<std::uint16_t> management_port;
  std::optional<std::uint16_t> metrics_port;
  std::optional<int> threads;
  std::optional<std::string> as_of;
  WeatherArguments weather;
};

base::Result<Settings> Combine(const ServeArguments& arguments, const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const LoadedSettings loaded,
                      LoadSettings(options.config_file, ReadEnvironment()));
  Settings settings = loaded.settings;
  server::http::ServerOptions& server = settings.server;
  if (arguments.host) {
    server.public_listener->host = *arguments.host;
    // Management is reached from elsewhere only where the settings say so.
    const auto address = access::Address::Parse(*arguments.host);
    if (address && address->is_loopback()) server.management_listener->host = *arguments.host;
  }
  if (arguments.port) server.public_listener->port = *arguments.port;
  if (arguments.grpc_port) settings.grpc_port = *arguments.grpc_port;
  if (arguments.management_port) server.management_listener->port = *arguments.management_port;
  if (arguments.metrics_port) server.metrics_listener->port = *arguments.metrics_port;
  if (arguments.threads) server.threads = *arguments.threads;
  if (arguments.as_of) {
    const auto day = base::ParseDay(*arguments.as_of);
    if (!day.ok()) return day.error().WithContext("--as-of");
    settings.forecasts.as_of = *day;
  }
  return settings;
}

// The buffers of long requests go back to the system as they are freed. By default the C library
// stops doing so after the first one of a size and keeps such memory in the arena of the thread,
// where it comes apart: each of the arenas then grows to a peak of its own.
void ReturnLargeBuffers() {
  constexpr int kMapped = 128 << 10;  // the default at the start, which setting it keeps
  constexpr int kTrimmed = 1 << 20;
  // NOLINTBEGIN(concurrency-mt-unsafe): before there is a second thread
  mallopt(M_MMAP_THRESHOLD, kMapped);
  mallopt(M_TRIM_THRESHOLD, kTrimmed);
  // NOLINTEND(concurrency-mt-unsafe)
}

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Drains after the first signal; a second one during the drain stops at once.
void RunUntilSignal(Serving& serving) {
  server::http::Server& server = serving.server();
  server::grpc::GrpcServer& grpc = serving.grpc();
  const sigset_t signals = EndingSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  std::cerr << "geoclimate serve: draining; once more ends at once\n";
  server.BeginDrain();
  grpc.BeginDrain();
  std::atomic<bool> ended = false;
  std::thread impatient([&] {
    constexpr timespec kLook = {.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!ended) {
      if (sigtimedwait(&signals, nullptr, &kLook) <= 0) continue;
      server.Stop();
      grpc.Stop();
    }
  });
  server.Wait();
  grpc.Wait();
  ended = true;
  impatient.join();
}

int RunServe(const ServeArguments& arguments, const GlobalOptions& options) {
  // Before any thread is made, so that none but this one takes them.
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  ReturnLargeBuffers();
  const auto settings = Combine(arguments, options);
  if (!settings.ok()) {
    std::cerr << settings.error().message() << '\n';
    return kExitUsage;
  }
  base::SetLogLevel(settings->log_level);
  base::SetLogFormat(settings->log_format);
  const base::SystemClock clock;
  const auto serving = Serving::Start(
      *settings,
      {.model_files = arguments.models, .data_dir = options.data_dir, .weather = arguments.weather},
      clock);
  if (!serving.ok()) {
    std::cerr << "geoclimate serve: " << serving.error().ToString() << '\n';
    return kExitFailure;
  }
  std::cout << (*serving)->Summary() << std::flush;
  RunUntilSignal(**serving);
  return kExitOk;
}

}  // namespace

void AddServeVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<ServeArguments>();
  CLI::App* verb = app.add_subcommand("serve", "Answer requests over HTTP and gRPC");
  verb->add_option("--model", arguments->models, "Serve this model file; may be repeated")
      ->check(CLI::ExistingFile);
  verb->add_option("--host", arguments->host,
                   "Address to listen on; beyond loopback only with auth.required");
  verb->add_option("--port", arguments->port, "API; 0 takes any free port");
  verb->add_option("--grpc-port", arguments->grpc_port,
                   "Open Inference Protocol; 0: any free port");
  verb->add_option("--management-port", arguments->management_port, "Changes of what is served");
  verb->add_option("--metrics-port", arguments->metrics_port, "Internal /metrics");
  verb->add_option("--threads", arguments->threads, "I/O threads; 0: one per CPU of the quota")
      ->check(CLI::Range(0, 1024));
  verb->add_option("--as-of", arguments->as_of, "The only today, 2020-12-31");
  AddWeatherOptions(*verb, arguments->weather);
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunServe(*arguments, options); });
}

}  // namespace geoclimate::app
