#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/result.h"
#include "tests/fault/power/platform.h"
#include "tests/fault/power/virtual_disk.h"

namespace geoclimate::fault {

// What a process found before it looked: how the one before it ended.
enum class After : std::uint8_t { kKill, kPowerCut };

// What of a platform is not as it was acknowledged, in words.
using Losses = std::vector<std::string>;

// Changes one kind of thing, and remembers what of it was acknowledged. A change whose call failed
// is in doubt: it may be there, whole, or not at all.
class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual std::unique_ptr<Ledger> Clone() const = 0;

  // Makes one change, drawn at random. The error of a disk that is dead is expected.
  virtual base::Result<void> Act(Platform& platform, Random& random) = 0;
  // Looks for everything; an error counts as a loss unless the disk is dead.
  virtual base::Result<Losses> Look(Platform& platform) = 0;
  // After a Look() without losses on a disk that lost its power what was found is durable, and
  // nothing is in doubt any more.
  virtual void Settle() = 0;
};

// Which of several values a thing may have.
template <typename Value>
class Possible {
 public:
  explicit Possible(Value first) : values_{std::move(first)} {}

  void Acknowledge(Value value) { values_ = {std::move(value)}; }
  void Doubt(Value value) { values_.insert(std::move(value)); }
  bool Allows(const Value& value) const { return values_.contains(value); }
  bool in_doubt() const { return values_.size() > 1; }
  void Found(Value value) { found_ = std::move(value); }
  void Settle() { values_ = {found_}; }

 private:
  std::set<Value> values_;
  Value found_{};
};

// `size` bytes that only `number` has.
std::string BytesOf(std::uint64_t number, std::size_t size);

// One of each kind, with nothing acknowledged.
std::vector<std::unique_ptr<Ledger>> EveryLedger();
std::unique_ptr<Ledger> MakeObservationLedger();
std::unique_ptr<Ledger> MakeForecastLedger();
std::unique_ptr<Ledger> MakeRegistryLedger();
std::unique_ptr<Ledger> MakeAccessLedger();
std::unique_ptr<Ledger> MakeBlobLedger();
std::unique_ptr<Ledger> MakePredictionLedger();

}  // namespace geoclimate::fault
