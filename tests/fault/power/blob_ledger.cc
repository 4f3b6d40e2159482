// Blobs that are put, replaced and deleted: the old or the new one, whole, and nothing left beside.

#include <fmt/format.h>

#include <map>
#include <string>

#include "geoclimate/fetch/fetch_cursor.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

constexpr std::string_view kAbsent = "(absent)";
constexpr std::string_view kSource = "airnow";

class BlobLedger final : public Ledger {
 public:
  std::unique_ptr<Ledger> Clone() const override { return std::make_unique<BlobLedger>(*this); }

  base::Result<void> Act(Platform& platform, Random& random) override {
    if (random() % 5 == 0) return SaveCursor(platform);
    // The same few keys again and again, in folders of their own and in one together.
    const std::uint64_t which = random() % 6;
    const std::string key =
        which < 3 ? fmt::format("notes/{}/text", which) : fmt::format("notes/all/{}", which);
    auto [blob, inserted] = blobs_.try_emplace(key, std::string(kAbsent));
    if (random() % 4 == 0) {
      const base::Result<void> deleted = platform.blobs->Delete(key);
      Note(blob->second, std::string(kAbsent), deleted.ok());
      return deleted;
    }
    const std::string bytes = BytesOf(++last_, random() % 9000);
    const base::Result<std::string> put = platform.blobs->Put(key, bytes);
    Note(blob->second, bytes, put.ok());
    return put.ok() ? base::Result<void>() : put.error();
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    for (auto& [key, possible] : blobs_) {
      const base::Result<blob::Blob> blob = platform.blobs->Get(key);
      if (!blob.ok() && blob.error().code() != base::ErrorCode::kNotFound) return blob.error();
      const std::string found = blob.ok() ? blob->bytes : std::string(kAbsent);
      if (!possible.Allows(found)) {
        losses.push_back(fmt::format("blob '{}' is '{}' of {} bytes", key,
                                     found.substr(0, found.find(':')), found.size()));
      }
      possible.Found(found);
    }
    GC_RETURN_IF_ERROR(LookForStrays(platform, losses));
    GC_RETURN_IF_ERROR(LookForCursor(platform, losses));
    return losses;
  }

  void Settle() override {
    for (auto& [key, possible] : blobs_) possible.Settle();
    cursor_.Settle();
  }

 private:
  template <typename Value>
  static void Note(Possible<Value>& possible, const Value& value, bool acknowledged) {
    if (acknowledged) {
      possible.Acknowledge(value);
    } else {
      possible.Doubt(value);
    }
  }

  base::Result<void> SaveCursor(Platform& platform) {
    fetch::FetchCursor cursor;
    cursor.scope = "everywhere";
    cursor.span_after = static_cast<std::int64_t>(++last_);
    cursor.span_to = base::Timestamp();
    const base::Result<void> saved = fetch::SaveCursor(*platform.blobs, kSource, cursor);
    Note(cursor_, cursor.span_after, saved.ok());
    return saved;
  }

  base::Result<void> LookForCursor(Platform& platform, Losses& losses) {
    GC_ASSIGN_OR_RETURN(const auto cursor,
                        fetch::LoadCursor(*platform.blobs, kSource, "everywhere"));
    const std::int64_t found = cursor ? cursor->span_after : 0;
    if (!cursor_.Allows(found)) losses.push_back(fmt::format("the cursor is at {}", found));
    cursor_.Found(found);
    return {};
  }

  base::Result<void> LookForStrays(Platform& platform, Losses& losses) const {
    GC_ASSIGN_OR_RETURN(const auto listed, platform.blobs->List("notes/"));
    for (const blob::BlobEntry& entry : listed) {
      if (!blobs_.contains(entry.key)) losses.push_back("a stray blob " + entry.key);
    }
    GC_ASSIGN_OR_RETURN(const auto temporaries, platform.files->List(Platform::kStorage / "~tmp"));
    if (!temporaries.empty()) {
      losses.push_back(fmt::format("{} temporary files stay", temporaries.size()));
    }
    return {};
  }

  std::map<std::string, Possible<std::string>> blobs_;
  Possible<std::int64_t> cursor_{0};
  std::uint64_t last_ = 0;
};

}  // namespace

std::unique_ptr<Ledger> MakeBlobLedger() {
  return std::make_unique<BlobLedger>();
}

}  // namespace geoclimate::fault
