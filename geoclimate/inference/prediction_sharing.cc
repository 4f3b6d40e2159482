// What PredictionCache and ModelCache have to do with the tier that processes share.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "geoclimate/cache/tiered_cache.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/inference/shared_predictions.h"

namespace geoclimate::inference {
namespace {

std::string_view BytesOf(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

bool Asked(const ModelCache::SharedRows& rows, std::size_t row) {
  return rows.looked_up == nullptr || !rows.looked_up->found[row];
}

}  // namespace

std::optional<std::uint64_t> ModelCache::AsksShared(AnswerParts parts, std::span<const float> rows,
                                                    std::size_t count,
                                                    std::chrono::nanoseconds cost,
                                                    base::Instant now) {
  if (shared_ == nullptr || count > kMostRows || !shared_->Worth(cost)) return {};
  if (!Cacheable(columns_, WidthOf(parts))) return {};
  asked_.store(true, std::memory_order_relaxed);
  RowKey first;
  first.Fill(*this, parts, rows.first(columns_));
  return shared_->Asks(cost, formats::Xxh3(SharedRest(first)), now);
}

// Of an answer, in numbers.
std::size_t ModelCache::WidthOf(AnswerParts parts) const {
  constexpr std::size_t kIntervalEnds = 2;
  switch (parts) {
    case AnswerParts::kOutputs:
      return outputs_;
    case AnswerParts::kOutputsAndInterval:
      return outputs_ + kIntervalEnds;
    case AnswerParts::kAllColumns:
      return all_columns_;
  }
  return 0;
}

void ModelCache::FindShared(const SharedRows& rows, std::chrono::nanoseconds cost,
                            base::Deadline deadline, SharedDone done) {
  std::vector<cache::TieredCache::Wanted> wanted;
  wanted.reserve(rows.count);
  RowKey key;
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (!Asked(rows, i)) continue;
    key.Fill(*this, rows.parts, rows.rows.subspan(i * columns_, columns_));
    cache::TieredCache::Wanted& one = wanted.emplace_back();
    if (rows.looked_up != nullptr && rows.looked_up->looked_up[i]) {
      one.place = rows.looked_up->places[i];
      one.key = key.bytes();
    }
    one.shared_key = shared_->KeyOf(rows.generation, SharedRest(key));
    one.value_bytes = rows.width * sizeof(float);
  }
  shared_->Find(std::move(wanted), cost, deadline, std::move(done));
}

void ModelCache::KeepShared(const SharedRows& rows, std::span<const float> values) {
  RowKey key;
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (!Asked(rows, i)) continue;
    key.Fill(*this, rows.parts, rows.rows.subspan(i * columns_, columns_));
    shared_->Insert(shared_->KeyOf(rows.generation, SharedRest(key)),
                    BytesOf(values.subspan(i * rows.width, rows.width)));
  }
}

void ModelCache::Restart(Batch& batch) const {
  batch.searched = cache_.clock_.MonotonicNow();
}

void PredictionCache::Share(cache::RedisTier& tier) {
  tiers_->Share(tier);
}

void PredictionCache::Clear(std::uint64_t generation) {
  tiers_->Clear(generation);
}

void PredictionCache::Clear() {
  tiers_->Clear(tiers_->generation());
}

const cache::RedisTier* PredictionCache::shared() const {
  return tiers_->shared();
}

void PredictionCache::MarkMostUsed(std::size_t most) {
  std::vector<std::shared_ptr<ModelCache>> models;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& one : models_) {
      auto model = one.lock();
      if (model != nullptr && model->shared_ != nullptr && model->asked_) {
        models.push_back(std::move(model));
      }
    }
  }
  for (const auto& model : models) {
    std::vector<std::string> keys = memory_.HottestKeys(most, [&](std::string_view key) {
      ModelCache::KeyHead head;
      std::memcpy(&head, key.data(), sizeof(head));
      return head.model == model->identity_;
    });
    for (std::string& key : keys) key.erase(0, sizeof(ModelCache::KeyHead::model));
    model->shared_->MarkUsed(keys, most);
  }
}

base::Result<std::size_t> PredictionCache::FetchMostUsed(std::size_t most,
                                                         base::Deadline deadline) {
  std::vector<std::shared_ptr<ModelCache>> models;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& one : models_) {
      auto model = one.lock();
      if (model != nullptr && model->shared_ != nullptr && !model->fetched_) {
        models.push_back(std::move(model));
      }
    }
  }
  std::size_t rows = 0;
  for (const auto& model : models) {
    GC_ASSIGN_OR_RETURN(const std::vector<std::string> rests,
                        model->shared_->MostUsed(most, deadline));
    std::vector<cache::TieredCache::Wanted> wanted;
    wanted.reserve(rests.size());
    for (const std::string& rest : rests) {
      ModelCache::KeyHead head{.model = model->identity_};
      constexpr std::size_t kHeadRest = sizeof(head) - sizeof(head.model);
      if (rest.size() != kHeadRest + model->columns_ * sizeof(float)) continue;
      std::memcpy(&head.parts, rest.data(), sizeof(head.parts));
      const std::size_t width = model->WidthOf(head.parts);
      if (width == 0 || !model->Cacheable(model->columns_, width)) continue;
      cache::TieredCache::Wanted& one = wanted.emplace_back();
      one.key.assign(reinterpret_cast<const char*>(&head.model), sizeof(head.model));
      one.key += rest;
      one.place = memory_.Find(one.key, clock_.MonotonicNow(), {}).place;
      one.shared_key = model->shared_->KeyOf(tiers_->generation(), rest);
      one.value_bytes = width * sizeof(float);
    }
    GC_ASSIGN_OR_RETURN(const std::size_t fetched, tiers_->Fetch(wanted, deadline));
    model->fetched_ = true;
    rows += fetched;
  }
  return rows;
}

}  // namespace geoclimate::inference
