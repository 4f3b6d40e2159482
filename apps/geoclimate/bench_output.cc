#include "apps/geoclimate/bench_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "apps/geoclimate/svg_plot.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using load::LoadReport;

struct NamedQuantile {
  std::string_view name;
  double quantile;
};
constexpr std::array kQuantiles = {NamedQuantile{"p50", 0.5},     NamedQuantile{"p75", 0.75},
                                   NamedQuantile{"p90", 0.9},     NamedQuantile{"p99", 0.99},
                                   NamedQuantile{"p99.9", 0.999}, NamedQuantile{"p99.99", 0.9999},
                                   NamedQuantile{"max", 1}};

double Milliseconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

// CPU seconds of the server; nothing where it was not measured or nothing succeeded.
std::optional<double> CpuPerMillionRows(const LoadReport& report, std::size_t rows) {
  if (!report.used || report.succeeded() == 0) return std::nullopt;
  const double answered = static_cast<double>(report.succeeded()) * static_cast<double>(rows);
  return report.used->cpu_seconds / answered * 1e6;
}

std::string PatternName(const load::LoadOptions& options) {
  if (!options.rate) return "closed loop";
  return fmt::format(
      "{:g} a second, {}", *options.rate,
      options.pattern == load::Arrivals::Pattern::kEven ? "evenly" : "a Poisson process");
}

}  // namespace

std::string RenderBenchText(const load::LoadOptions& options, const LoadReport& report,
                            std::size_t rows) {
  std::string text = fmt::format("{} connections, {}, {:g} s after {:g} s of warm-up\n",
                                 options.connections, PatternName(options), report.seconds,
                                 static_cast<double>(options.warm_up.count()) / 1000);
  for (const auto& [status, count] : report.by_status) {
    text += fmt::format("  status {:<12} {:>12}\n", status, count);
  }
  if (report.broken > 0) text += fmt::format("  broken off          {:>12}\n", report.broken);
  if (report.unanswered > 0)
    text += fmt::format("  not answered        {:>12}\n", report.unanswered);
  text += fmt::format("  succeeded a second  {:>12.1f}\n", report.succeeded_per_second());
  if (rows > 1) {
    text += fmt::format("  rows a second       {:>12.1f}\n",
                        report.succeeded_per_second() * static_cast<double>(rows));
  }
  text += options.rate ? "  latency, from when a request was due\n" : "  latency, from sending\n";
  for (const NamedQuantile& one : kQuantiles) {
    text += fmt::format("    {:<17} {:>12.3f} ms\n", one.name,
                        Milliseconds(report.latencies.Quantile(one.quantile)));
  }
  text += fmt::format("    {:<17} {:>12.3f} ms\n", "mean", Milliseconds(report.latencies.mean()));
  if (const std::optional<double> cpu = CpuPerMillionRows(report, rows)) {
    text += fmt::format("  server's CPU        {:>12.2f} s, {:.3f} s a million rows\n",
                        report.used->cpu_seconds, *cpu);
  }
  if (report.used) {
    text += fmt::format("  server's memory     {:>12.1f} MB\n",
                        static_cast<double>(report.used->resident_bytes) / 1e6);
  }
  return text;
}

std::string RenderBenchJson(const load::LoadOptions& options, const LoadReport& report,
                            std::size_t rows) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("connections").Integer(options.connections);
  json.Key("arrivals")
      .String(!options.rate                                       ? "closed_loop"
              : options.pattern == load::Arrivals::Pattern::kEven ? "constant"
                                                                  : "poisson");
  json.Key("rate_per_second");
  options.rate ? json.Double(*options.rate) : json.Null();
  json.Key("seconds").Double(report.seconds);
  json.Key("by_status").BeginObject();
  for (const auto& [status, count] : report.by_status) {
    json.Key(std::to_string(status)).Integer(static_cast<std::int64_t>(count));
  }
  json.EndObject();
  json.Key("broken").Integer(static_cast<std::int64_t>(report.broken));
  json.Key("unanswered").Integer(static_cast<std::int64_t>(report.unanswered));
  json.Key("succeeded").Integer(static_cast<std::int64_t>(report.succeeded()));
  json.Key("succeeded_per_second").Double(report.succeeded_per_second());
  json.Key("rows_per_request").Integer(static_cast<std::int64_t>(rows));
  json.Key("body_bytes").Integer(static_cast<std::int64_t>(report.body_bytes));
  json.Key("latency_ms").BeginObject();
  for (const NamedQuantile& one : kQuantiles) {
    json.Key(one.name).Double(Milliseconds(report.latencies.Quantile(one.quantile)));
  }
  json.Key("mean").Double(Milliseconds(report.latencies.mean())).EndObject();
  json.Key("latency_buckets_ms").BeginArray();
  report.latencies.Visit([&json](std::chrono::nanoseconds longest, std::uint64_t count) {
    json.BeginArray().Double(Milliseconds(longest));
    json.Integer(static_cast<std::int64_t>(count)).EndArray();
  });
  json.EndArray();
  if (report.used) {
    json.Key("cpu_seconds").Double(report.used->cpu_seconds);
    json.Key("resident_bytes").Integer(static_cast<std::int64_t>(report.used->resident_bytes));
  }
  if (const std::optional<double> cpu = CpuPerMillionRows(report, rows)) {
    json.Key("cpu_seconds_per_million_rows").Double(*cpu);
  }
  json.EndObject();
  text += '\n';
  return text;
}

std::string RenderBenchSvg(const LoadReport& report) {
  // Powers of ten of a microsecond, and how many nines.
  SvgPlotOptions options;
  options.title = "Latency by percentile";
  options.x_label = "percentile";
  options.y_label = "latency";
  options.x_names = {"0", "90", "99", "99.9", "99.99"};
  options.y_names = {"1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"};
  options.x_high = static_cast<double>(options.x_names.size() - 1);
  options.y_high = static_cast<double>(options.y_names.size() - 1);
  SvgPlot plot(std::move(options));
  const auto height = [&report](double nines) {
    const auto latency = report.latencies.Quantile(1 - std::pow(10, -nines));
    return std::log10(std::max(static_cast<double>(latency.count()) / 1e3, 1.0));
  };
  constexpr int kSteps = 80;
  for (int step = 0; step < kSteps; ++step) {
    const double from = 4.0 * step / kSteps;
    const double to = 4.0 * (step + 1) / kSteps;
    plot.Line(0, from, height(from), to, height(to));
  }
  std::string svg = std::move(plot).Finish();
  // Colours and a namespace, which a page would give.
  constexpr std::string_view kBegin = "<svg ";
  svg.replace(0, kBegin.size(),
              "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"520\" ");
  svg.insert(svg.find('>') + 1,
             "<style>svg{background:#fff;color:#222;font:11px sans-serif}text{fill:currentColor}"
             ".axis{stroke:#666}.grid{stroke:#ddd}.s0{stroke:#06c;stroke-width:1.5}</style>");
  return svg;
}

}  // namespace geoclimate::app
