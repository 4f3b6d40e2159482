// The audit and the API keys: each record that was acknowledged once, with its id.

#include <fmt/format.h>

#include <map>
#include <string>

#include "geoclimate/formats/digest.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

class AccessLedger final : public Ledger {
 public:
  std::unique_ptr<Ledger> Clone() const override { return std::make_unique<AccessLedger>(*this); }

  base::Result<void> Act(Platform& platform, Random& random) override {
    return random() % 2 == 0 ? Record(platform) : AddKey(platform);
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    std::map<std::string, std::int64_t> records;
    GC_ASSIGN_OR_RETURN(const auto listed,
                        platform.stores.audit->List({.before = {}, .limit = 100'000}));
    for (const store::AuditRecord& record : listed) {
      if (!records.emplace(record.subject, record.id).second) {
        losses.push_back("record " + record.subject + " is there twice");
      }
    }
    Compare(records_, records, "record", losses);
    std::map<std::string, std::int64_t> keys;
    GC_ASSIGN_OR_RETURN(const auto known, platform.stores.api_keys->List());
    for (const store::ApiKeyRecord& key : known) {
      if (key.digest != formats::Sha256(key.prefix)) losses.push_back(key.prefix + " is another");
      keys.emplace(key.prefix, 0);
    }
    Compare(keys_, keys, "key", losses);
    return losses;
  }

  void Settle() override {
    for (auto* known : {&records_, &keys_}) {
      for (auto& [name, possible] : *known) possible.Settle();
    }
  }

 private:
  static constexpr std::int64_t kAbsent = -1;
  using Known = std::map<std::string, Possible<std::int64_t>>;

  base::Result<void> Record(Platform& platform) {
    store::AuditRecord record;
    record.actor = "a test";
    record.action = "model.promote";
    record.subject = fmt::format("m_{}", ++last_);
    record.reason = BytesOf(last_, 200);
    for (char& c : record.reason) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
    Possible<std::int64_t>& possible = records_.try_emplace(record.subject, kAbsent).first->second;
    const base::Result<std::int64_t> id = platform.stores.audit->Append(record);
    if (id.ok()) {
      highest_id_ = *id;
      possible.Acknowledge(*id);
      return {};
    }
    possible.Doubt(highest_id_ + 1);
    return id.error();
  }

  base::Result<void> AddKey(Platform& platform) {
    store::ApiKeyRecord key;
    key.prefix = fmt::format("gsc_{}", ++last_);
    key.digest = formats::Sha256(key.prefix);
    key.scopes = "read";
    key.created_at = platform.clock->Now();
    Possible<std::int64_t>& possible = keys_.try_emplace(key.prefix, kAbsent).first->second;
    const base::Result<void> added = platform.stores.api_keys->Add(key);
    if (added.ok()) {
      possible.Acknowledge(0);
    } else {
      possible.Doubt(0);
    }
    return added;
  }

  void Compare(Known& known, const std::map<std::string, std::int64_t>& there,
               std::string_view what, Losses& losses) {
    for (auto& [name, possible] : known) {
      const auto found = there.find(name);
      const std::int64_t id = found == there.end() ? kAbsent : found->second;
      if (!possible.Allows(id)) losses.push_back(fmt::format("{} {} is {}", what, name, id));
      possible.Found(id);
      highest_id_ = std::max(highest_id_, id);
    }
    for (const auto& [name, id] : there) {
      if (!known.contains(name)) losses.push_back(fmt::format("a stray {} {}", what, name));
    }
  }

  Known records_;
  Known keys_;
  std::uint64_t last_ = 0;
  std::int64_t highest_id_ = 0;
};

}  // namespace

std::unique_ptr<Ledger> MakeAccessLedger() {
  return std::make_unique<AccessLedger>();
}

}  // namespace geoclimate::fault
