#include "apps/geoclimate/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace geoclimate::app {
namespace {

constexpr double kWidth = 340;
constexpr double kHeight = 260;
constexpr double kTop = 28;
constexpr double kRight = 12;
constexpr double kBottom = 42;
constexpr double kEndOfBar = 3;

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::vector<double> RoundTicks(double low, double high) {
  std::vector<double> ticks;
  const double span = high - low;
  if (!(span > 0) || !std::isfinite(span)) return ticks;
  const double power = std::pow(10, std::floor(std::log10(span)));
  double step = power;
  for (const double factor : {0.1, 0.2, 0.5, 1.0}) {
    step = factor * power;
    if (span / step <= 6) break;
  }
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

SvgPlot::SvgPlot(SvgPlotOptions options) : options_(std::move(options)) {
  svg_ = fmt::format(R"(<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)"
                     R"(<text class="title" x="{:.0f}" y="16" text-anchor="start">{}</text>)",
                     kWidth, kHeight, EscapeHtml(options_.title), 8.0, EscapeHtml(options_.title));
  DrawAxes();
}

double SvgPlot::X(double x) const {
  const double share = (x - options_.x_low) / (options_.x_high - options_.x_low);
  return options_.left + std::clamp(share, 0.0, 1.0) * (kWidth - kRight - options_.left);
}

double SvgPlot::Y(double y) const {
  const double share = (y - options_.y_low) / (options_.y_high - options_.y_low);
  return kHeight - kBottom - std::clamp(share, 0.0, 1.0) * (kHeight - kBottom - kTop);
}

void SvgPlot::Segment(std::string_view css_class, double x1, double y1, double x2, double y2) {
  if (!std::isfinite(x1 + y1 + x2 + y2)) return;
  svg_ += fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)",
                      css_class, x1, y1, x2, y2);
}

void SvgPlot::Text(double x, double y, std::string_view anchor, std::string_view text) {
  svg_ += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor,
                      EscapeHtml(text));
}

void SvgPlot::DrawAxes() {
  const double bottom = kHeight - kBottom;
  if (options_.y_names.empty()) {
    for (const double tick : RoundTicks(options_.y_low, options_.y_high)) {
      Segment("grid", options_.left, Y(tick), kWidth - kRight, Y(tick));
      Text(options_.left - 5, Y(tick) + 4, "end", fmt::format("{:.6g}", tick + 0.0));
    }
  }
  for (std::size_t i = 0; i < options_.y_names.size(); ++i) {
    const double y = Y(static_cast<double>(i));
    Segment("grid", options_.left, y, kWidth - kRight, y);
    Text(options_.left - 5, y + 4, "end", options_.y_names[i]);
  }
  if (options_.x_names.empty()) {
    for (const double tick : RoundTicks(options_.x_low, options_.x_high)) {
      Segment("grid", X(tick), kTop, X(tick), bottom);
      Text(X(tick), bottom + 14, "middle", fmt::format("{:.6g}", tick + 0.0));
    }
  }
  for (std::size_t i = 0; i < options_.x_names.size(); ++i) {
    Text(X(static_cast<double>(i)), bottom + 14, "middle", options_.x_names[i]);
  }
  Segment("axis", options_.left, kTop, options_.left, bottom);
  Segment("axis", options_.left, bottom, kWidth - kRight, bottom);
  Text((options_.left + kWidth - kRight) / 2, kHeight - 8, "middle", options_.x_label);
  if (options_.y_label.empty()) return;
  const double middle = (kTop + bottom) / 2;
  svg_ += fmt::format(
      R"svg(<text transform="translate(12 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>)svg",
      middle, EscapeHtml(options_.y_label));
}

void SvgPlot::Mark(double x1, double y1, double x2, double y2) {
  Segment("mark", X(x1), Y(y1), X(x2), Y(y2));
}

void SvgPlot::Point(std::size_t series, double x, double y, double radius,
                    std::string_view tooltip) {
  if (!std::isfinite(x + y)) return;
  svg_ += fmt::format(
      R"(<circle class="s{} fill" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>)",
      series, X(x), Y(y), radius, EscapeHtml(tooltip));
}

void SvgPlot::ErrorBarY(std::size_t series, double x, double low, double high) {
  if (!std::isfinite(x + low + high)) return;
  const std::string css_class = fmt::format("s{}", series);
  Segment(css_class, X(x), Y(low), X(x), Y(high));
  for (const double end : {low, high}) {
    Segment(css_class, X(x) - kEndOfBar, Y(end), X(x) + kEndOfBar, Y(end));
  }
}

void SvgPlot::ErrorBarX(std::size_t series, double y, double low, double high) {
  if (!std::isfinite(y + low + high)) return;
  const std::string css_class = fmt::format("s{}", series);
  Segment(css_class, X(low), Y(y), X(high), Y(y));
  for (const double end : {low, high}) {
    Segment(css_class, X(end), Y(y) - kEndOfBar, X(end), Y(y) + kEndOfBar);
  }
}

void SvgPlot::Line(std::size_t series, double x1, double y1, double x2, double y2) {
  Segment(fmt::format("s{}", series), X(x1), Y(y1), X(x2), Y(y2));
}

void SvgPlot::Bar(std::size_t series, double x1, double x2, double y, double share,
                  std::string_view tooltip) {
  if (!std::isfinite(x1 + x2 + y)) return;
  const double top = std::min(Y(y), Y(0));
  svg_ += fmt::format(
      R"(<rect class="s{} fill" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}")"
      R"( fill-opacity="{:.2f}"><title>{}</title></rect>)",
      series, X(x1), top, X(x2) - X(x1), std::abs(Y(y) - Y(0)), share, EscapeHtml(tooltip));
}

std::string SvgPlot::Finish() && {
  svg_ += "</svg>";
  return std::move(svg_);
}

}  // namespace geoclimate::app
