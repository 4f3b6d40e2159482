#include "geoclimate/fetch/span_walk.h"

#include <algorithm>

#include <fmt/format.h>

#include "geoclimate/base/day.h"

namespace geoclimate::fetch {
namespace {

base::Timestamp FloorTo(base::Timestamp time, std::chrono::hours step) {
  const auto since = std::chrono::floor<std::chrono::hours>(time.time_since_epoch());
  return base::Timestamp(since - since % step);
}

}  // namespace

base::Result<SpanWalk> SpanWalk::Begin(const std::string& source, const std::string& scope,
                                       const std::optional<Span>& given,
                                       const SpanWalkOptions& options, base::Timestamp now,
                                       blob::BlobStore& blobs) {
  if (given && given->from >= given->to) {
    return base::InvalidArgument("the span that is to be fetched is empty");
  }
  SpanWalk walk(given ? source + "-span" : source, blobs);
  walk.keeps_cursor_ = !given;
  const std::string full_scope =
      given ? fmt::format("{} {} to {}", scope, base::FormatTimestamp(given->from),
                          base::FormatTimestamp(given->to))
            : scope;
  GC_ASSIGN_OR_RETURN(const auto cursor, LoadCursor(blobs, walk.name_, full_scope));
  if (cursor) walk.cursor_ = *cursor;
  walk.cursor_.scope = full_scope;
  if (given) {
    if (!cursor) walk.cursor_.complete_to = given->from;
    walk.left_ = {walk.cursor_.complete_to, given->to};
    return walk;
  }
  const base::Timestamp end = FloorTo(now, options.step);
  if (!cursor) walk.cursor_.complete_to = FloorTo(now - options.first, options.step);
  const base::Timestamp from =
      cursor ? walk.cursor_.complete_to - options.revisit : walk.cursor_.complete_to;
  walk.left_ = {std::min(from, end), end};
  return walk;
}

std::int64_t SpanWalk::AfterWithin(base::Timestamp to) const {
  return cursor_.span_to == to ? cursor_.span_after : 0;
}

base::Result<void> SpanWalk::CameWithin(base::Timestamp to, std::int64_t after) {
  cursor_.span_to = to;
  cursor_.span_after = after;
  return SaveCursor(*blobs_, name_, cursor_);
}

base::Result<void> SpanWalk::Completed(base::Timestamp to) {
  // A span that is looked at again completes nothing new until it is behind the cursor.
  cursor_.complete_to = std::max(cursor_.complete_to, to);
  cursor_.span_to.reset();
  cursor_.span_after = 0;
  left_.from = to;
  if (!keeps_cursor_ && to >= left_.to) return ForgetCursor(*blobs_, name_);
  return SaveCursor(*blobs_, name_, cursor_);
}

}  // namespace geoclimate::fetch
