#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::app {

// `text` with what HTML takes for markup replaced.
std::string EscapeHtml(std::string_view text);

// Round numbers within [low, high], some five of them, ascending.
std::vector<double> RoundTicks(double low, double high);

struct SvgPlotOptions {
  std::string title;
  std::string x_label;
  std::string y_label;
  double x_low = 0;
  double x_high = 1;
  double y_low = 0;
  double y_high = 1;
  // Names at the whole numbers 0, 1, ... of an axis instead of numbers; empty: ticks.
  std::vector<std::string> x_names;
  std::vector<std::string> y_names;
  double left = 52;  // room for the y axis, pixels
};

// One plot as inline SVG, 340 x 260, without any outside resource. Colours come from the page:
// classes `s0` to `s5` colour a series, `axis`, `grid` and `mark` the rest, `currentColor` the
// text. What is NaN is not drawn; what lies outside the axes ends at their edge.
class SvgPlot {
 public:
  explicit SvgPlot(SvgPlotOptions options);

  // A dashed line to compare with.
  void Mark(double x1, double y1, double x2, double y2);
  void Point(std::size_t series, double x, double y, double radius, std::string_view tooltip);
  // From low to high, with ends.
  void ErrorBarY(std::size_t series, double x, double low, double high);
  void ErrorBarX(std::size_t series, double y, double low, double high);
  void Line(std::size_t series, double x1, double y1, double x2, double y2);
  // Filled from y = 0; `share` is how much of the colour covers what lies below.
  void Bar(std::size_t series, double x1, double x2, double y, double share,
           std::string_view tooltip);

  std::string Finish() &&;

 private:
  double X(double x) const;
  double Y(double y) const;
  void Segment(std::string_view css_class, double x1, double y1, double x2, double y2);
  void Text(double x, double y, std::string_view anchor, std::string_view text);
  void DrawAxes();

  SvgPlotOptions options_;
  std::string svg_;
};

}  // namespace geoclimate::app
