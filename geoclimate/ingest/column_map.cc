#include "geoclimate/ingest/column_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

constexpr std::size_t kShownHeader = 160;

// A description held against a header.
struct Fit {
  ColumnMap map;
  std::size_t known_columns = 0;
  std::vector<const RequiredRole*> missing;
  std::optional<std::string> conflict;
};

bool Contains(const std::vector<std::string>& headers, const std::string& header) {
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

std::string Conflict(std::string_view what, std::span<const std::string_view> header,
                     std::int32_t first, std::size_t second) {
  return fmt::format("two columns for {}: '{}' and '{}'", what,
                     Readable(header[static_cast<std::size_t>(first)], 60),
                     Readable(header[second], 60));
}

// Whether a row could not tell which of two columns of concentrations is its own.
bool Overlap(const ValueColumn& a, const ValueColumn& b) {
  return std::any_of(a.statistics.begin(), a.statistics.end(), [&b](airquality::Statistic s) {
    return std::find(b.statistics.begin(), b.statistics.end(), s) != b.statistics.end();
  });
}

class Fitter {
 public:
  Fitter(const SourceDescription& source, std::span<const std::string_view> header)
      : source_(source), header_(header) {
    fit_.map.source = &source;
    fit_.map.field_count = header.size();
    fit_.map.fields.fill(ColumnMap::kAbsent);
  }

  Fit Run() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      const std::string name = NormalizeHeader(header_[i]);
      if (!name.empty() && (MatchRole(name, i) || MatchValue(name, i))) ++fit_.known_columns;
    }
    for (const RequiredRole& required : source_.required) {
      if (fit_.map.FieldOf(required.role) == ColumnMap::kAbsent) fit_.missing.push_back(&required);
    }
    CheckValues();
    return std::move(fit_);
  }

 private:
  bool MatchRole(const std::string& name, std::size_t field) {
    for (std::size_t role = 0; role < kRoleCount; ++role) {
      if (!Contains(source_.headers[role], name)) continue;
      std::int32_t& slot = fit_.map.fields[role];
      if (slot != ColumnMap::kAbsent) {
        fit_.conflict = Conflict(RoleName(static_cast<Role>(role)), header_, slot, field);
      }
      slot = static_cast<std::int32_t>(field);
      return true;
    }
    return false;
  }

  bool MatchValue(const std::string& name, std::size_t field) {
    for (const ValueColumn& column : source_.values) {
      if (!Contains(column.headers, name)) continue;
      fit_.map.values.push_back({static_cast<std::int32_t>(field), &column});
      return true;
    }
    return false;
  }

  // Where rows tell their statistic by the duration, each statistic may have its column; else there
  // is one column.
  void CheckValues() {
    const auto& values = fit_.map.values;
    for (std::size_t i = 1; i < values.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (source_.durations.empty() || Overlap(*values[i].column, *values[j].column)) {
          fit_.conflict = Conflict("the concentration", header_, values[j].field,
                                   static_cast<std::size_t>(values[i].field));
        }
      }
    }
  }

  const SourceDescription& source_;
  std::span<const std::string_view> header_;
  Fit fit_;
};

std::string Expected(const SourceDescription& source) {
  std::string text = fmt::format("{}: columns ", source.title);
  for (const RequiredRole& required : source.required) {
    text += fmt::format("{}, ", source.header_titles[static_cast<std::size_t>(required.role)]);
  }
  text += "and a concentration such as ";
  text += fmt::format("'{}'", source.value_titles.front());
  return text;
}

std::string Found(std::span<const std::string_view> header) {
  std::string joined;
  for (const std::string_view field : header) {
    if (joined.size() > kShownHeader) break;
    if (!joined.empty()) joined += ',';
    joined += field;
  }
  std::string shown = Readable(joined, kShownHeader);
  if (shown.size() < joined.size()) shown += "...";
  return shown;
}

base::Error NoSuchTable(std::span<const SourceDescription> sources,
                        std::span<const std::string_view> header) {
  const std::string_view first = header.empty() ? std::string_view() : header.front();
  if (first.starts_with("\xff\xfe") || first.starts_with("\xfe\xff")) {
    return base::InvalidArgument("the file is UTF-16: save it as UTF-8");
  }
  std::string expected;
  for (const SourceDescription& source : sources) {
    expected += fmt::format("{}{}", expected.empty() ? "" : "; or ", Expected(source));
  }
  return base::InvalidArgument(fmt::format("not a table of a known family: expected {}; found '{}'",
                                           expected, Found(header)));
}

// What keeps a header that is close to a family from being of it.
base::Error Lacking(const Fit& fit, std::span<const std::string_view> header) {
  const SourceDescription& source = *fit.map.source;
  if (!fit.missing.empty()) {
    const RequiredRole& first = *fit.missing.front();
    const auto role = static_cast<std::size_t>(first.role);
    return base::InvalidArgument(fmt::format("{} is missing: expected a column {} ({}); {}",
                                             RoleName(first.role), source.header_titles[role],
                                             source.title, first.why));
  }
  if (fit.conflict) return base::InvalidArgument(*fit.conflict);
  return base::InvalidArgument(fmt::format("no column of concentrations: expected {}; found '{}'",
                                           Expected(source), Found(header)));
}

}  // namespace

base::Result<ColumnMap> MatchHeader(std::span<const SourceDescription> sources,
                                    std::span<const std::string_view> header) {
  std::optional<Fit> best;
  const auto usable = [](const Fit& fit) {
    return fit.missing.empty() && !fit.map.values.empty() && !fit.conflict;
  };
  for (const SourceDescription& source : sources) {
    Fit fit = Fitter(source, header).Run();
    const bool better = !best || usable(fit) > usable(*best) ||
                        (usable(fit) == usable(*best) && fit.known_columns > best->known_columns);
    if (better) best = std::move(fit);
  }
  if (best && usable(*best)) return std::move(best->map);
  // A table shares a column or two with another one by chance.
  constexpr std::size_t kClose = 4;
  if (best && best->known_columns >= kClose) return Lacking(*best, header);
  return NoSuchTable(sources, header);
}

}  // namespace geoclimate::ingest
