#include "geoclimate/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/telemetry/process_metrics.h"

namespace geoclimate::telemetry {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string Text(const MetricRegistry& registry, Exposition exposition = Exposition::kPrometheus) {
  std::string text;
  registry.Render(exposition, text);
  return text;
}

TEST(MetricRegistry, CounterOfTheSameNameAndLabelsIsTheSameCounter) {
  MetricRegistry registry;
  registry.AddCounter("hits_total", "Hits", {{"tier", "memory"}}).Add(2);
  registry.AddCounter("hits_total", "Hits", {{"tier", "memory"}}).Add();
  registry.AddCounter("hits_total", "Hits", {{"tier", "redis"}}).Add(5);
  EXPECT_EQ(Text(registry),
            "# HELP hits_total Hits\n"
            "# TYPE hits_total counter\n"
            "hits_total{tier=\"memory\"} 3\n"
            "hits_total{tier=\"redis\"} 5\n");
}

TEST(MetricRegistry, ThreadsAddWithoutLosingAnything) {
  MetricRegistry registry;
  const Counter counter = registry.AddCounter("work_total", "Work");
  const Level level = registry.AddLevel("in_progress", "In progress");
  const Histogram histogram = registry.AddHistogram("seconds", "Time", DurationBuckets());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        counter.Add();
        level.Add(i % 2 == 0 ? 3 : -2);
        histogram.Observe(0.003);
      }
    });
  }
  // Scrapes while they write.
  for (int i = 0; i < 10; ++i) EXPECT_THAT(Text(registry), HasSubstr("work_total"));
  for (std::thread& thread : threads) thread.join();
  const std::string text = Text(registry);
  EXPECT_THAT(text, HasSubstr("work_total 40000\n"));
  EXPECT_THAT(text, HasSubstr("in_progress 20000\n"));
  EXPECT_THAT(text, HasSubstr("seconds_count 40000\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.005\"} 40000\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.0025\"} 0\n"));
}

TEST(MetricRegistry, ALevelGoesDownOnAnotherThreadThanItWentUp) {
  MetricRegistry registry;
  const Level level = registry.AddLevel("open", "Open");
  level.Add(1);
  std::thread([&] { level.Add(-1); }).join();
  EXPECT_THAT(Text(registry), HasSubstr("open 0\n"));
  std::thread([&] { level.Add(-1); }).join();
  EXPECT_THAT(Text(registry), HasSubstr("open -1\n"));
}

TEST(MetricRegistry, TwoRegistriesInOneThreadAreApart) {
  MetricRegistry first;
  MetricRegistry second;
  const Counter a = first.AddCounter("n_total", "N");
  const Counter b = second.AddCounter("n_total", "N");
  a.Add(1);
  b.Add(2);
  a.Add(1);
  EXPECT_THAT(Text(first), HasSubstr("n_total 2\n"));
  EXPECT_THAT(Text(second), HasSubstr("n_total 2\n"));
}

TEST(MetricRegistry, HistogramBucketsIncludeTheirUpperBound) {
  MetricRegistry registry;
  constexpr auto kBounds = std::to_array<double>({1, 2.5});
  const Histogram histogram = registry.AddHistogram("size", "Size", kBounds, {{"kind", "a"}});
  for (const double value : {0.5, 1.0, 2.0, 2.5, 99.0}) histogram.Observe(value);
  EXPECT_EQ(Text(registry),
            "# HELP size Size\n"
            "# TYPE size histogram\n"
            "size_bucket{kind=\"a\",le=\"1.0\"} 2\n"
            "size_bucket{kind=\"a\",le=\"2.5\"} 4\n"
            "size_bucket{kind=\"a\",le=\"+Inf\"} 5\n"
            "size_sum{kind=\"a\"} 105.0\n"
            "size_count{kind=\"a\"} 5\n");
}

TEST(MetricRegistry, LabelValuesAndHelpAreEscaped) {
  MetricRegistry registry;
  registry.AddGauge("g", "a\\b\nc", {{"file", "x\"y\\z\n"}}).Set(0.5);
  EXPECT_EQ(Text(registry),
            "# HELP g a\\\\b\\nc\n"
            "# TYPE g gauge\n"
            "g{file=\"x\\\"y\\\\z\\n\"} 0.5\n");
}

TEST(MetricRegistry, OpenMetricsNamesACounterFamilyWithoutSuffixAndEnds) {
  MetricRegistry registry;
  registry.AddCounter("hits_total", "Hits").Add();
  registry.AddFloatCounter("cpu_seconds_total", "CPU").Add(0.25);
  const std::string text = Text(registry, Exposition::kOpenMetrics);
  EXPECT_THAT(text, HasSubstr("# TYPE hits counter\nhits_total 1\n"));
  EXPECT_THAT(text, HasSubstr("cpu_seconds_total 0.25\n"));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
  EXPECT_THAT(Text(registry), Not(HasSubstr("EOF")));
}

