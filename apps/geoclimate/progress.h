#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"

namespace geoclimate::app {

// How far some long work is.
struct ProgressSample {
  std::optional<double> fraction;  // of the work, 0 to 1; nothing when the end is not known
  std::string text;                // "12,345 rows, 3/40 files"
};

// How progress is shown.
enum class ProgressStyle {
  kBar,    // one line of a terminal, drawn over ten times a second
  kLines,  // a line every ten seconds
  kNone,
};

// kBar when `stream` is a terminal, else kLines.
ProgressStyle StyleFor(std::FILE* stream);

// "ingest [#####---------------]  25 %  12,345 rows": at most `width` columns.
std::string RenderProgress(std::string_view label, const ProgressSample& sample, std::size_t width);

// Shows how far some work is while it lives, on stderr. The destructor shows the last state and
// ends the line.
//
// `sample` is called by a thread of the object's own and, last, by the destructor.
class Progress {
 public:
  Progress(std::string label, ProgressStyle style, std::function<ProgressSample()> sample);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Run() EXCLUDES(mutex_);
  void Show(std::string_view line_end);

  const std::string label_;
  const ProgressStyle style_;
  const std::function<ProgressSample()> sample_;
  base::SystemClock clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

// "1,234,567".
std::string WithThousands(std::uint64_t number);

}  // namespace geoclimate::app
