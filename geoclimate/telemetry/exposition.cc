// The text formats of a scrape:
// https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4)
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "geoclimate/telemetry/metric_state.h"

namespace geoclimate::telemetry {
namespace {

constexpr std::string_view kTotal = "_total";

std::string_view TypeName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
    case MetricKind::kFloatCounter:
    case MetricKind::kReadCounter:
      return "counter";
    case MetricKind::kHistogram:
      return "histogram";
    case MetricKind::kLevel:
    case MetricKind::kGauge:
    case MetricKind::kReadGauge:
      return "gauge";
  }
  return "unknown";
}

void AppendHelp(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// "5e-05", "0.25", "1.0": OpenMetrics wants bounds to look like floats.
void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    const std::size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{}", value);
    if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
  }
}

void AppendName(std::string& out, std::string_view name, std::string_view suffix,
                std::string_view labels) {
  out += name;
  out += suffix;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
}

}  // namespace

std::string_view MetricRegistry::ContentType(Exposition exposition) {
  return exposition == Exposition::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void MetricState::RenderHistogram(const MetricFamily& family, const MetricSeries& series,
                                  std::string& out) const {
  const std::uint32_t buckets = static_cast<std::uint32_t>(family.bounds.size() + 1);
  const std::string_view comma = series.labels.empty() ? "" : ",";
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < buckets; ++i) {
    count += Sum(series.cell + i);
    fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"", family.name, series.labels,
                   comma);
    AppendDouble(out, i < family.bounds.size() ? family.bounds[i] : INFINITY);
    fmt::format_to(std::back_inserter(out), "\"}} {}\n", count);
  }
  AppendName(out, family.name, "_sum", series.labels);
  AppendDouble(out, FloatSum(series.cell + buckets));
  out += '\n';
  AppendName(out, family.name, "_count", series.labels);
  fmt::format_to(std::back_inserter(out), "{}\n", count);
}

void MetricState::RenderFamily(const MetricFamily& family, Exposition exposition,
                               std::string& out) const {
  // In OpenMetrics a counter's family has no suffix, its samples do.
  std::string_view name = family.name;
  if (exposition == Exposition::kOpenMetrics && TypeName(family.kind) == "counter") {
    name.remove_suffix(kTotal.size());
  }
  fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
  AppendHelp(out, family.help);
  fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name, TypeName(family.kind));
  for (const MetricSeries& series : family.series) {
    if (family.kind == MetricKind::kHistogram) {
      RenderHistogram(family, series, out);
      continue;
    }
    AppendName(out, family.name, "", series.labels);
    switch (family.kind) {
      case MetricKind::kCounter:
        fmt::format_to(std::back_inserter(out), "{}", Sum(series.cell));
        break;
      case MetricKind::kLevel:
        fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(Sum(series.cell)));
        break;
      case MetricKind::kFloatCounter:
        AppendDouble(out, FloatSum(series.cell));
        break;
      case MetricKind::kGauge:
        AppendDouble(out, series.gauge->load(std::memory_order_relaxed));
        break;
      case MetricKind::kReadGauge:
      case MetricKind::kReadCounter:
        AppendDouble(out, series.read());
        break;
      case MetricKind::kHistogram:
        break;
    }
    out += '\n';
  }
}

void MetricState::Render(Exposition exposition, std::string& out) const {
  const base::MutexLock lock(mutex_);
  for (const MetricFamily& family : families_) RenderFamily(family, exposition, out);
  if (exposition == Exposition::kOpenMetrics) out += "# EOF\n";
}

}  // namespace geoclimate::telemetry
