#include "geoclimate/store/sqlite/dictionary.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace geoclimate::store::sqlite {
namespace {

// Ids are given one after another: a larger gap comes from a damaged file, and would take memory.
constexpr std::int64_t kLargestGap = 1'000'000;

template <typename T>
base::Result<void> Set(std::vector<std::optional<T>>& values, std::int64_t id, T value,
                       Session& session) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (id < 1 || id - size > kLargestGap) {
    return base::DataLoss(fmt::format("{}: damaged: the id {} cannot be; restore a backup",
                                      session.connection().path(), id));
  }
  if (id >= size) values.resize(static_cast<std::size_t>(id) + 1);
  values[static_cast<std::size_t>(id)] = std::move(value);
  return {};
}

template <typename T>
const std::optional<T>* Find(const std::vector<std::optional<T>>& values, std::int64_t id) {
  if (id < 0 || id >= static_cast<std::int64_t>(values.size())) return nullptr;
  return &values[static_cast<std::size_t>(id)];
}

}  // namespace

base::Result<void> Dictionary::Update(Session& session) {
  GC_RETURN_IF_ERROR(UpdateOrigins(session));
  return UpdateReceipts(session);
}

base::Result<void> Dictionary::UpdateOrigins(Session& session) {
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("origins_after"));
  query->Bind(1, static_cast<std::int64_t>(origins_.size()) - 1);
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return {};
    const base::Result<void> set =
        Set(origins_, query->Integer(0), std::string(query->Text(1)), session);
    if (!set.ok()) {
      query->Reset();
      return set;
    }
  }
}

base::Result<void> Dictionary::UpdateReceipts(Session& session) {
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("receipts_after"));
  query->Bind(1, static_cast<std::int64_t>(receipts_.size()) - 1);
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return {};
    const base::Timestamp received_at{std::chrono::microseconds(query->Integer(1))};
    const base::Result<void> set = Set(receipts_, query->Integer(0), received_at, session);
    if (!set.ok()) {
      query->Reset();
      return set;
    }
  }
}

std::optional<std::string_view> Dictionary::Origin(std::int64_t id) const {
  const std::optional<std::string>* origin = Find(origins_, id);
  if (origin == nullptr || !origin->has_value()) return std::nullopt;
  return std::string_view(**origin);
}

std::optional<base::Timestamp> Dictionary::ReceivedAt(std::int64_t receipt) const {
  const std::optional<base::Timestamp>* received_at = Find(receipts_, receipt);
  return received_at == nullptr ? std::nullopt : *received_at;
}

}  // namespace geoclimate::store::sqlite
