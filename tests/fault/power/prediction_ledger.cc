// Batches of the prediction log that are stored, or kept on disk and replayed: each that was
// acknowledged is in the store once, or waits whole.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/prediction_log/spill_file.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

constexpr const char* kModel = "pm25_d1_v1_20240131_120000";

std::size_t SizeOf(std::uint64_t number) {
  return 1 + number % 12;
}

class PredictionLedger final : public Ledger {
 public:
  std::unique_ptr<Ledger> Clone() const override {
    return std::make_unique<PredictionLedger>(*this);
  }

  base::Result<void> Act(Platform& platform, Random& random) override {
    const std::uint64_t what = random() % 3;
    if (what == 0) return Replay(platform);
    const store::PredictionBatch batch = MakeBatch(*platform.clock);
    Possible<bool>& there = batches_.try_emplace(last_, false).first->second;
    const base::Result<void> kept = what == 1 ? Store(platform, batch) : Spill(platform, batch);
    if (kept.ok()) {
      there.Acknowledge(true);
    } else {
      there.Doubt(true);
    }
    return kept;
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    std::map<std::uint64_t, std::size_t> stored;
    for (const base::LocalDay day : days_) {
      GC_RETURN_IF_ERROR(platform.stores.prediction_log->Sample(
          kModel, day, 1'000'000,
          [&](const store::LoggedPrediction& one) { ++stored[NumberOf(one)]; }));
    }
    std::map<std::uint64_t, std::size_t> waiting;
    GC_RETURN_IF_ERROR(LookIntoSpill(platform, waiting, losses));
    for (auto& [number, there] : batches_) {
      const std::size_t in_store = stored[number];
      if (in_store != 0 && in_store != SizeOf(number)) {
        losses.push_back(fmt::format("of batch {} the store has {} of {} predictions", number,
                                     in_store, SizeOf(number)));
      }
      const bool found = in_store != 0 || waiting.contains(number);
      if (!there.Allows(found)) losses.push_back(fmt::format("batch {} is gone", number));
      there.Found(found);
    }
    for (const auto& [number, count] : stored) {
      if (!batches_.contains(number)) losses.push_back("predictions that nobody logged");
    }
    return losses;
  }

  void Settle() override {
    for (auto& [number, there] : batches_) there.Settle();
  }

 private:
  static std::uint64_t NumberOf(const store::LoggedPrediction& one) {
    return static_cast<std::uint64_t>(one.outputs.at(0));
  }

  store::PredictionBatch MakeBatch(const base::Clock& clock) {
    const std::uint64_t number = ++last_;
    store::PredictionBatch batch;
    batch.id = fmt::format("{:032x}", number);
    for (std::size_t i = 0; i < SizeOf(number); ++i) {
      store::LoggedPrediction one;
      one.at = clock.Now();
      one.model_id = kModel;
      one.request_id = fmt::format("{}/{}", number, i);
      one.row.assign(20, static_cast<float>(i));
      one.outputs = {static_cast<float>(number)};
      batch.predictions.push_back(std::move(one));
    }
    const base::LocalDay day = base::DayOf(clock.Now(), std::chrono::minutes(0));
    if (std::ranges::find(days_, day) == days_.end()) days_.push_back(day);
    return batch;
  }

  static base::Result<void> Store(Platform& platform, const store::PredictionBatch& batch) {
    const auto inserted = platform.stores.prediction_log->Insert(batch);
    return inserted.ok() ? base::Result<void>() : inserted.error();
  }

  static base::Result<void> Spill(Platform& platform, const store::PredictionBatch& batch) {
    const auto kept = platform.spill->Keep(batch);
    if (!kept.ok()) return kept.error();
    if (*kept == prediction_log::SpillFolder::Kept::kYes) return {};
    return base::Internal("the spill is full");
  }

  static base::Result<void> Replay(Platform& platform) {
    for (;;) {
      switch (platform.batch_writer->ReplayOldest()) {
        case prediction_log::BatchWriter::Replay::kNothing:
          return {};
        case prediction_log::BatchWriter::Replay::kDone:
          break;
        case prediction_log::BatchWriter::Replay::kAway:
          return base::Internal("the store is away");
      }
    }
  }

  static base::Result<void> LookIntoSpill(Platform& platform,
                                          std::map<std::uint64_t, std::size_t>& waiting,
                                          Losses& losses) {
    GC_ASSIGN_OR_RETURN(const auto entries, platform.files->List(Platform::kSpill));
    for (const base::FolderEntry& entry : entries) {
      if (!entry.name.ends_with(".spill")) {
        losses.push_back("a stray file " + entry.name);
        continue;
      }
      GC_ASSIGN_OR_RETURN(const auto file,
                          platform.files->Open(Platform::kSpill / entry.name, base::OpenMode::kRead,
                                               base::FileAccess::kByUmask));
      GC_ASSIGN_OR_RETURN(const std::string bytes, file->ReadAll());
      const auto batch = prediction_log::ParseSpill(bytes);
      if (!batch.ok()) {
        losses.push_back(entry.name + ": " + batch.error().ToString());
      } else {
        ++waiting[NumberOf(batch->predictions.front())];
      }
    }
    return {};
  }

  std::map<std::uint64_t, Possible<bool>> batches_;
  std::vector<base::LocalDay> days_;
  std::uint64_t last_ = 0;
};

}  // namespace

std::unique_ptr<Ledger> MakePredictionLedger() {
  return std::make_unique<PredictionLedger>();
}

}  // namespace geoclimate::fault