TEST(MetricRegistry, ReadersAreAskedAtEachScrape) {
  MetricRegistry registry;
  double age = 1;
  registry.AddReader(MetricRegistry::ReadKind::kGauge, "age_seconds", "Age", {},
                     [&] { return age; });
  EXPECT_THAT(Text(registry), HasSubstr("age_seconds 1.0\n"));
  age = 2;
  EXPECT_THAT(Text(registry), HasSubstr("age_seconds 2.0\n"));
}

// Versions of models came and went and their metrics stayed for good.
TEST(MetricRegistry, WhatIsRemovedIsNotShownAndStartsAtZeroWhenItComesAgain) {
  MetricRegistry registry;
  const auto rows = [&](std::string_view version) {
    return registry.AddCounter("rows_total", "Rows",
                               {{"model", "a"}, {"version", version}, {"status", "success"}});
  };
  const Counter old = rows("v1");
  old.Add(3);
  rows("v11").Add(5);
  auto read = std::make_shared<int>(7);
  registry.AddReader(MetricRegistry::ReadKind::kGauge, "cost", "Cost",
                     {{"model", "a"}, {"version", "v1"}},
                     [read] { return static_cast<double>(*read); });
  registry.AddGauge("size", "Size", {{"model", "b,model=\"a\""}, {"version", "v1"}}).Set(2);
  registry.Remove({{"model", "a"}, {"version", "v1"}});
  EXPECT_EQ(read.use_count(), 1);
  old.Add();  // of a request that is under way: seen nowhere
  EXPECT_EQ(Text(registry),
            "# HELP rows_total Rows\n"
            "# TYPE rows_total counter\n"
            "rows_total{model=\"a\",version=\"v11\",status=\"success\"} 5\n"
            "# HELP cost Cost\n"
            "# TYPE cost gauge\n"
            "# HELP size Size\n"
            "# TYPE size gauge\n"
            "size{model=\"b,model=\\\"a\\\"\",version=\"v1\"} 2.0\n");
  rows("v1").Add(2);
  EXPECT_THAT(Text(registry), HasSubstr("version=\"v1\",status=\"success\"} 2\n"));
}

TEST(MetricRegistry, CellsOfManyMetricsDoNotOverlap) {
  MetricRegistry registry;
  std::vector<Histogram> histograms;
  std::vector<std::string> names;
  histograms.reserve(300);
  names.reserve(300);
  for (int i = 0; i < 300; ++i) names.push_back("h" + std::to_string(i));
  for (const std::string& name : names) {
    histograms.push_back(registry.AddHistogram(name, "H", DurationBuckets()));
  }
  for (std::size_t i = 0; i < histograms.size(); ++i) {
    for (std::size_t n = 0; n <= i; ++n) histograms[i].Observe(100);
  }
  const std::string text = Text(registry);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_THAT(text, HasSubstr(names[i] + "_count " + std::to_string(i + 1) + "\n"));
  }
}

TEST(MetricRegistry, AHandleThatWasNotRegisteredCountsNothing) {
  Counter().Add();
  Histogram().Observe(1);
  Level().Add(1);
  Gauge().Set(1);
}

TEST(MetricRegistryDeathTest, ANameHasOneKind) {
  MetricRegistry registry;
  registry.AddLevel("n", "N");
  EXPECT_DEATH(registry.AddGauge("n", "N"), "one kind");
}

TEST(ProcessMetrics, AreReadFromTheSystem) {
  MetricRegistry registry;
  AddProcessMetrics(registry, "1.2.3");
  const std::string text = Text(registry);
  EXPECT_THAT(text, HasSubstr("build_info{version=\"1.2.3\",compiler=\""));
  EXPECT_THAT(text, testing::ContainsRegex("process_resident_memory_bytes [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("process_open_fds [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("process_threads [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("process_start_time_seconds [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("system_memory_usage_percent [0-9]"));
  EXPECT_THAT(text, HasSubstr("system_cpu_usage_percent"));
  EXPECT_THAT(text, testing::ContainsRegex("process_memory_limit_bytes [1-9]"));
}

TEST(DiskMetrics, AreThoseOfTheFileSystemOfTheFolder) {
  MetricRegistry registry;
  AddDiskMetrics(registry, "data", testing::TempDir());
  AddDiskMetrics(registry, "gone", testing::TempDir() + "/no/such/folder");
  const std::string text = Text(registry);
  EXPECT_THAT(text, testing::ContainsRegex("disk_size_bytes\\{folder=\"data\"\\} [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("disk_available_bytes\\{folder=\"data\"\\} [1-9]"));
  EXPECT_THAT(text, HasSubstr("disk_available_bytes{folder=\"gone\"} NaN\n"));
}

}  // namespace
}  // namespace geoclimate::telemetry
