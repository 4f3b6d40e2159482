#include "apps/geoclimate/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace geoclimate::app {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kPlainWidth = 200;

std::size_t TerminalWidth() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

ProgressStyle StyleFor(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1 ? ProgressStyle::kBar : ProgressStyle::kLines;
}

std::string WithThousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string RenderProgress(std::string_view label, const ProgressSample& sample,
                           std::size_t width) {
  std::string line(label);
  if (sample.fraction) {
    const double fraction = std::clamp(*sample.fraction, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(std::floor(fraction * kBarWidth));
    line += fmt::format(" [{}{}] {:3.0f} %", std::string(full, '#'),
                        std::string(kBarWidth - full, '-'), std::floor(fraction * 100));
  }
  line += fmt::format("  {}", sample.text);
  if (line.size() > width) line.resize(width);
  return line;
}

Progress::Progress(std::string label, ProgressStyle style, std::function<ProgressSample()> sample)
    : label_(std::move(label)), style_(style), sample_(std::move(sample)) {
  if (style_ != ProgressStyle::kNone) thread_ = std::jthread([this] { Run(); });
}

Progress::~Progress() {
  if (style_ == ProgressStyle::kNone) return;
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
  Show("\n");
}

void Progress::Run() {
  const std::chrono::milliseconds pause(style_ == ProgressStyle::kBar ? 100 : 10'000);
  base::Deadline next = base::Deadline::After(clock_, pause);
  base::MutexLock lock(mutex_);
  while (!stopped_) {
    if (changed_.WaitUntil(mutex_, next) && !next.Expired(clock_)) continue;
    Show(style_ == ProgressStyle::kBar ? "" : "\n");
    next = base::Deadline::After(clock_, pause);
  }
}

void Progress::Show(std::string_view line_end) {
  const bool bar = style_ == ProgressStyle::kBar;
  // One write, so that lines of other threads do not mix with it. "\x1b[K" clears the rest.
  const std::string line =
      fmt::format("{}{}{}{}", bar ? "\r" : "",
                  RenderProgress(label_, sample_(), bar ? TerminalWidth() - 1 : kPlainWidth),
                  bar ? "\x1b[K" : "", line_end);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace geoclimate::app
