#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "apps/geoclimate/bench_output.h"
#include "apps/geoclimate/bench_target.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/formats/compression.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Puts load on a server and prints what callers would have seen: throughput, and latencies up to
p99.99. With --pid also the server's CPU and memory.

With --rate, requests are due at their time, answered before or not, and a latency counts from
then: one stall shows in all that it made wait. Without it each connection asks again once it is
answered (a closed loop), which says what a server can do, not what callers see of it.

What is sent: by default GETs of the URL; --predict MODEL rows made up within the ranges of the
features of that model of a geo-climate server; --kserve MODEL tensors made up for any server of
KServe's protocol, version 2 (Triton, MLServer, ...); --body FILE a POST a line. 500 different
ones in turn.

Exit 1 when nothing succeeded.)";

struct BenchArguments {
  std::string url;
  std::string predict;
  std::string kserve;
  std::string body;
  std::size_t rows = 1;
  int connections = 32;
  double rate = 0;
  bool poisson = false;
  double duration = 10;
  double warm_up = 1;
  double timeout = 10;
  int pid = 0;
  std::uint64_t seed = 1;
  std::string svg;
  bool json = false;
};

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

base::Result<std::string> ReadFile(const std::string& path) {
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<formats::ByteSource> bytes,
                      formats::OpenPlainOrGzip(path));
  std::string text;
  while (true) {
    std::array<char, 65536> block;
    GC_ASSIGN_OR_RETURN(const std::size_t count, bytes->Read(block));
    if (count == 0) return text;
    text.append(block.data(), count);
  }
}

base::Result<BenchRequests> RequestsOf(const BenchArguments& arguments, const BenchUrl& url) {
  const std::chrono::milliseconds patience = Milliseconds(arguments.timeout);
  if (!arguments.predict.empty()) {
    return PredictRequests(url, arguments.predict, arguments.seed, patience);
  }
  if (!arguments.kserve.empty()) {
    return KserveRequests(url, arguments.kserve, arguments.rows, arguments.seed, patience);
  }
  if (arguments.body.empty()) return GetRequests(url);
  GC_ASSIGN_OR_RETURN(const std::string bodies, ReadFile(arguments.body));
  GC_ASSIGN_OR_RETURN(BenchRequests requests, PostRequests(url, bodies));
  requests.rows = arguments.rows;
  return requests;
}

int RunBench(const BenchArguments& arguments) {
  const auto fail = [](const base::Error& error, int code) {
    std::cerr << "geoclimate bench: " << error.ToString() << '\n';
    return code;
  };
  const base::Result<BenchUrl> url = ParseBenchUrl(arguments.url);
  if (!url.ok()) return fail(url.error(), kExitUsage);
  base::Result<BenchRequests> requests = RequestsOf(arguments, *url);
  if (!requests.ok()) return fail(requests.error(), kExitFailure);
  load::LoadOptions options;
  options.server = url->server;
  options.requests = std::move(requests->requests);
  options.connections = arguments.connections;
  if (arguments.rate > 0) options.rate = arguments.rate;
  if (arguments.poisson) options.pattern = load::Arrivals::Pattern::kPoisson;
  options.duration = Milliseconds(arguments.duration);
  options.warm_up = Milliseconds(arguments.warm_up);
  options.patience = Milliseconds(arguments.timeout);
  if (arguments.pid > 0) options.server_process = arguments.pid;
  options.seed = arguments.seed;
  const base::Result<void> valid = options.Validate();
  if (!valid.ok()) return fail(valid.error(), kExitUsage);
  const base::Result<load::LoadReport> report = load::RunLoad(options);
  if (!report.ok()) return fail(report.error(), kExitFailure);
  std::cout << (arguments.json ? RenderBenchJson(options, *report, requests->rows)
                               : RenderBenchText(options, *report, requests->rows));
  if (!arguments.svg.empty()) {
    std::ofstream file(arguments.svg, std::ios::binary);
    file << RenderBenchSvg(*report);
    file.close();
    if (!file) return fail(base::Unavailable(arguments.svg + ": cannot be written"), kExitFailure);
  }
  return report->succeeded() > 0 ? kExitOk : kExitFailure;
}

}  // namespace

void AddBenchVerb(CLI::App& app, const GlobalOptions& /*options*/, int& exit_code) {
  const auto arguments = std::make_shared<BenchArguments>();
  CLI::App* verb =
      app.add_subcommand("bench", "Put load on an HTTP server and measure its answers");
  verb->add_option("url", arguments->url, "http://ADDRESS:PORT/PATH")->required();
  CLI::Option* predict =
      verb->add_option("--predict", arguments->predict, "A model of a geo-climate server, by name");
  CLI::Option* kserve = verb->add_option("--kserve", arguments->kserve,
                                         "A model of a server of KServe's protocol, version 2");
  CLI::Option* body = verb->add_option("--body", arguments->body, "A file with a JSON body a line");
  predict->excludes(kserve)->excludes(body);
  kserve->excludes(body);
  verb->add_option("--rows", arguments->rows, "Rows of a request, of --kserve and --body")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  verb->add_option("--connections", arguments->connections)->capture_default_str();
  CLI::Option* rate =
      verb->add_option("--rate", arguments->rate, "Requests a second")->check(CLI::PositiveNumber);
  verb->add_flag("--poisson", arguments->poisson, "At random moments, as independent callers ask")
      ->needs(rate);
  verb->add_option("--duration", arguments->duration, "Seconds")->capture_default_str();
  verb->add_option("--warm-up", arguments->warm_up, "Seconds before, not measured")
      ->capture_default_str();
  verb->add_option("--timeout", arguments->timeout, "Seconds until a request is given up")
      ->capture_default_str();
  verb->add_option("--pid", arguments->pid, "The server's process, on this machine")
      ->check(CLI::PositiveNumber);
  verb->add_option("--seed", arguments->seed)->capture_default_str();
  verb->add_option("--svg", arguments->svg, "Writes a picture of the latencies to this file");
  verb->add_flag("--json", arguments->json, "One JSON object, with the whole histogram");
  verb->footer(kFooter);
  verb->callback([arguments, &exit_code] { exit_code = RunBench(*arguments); });
}

}  // namespace geoclimate::app
