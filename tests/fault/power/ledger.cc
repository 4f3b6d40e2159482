#include "tests/fault/power/ledger.h"

#include <fmt/format.h>

namespace geoclimate::fault {

std::string BytesOf(std::uint64_t number, std::size_t size) {
  std::string bytes = fmt::format("{}:", number);
  std::uint64_t state = number * 0x9e3779b97f4a7c15U + 1;
  while (bytes.size() < size) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    bytes += static_cast<char>(state >> 56U);
  }
  return bytes;
}

std::vector<std::unique_ptr<Ledger>> EveryLedger() {
  std::vector<std::unique_ptr<Ledger>> ledgers;
  ledgers.push_back(MakeObservationLedger());
  ledgers.push_back(MakeForecastLedger());
  ledgers.push_back(MakeRegistryLedger());
  ledgers.push_back(MakeAccessLedger());
  ledgers.push_back(MakeBlobLedger());
  ledgers.push_back(MakePredictionLedger());
  return ledgers;
}

}  // namespace geoclimate::fault
