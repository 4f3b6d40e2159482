#include "geoclimate/fetch/aqs_fetch.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/fetch/query.h"
#include "geoclimate/ingest/fetch/aqs_answer.h"

namespace geoclimate::fetch {
namespace {

using std::chrono::days;

constexpr std::string_view kSource = "aqs";
// At most five a request.
constexpr std::array<std::string_view, 2> kParameters = {"88101,88502,81102,44201",
                                                         "42602,42401,42101"};

// "20261128"
std::string DayText(base::Timestamp time) {
  std::string text = base::FormatTimestamp(time).substr(0, 10);
  std::erase(text, '-');
  return text;
}

// A request stays within a calendar year; here within a month, so that an answer stays small.
base::Timestamp NextMonth(base::Timestamp time) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  const auto next = date.year() / date.month() + std::chrono::months(1);
  return base::Timestamp(std::chrono::sys_days(next / 1));
}

}  // namespace

base::Result<void> AqsOptions::Validate() const {
  if (key.empty()) return base::InvalidArgument("AQS needs a key");
  if (email.empty()) return base::InvalidArgument("AQS needs the e-mail address of the key");
  return {};
}

base::Result<void> AqsFetch::RunAll(const std::optional<Span>& span, FetchReport& report) {
  GC_RETURN_IF_ERROR(options_.Validate());
  GC_ASSIGN_OR_RETURN(SpanWalk walk,
                      SpanWalk::Begin(std::string(kSource), options_.box.ToString(), span,
                                      options_.span, tools().clock.Now(), tools().blobs));
  // Days of an archive: when they could be known is told by how they were measured.
  ValueKeeper keeper(std::string(kSource), tools().store, std::nullopt);
  while (walk.left().from < walk.left().to) {
    const Span piece{walk.left().from, std::min(NextMonth(walk.left().from), walk.left().to)};
    for (const std::string_view parameters : kParameters) {
      GC_ASSIGN_OR_RETURN(const ingest::FetchedValues fetched, FetchDays(piece, parameters));
      GC_RETURN_IF_ERROR(keeper.Keep(fetched, report));
    }
    GC_RETURN_IF_ERROR(walk.Completed(piece.to));
    report.complete_to = walk.complete_to();
  }
  return {};
}

base::Result<ingest::FetchedValues> AqsFetch::FetchDays(const Span& piece,
                                                        std::string_view parameters) {
  const auto degrees = [](double value) { return fmt::format("{}", value); };
  Query query(options_.base_url + "/dailyData/byBox");
  query.Add("email", options_.email)
      .Add("key", options_.key)
      .Add("param", parameters)
      .Add("bdate", DayText(piece.from))
      .Add("edate", DayText(piece.to - std::chrono::hours(1)))
      .Add("minlat", degrees(options_.box.south))
      .Add("maxlat", degrees(options_.box.north))
      .Add("minlon", degrees(options_.box.west))
      .Add("maxlon", degrees(options_.box.east));
  return tools().client.Get<ingest::FetchedValues>(query.url(), {}, [this](std::string_view body) {
    return ingest::ParseAqsDaily(body, airdata_);
  });
}

}  // namespace geoclimate::fetch
