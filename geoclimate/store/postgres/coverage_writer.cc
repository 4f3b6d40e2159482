#include "geoclimate/store/postgres/coverage_writer.h"

#include <cstdint>
#include <vector>

#include "geoclimate/store/postgres/series_rows.h"

namespace geoclimate::store::postgres {
namespace {

using airquality::SiteId;

SiteId SiteOf(const Rows& rows, int row, int column) {
  return SiteId::FromNumber(static_cast<std::uint32_t>(rows.Integer(row, column)));
}

}  // namespace

Call CoverageWriter::Lookup(std::span<const Series> series) {
  Column sites(Type::kInteger4);
  Column pollutants(Type::kInteger2);
  for (const Series& one : series) {
    if (!entries_.try_emplace({one.site, one.pollutant}).second) continue;
    sites.Add(one.site.number());
    pollutants.Add(airquality::Index(one.pollutant));
  }
  return {"coverage_bits", Parameters().Array(sites).Array(pollutants)};
}

void CoverageWriter::TakeAnswer(const Rows& rows) {
  for (int row = 0; row < rows.size(); ++row) {
    const Key key(SiteOf(rows, row, 0), static_cast<airquality::Pollutant>(rows.Integer(row, 1)));
    entries_[key].days = DaySet::Decode(rows.Text(row, 2), rows.Day(row, 3));
  }
}

void CoverageWriter::Add(const Series& series, base::Timestamp start) {
  Entry& entry = entries_[{series.site, series.pollutant}];
  if (entry.days.Add(base::DayOf(start, offsets_[series.site]))) entry.changed = true;
}

base::Result<void> CoverageWriter::CountAnew(WriteTransaction& transaction) {
  Column sites(Type::kInteger4);
  for (const SiteId site : recount_) sites.Add(site.number());
  transaction.Defer({"remove_coverage", Parameters().Array(sites)});
  std::erase_if(entries_, [&](const auto& one) { return recount_.contains(one.first.first); });
  std::vector<Call> calls;
  calls.push_back({"daily_versions_of_sites", Parameters().Array(sites)});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> answers, transaction.Run(std::move(calls)));
  const Rows& rows = answers.front();
  std::map<std::int64_t, DailyRule> rules;
  for (int row = 0; row < rows.size(); ++row) {
    const Series series = ReadSeries(rows, row, 1);
    DailyRule& rule = rules.try_emplace(rows.Integer(row, 0), series).first->second;
    if (rule.Counts(static_cast<std::uint8_t>(rows.Integer(row, 9)),
                    static_cast<std::uint8_t>(rows.Integer(row, 10)))) {
      Add(series, rows.Time(row, 8));
    }
  }
  return {};
}

base::Result<void> CoverageWriter::Write(WriteTransaction& transaction) {
  if (!recount_.empty()) GC_RETURN_IF_ERROR(CountAnew(transaction));
  Column sites(Type::kInteger4);
  Column pollutants(Type::kInteger2);
  Column first(Type::kDay);
  Column last(Type::kDay);
  Column days(Type::kInteger8);
  Column bits(Type::kBytes);
  Column bits_from(Type::kDay);
  for (const auto& [key, entry] : entries_) {
    if (!entry.changed || entry.days.empty()) continue;
    sites.Add(key.first.number());
    pollutants.Add(airquality::Index(key.second));
    first.AddDay(entry.days.first());
    last.AddDay(entry.days.last());
    days.Add(static_cast<std::int64_t>(entry.days.count()));
    bits.AddText(entry.days.Bytes());
    bits_from.AddDay(entry.days.FirstBitDay());
  }
  if (sites.size() == 0) return {};
  Call put{"put_coverage", {}};
  for (const Column* column : {&sites, &pollutants, &first, &last, &days, &bits, &bits_from}) {
    put.parameters.Array(*column);
  }
  transaction.Defer(std::move(put));
  return {};
}

}  // namespace geoclimate::store::postgres
