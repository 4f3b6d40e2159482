#include "geoclimate/store/postgres/dictionary.h"

#include <fmt/format.h>

#include <utility>

namespace geoclimate::store::postgres {
namespace {

using base::Result;

// Each post has an origin and a receipt of its own: what is remembered of them has an end.
constexpr std::size_t kMaxRemembered = 1 << 18;

// Copies what is known of `wanted` to `to`; the ids of the rest go to `missing`.
template <typename Value>
void Take(const std::set<std::int32_t>& wanted,
          const std::unordered_map<std::int32_t, Value>& known,
          std::unordered_map<std::int32_t, Value>& to, Column& missing) {
  for (const std::int32_t id : wanted) {
    if (to.contains(id)) continue;
    const auto found = known.find(id);
    if (found != known.end()) {
      to.emplace(id, found->second);
    } else {
      missing.Add(id);
    }
  }
}

template <typename Value>
void Remember(const std::vector<std::pair<std::int32_t, Value>>& news,
              std::unordered_map<std::int32_t, Value>& known,
              std::unordered_map<std::int32_t, Value>& names) {
  if (known.size() + news.size() > kMaxRemembered) known.clear();
  for (const auto& [id, value] : news) {
    known.insert_or_assign(id, value);
    names.insert_or_assign(id, value);
  }
}

}  // namespace

Result<void> Dictionary::Complete(Connection& connection, const Wanted& wanted, Names& names) {
  Column missing_origins(Type::kInteger4);
  Column missing_receipts(Type::kInteger4);
  {
    const base::MutexLock lock(mutex_);
    Take(wanted.origins, known_.origins, names.origins, missing_origins);
    Take(wanted.receipts, known_.receipts, names.receipts, missing_receipts);
  }
  if (missing_origins.size() + missing_receipts.size() == 0) return {};
  std::vector<Call> calls;
  calls.push_back({"origin_names", Parameters().Array(missing_origins)});
  calls.push_back({"receipt_times", Parameters().Array(missing_receipts)});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, connection.Run(std::move(calls)));
  std::vector<std::pair<std::int32_t, std::string>> new_origins;
  for (int i = 0; i < rows[0].size(); ++i) {
    new_origins.emplace_back(static_cast<std::int32_t>(rows[0].Integer(i, 0)), rows[0].Text(i, 1));
  }
  std::vector<std::pair<std::int32_t, base::Timestamp>> new_receipts;
  for (int i = 0; i < rows[1].size(); ++i) {
    new_receipts.emplace_back(static_cast<std::int32_t>(rows[1].Integer(i, 0)), rows[1].Time(i, 1));
  }
  if (new_origins.size() != missing_origins.size() ||
      new_receipts.size() != missing_receipts.size()) {
    return base::DataLoss(fmt::format(
        "{}: damaged: an origin or a receipt of a version is not there; restore a backup",
        connection.name()));
  }
  const base::MutexLock lock(mutex_);
  Remember(new_origins, known_.origins, names.origins);
  Remember(new_receipts, known_.receipts, names.receipts);
  return {};
}

void Dictionary::FollowServer(std::uint64_t connections_opened) {
  const base::MutexLock lock(mutex_);
  if (connections_opened_ == connections_opened) return;
  connections_opened_ = connections_opened;
  known_ = {};
}

}  // namespace geoclimate::store::postgres
