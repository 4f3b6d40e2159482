#include "geoclimate/server/http/routes/history_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/base/log.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Observation;

using service::HistoryValue;

std::string_view StatisticName(airquality::Statistic statistic) {
  switch (statistic) {
    case airquality::Statistic::kMean:
      return "mean";
    case airquality::Statistic::kMax8Hour:
      return "max_8_hour";
    case airquality::Statistic::kMax1Hour:
      return "max_1_hour";
  }
  return "";
}

std::string_view SourceName(airquality::Source source) {
  return source == airquality::Source::kFinal ? "final" : "provisional";
}

std::string_view EventName(airquality::EventStatus event) {
  return event == airquality::EventStatus::kExcluded ? "excluded" : "regular";
}

class HistoryTask final : public ResponseTask {
 public:
  HistoryTask(const service::SiteValues& values, airquality::Site site, const HistoryWish& wish)
      : values_(values), site_(std::move(site)), wish_(wish), next_(wish.query.from) {}

  Progress Step(Response& response) override {
    std::string& out = response.body();
    if (!std::exchange(begun_, true)) Begin(out);
    constexpr std::chrono::days kStep{366};
    if (next_ <= wish_.query.to) {
      const base::LocalDay last = std::min(next_ + kStep - std::chrono::days(1), wish_.query.to);
      if (!AppendDays(next_, last, out)) {
        response.Abort();
        return Progress::kDone;
      }
      next_ = last + std::chrono::days(1);
    }
    if (next_ <= wish_.query.to) return Progress::kMore;
    if (wish_.format == HistoryFormat::kJson) out += "]}";
    return Progress::kDone;
  }

 private:
  void Begin(std::string& out) {
    if (wish_.format == HistoryFormat::kCsv) {
      out +=
          "site_id,pollutant,parameter_code,poc,date,statistic,value,unit,aqi,aqi_table,source,"
          "percent_complete,event,method,valid_from,valid_to,observed_at,received_at\n";
      return;
    }
    formats::JsonWriter json(out);
    json.BeginObject();
    SiteIdField(json, site_.id);
    json.Key("name").String(site_.name);
    CoordinateFields(json, site_.coordinates);
    json.Key("utc_offset_minutes").Integer(site_.utc_offset.count());
    DayField(json, "from", wish_.query.from);
    DayField(json, "to", wish_.query.to);
    TimestampField(json, "as_of", wish_.query.received_by);
    json.Key("observations").BeginArray();
  }

  bool AppendDays(base::LocalDay from, base::LocalDay to, std::string& out) {
    service::HistoryQuery query = wish_.query;
    query.from = from;
    query.to = to;
    const auto visited =
        values_.VisitHistory(site_, query, [&](const HistoryValue& value) { Append(value, out); });
    if (visited.ok()) return true;
    base::Log(base::LogLevel::kWarning, "server/http", "a history was cut off",
              {{"site", site_.id.ToString()}, {"error", visited.error().ToString()}});
    return false;
  }

  void Append(const HistoryValue& version, std::string& out) {
    const auto pollutant = airquality::PollutantOf(version.observation.key.parameter);
    if (!pollutant) return;
    const auto aqi =
        airquality::AqiOfStatistic(airquality::NewestTable(*pollutant),
                                   version.observation.key.statistic, version.observation.value);
    if (wish_.format == HistoryFormat::kCsv) {
      AppendLine(version, airquality::Traits(*pollutant), aqi, out);
    } else {
      if (std::exchange(later_, true)) out += ',';
      AppendObject(version, airquality::Traits(*pollutant), aqi, out);
    }
  }

  base::LocalDay DateOf(const HistoryValue& version) const {
    return base::DayOf(version.observation.key.start, site_.utc_offset);
  }

  void AppendObject(const HistoryValue& version, const airquality::PollutantTraits& traits,
                    const std::optional<airquality::AqiValue>& aqi, std::string& out) const {
    const Observation& observation = version.observation;
    const base::Timestamp end = observation.key.start + std::chrono::days(1);
    formats::JsonWriter json(out);
    json.BeginObject().Key("pollutant").String(traits.name);
    json.Key("parameter_code").Integer(observation.key.parameter);
    json.Key("poc").Integer(observation.key.poc);
    DayField(json, "date", DateOf(version));
    json.Key("statistic").String(StatisticName(observation.key.statistic));
    ConcentrationField(json, "value", observation.value);
    json.Key("unit").String(traits.unit_name);
    if (aqi) {
      json.Key("aqi").Integer(aqi->aqi).Key("aqi_table").String(aqi->table);
    } else {
      json.Key("aqi").Null().Key("aqi_table").Null();
    }
    json.Key("source").String(SourceName(observation.source)).Key("percent_complete");
    if (observation.completeness == airquality::kCompletenessUnknown) {
      json.Null();
    } else {
      json.Integer(observation.completeness);
    }
    json.Key("event").String(EventName(observation.key.event));
    json.Key("method").String(airquality::MethodName(airquality::Method::kObserved));
    TimestampField(json, "valid_from", observation.key.start);
    TimestampField(json, "valid_to", end);
    TimestampField(json, "observed_at", end);
    TimestampField(json, "received_at", version.received_at);
    json.EndObject();
  }

  void AppendLine(const HistoryValue& version, const airquality::PollutantTraits& traits,
                  const std::optional<airquality::AqiValue>& aqi, std::string& out) const {
    const Observation& observation = version.observation;
    const std::string end = base::FormatTimestamp(observation.key.start + std::chrono::days(1));
    const bool known = observation.completeness != airquality::kCompletenessUnknown;
    fmt::format_to(
        std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
        site_.id.ToString(), traits.name, observation.key.parameter, observation.key.poc,
        base::FormatDay(DateOf(version)), StatisticName(observation.key.statistic),
        observation.value.ToString(), traits.unit_name,
        aqi ? fmt::format("{}", aqi->aqi) : std::string(), aqi ? aqi->table : std::string_view(),
        SourceName(observation.source),
        known ? fmt::format("{}", observation.completeness) : std::string(),
        EventName(observation.key.event), airquality::MethodName(airquality::Method::kObserved),
        base::FormatTimestamp(observation.key.start), end, end,
        base::FormatTimestamp(version.received_at));
  }

  const service::SiteValues& values_;
  const airquality::Site site_;
  const HistoryWish wish_;
  base::LocalDay next_;
  bool begun_ = false;
  bool later_ = false;
};

}  // namespace

std::unique_ptr<ResponseTask> MakeHistoryTask(const service::SiteValues& values,
                                              airquality::Site site, const HistoryWish& wish) {
  return std::make_unique<HistoryTask>(values, std::move(site), wish);
}

}  // namespace geoclimate::server::http::routes
