#include "geoclimate/inference/folded_trees_kernel.h"

#include "geoclimate/inference/row_codes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "geoclimate/inference/folded_trees_kernel.cc"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file once a target; the rest is compiled for each.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace geoclimate::inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kRows = RowCodes::kBlockRows;

using Bytes = hn::CappedTag<std::int8_t, kRows>;
using Vec = hn::Vec<Bytes>;

// A byte four times in `bytes`, in every lane.
HWY_INLINE Vec Fill(std::uint32_t bytes) {
  const Bytes d;
  const hn::Repartition<std::uint32_t, Bytes> d32;
  return hn::BitCast(d, hn::Set(d32, bytes));
}

HWY_INLINE Vec Pick(const FoldSplits& splits, std::size_t split, const std::int8_t* codes, Vec left,
                    Vec right) {
  const Bytes d;
  const auto code = hn::Load(d, codes + splits.offsets[split]);
  return hn::IfThenElse(hn::Gt(code, Fill(splits.thresholds[split])), right, left);
}

// `exit` gives what an exit leads to, by its number.
template <typename Exit>
HWY_INLINE Vec Fold(const FoldSplits& splits, const std::int8_t* codes, const Exit& exit) {
  const Vec left = Pick(splits, 1, codes, Pick(splits, 3, codes, exit(0), exit(1)),
                        Pick(splits, 4, codes, exit(2), exit(3)));
  const Vec right = Pick(splits, 2, codes, Pick(splits, 5, codes, exit(4), exit(5)),
                         Pick(splits, 6, codes, exit(6), exit(7)));
  return Pick(splits, 0, codes, left, right);
}

HWY_INLINE const std::uint8_t* FoldTree(const FoldedTree& tree, const LeafFold* leaf_folds,
                                        const InnerFold* inner_folds, std::size_t rows,
                                        const std::int8_t* codes, std::uint8_t* slots) {
  const Bytes d;
  leaf_folds += tree.first_leaf_fold;
  inner_folds += tree.first_inner_fold;
  std::uint8_t* const results = slots + kPlaces * kRows;
  for (std::size_t part = 0; part < rows; part += hn::Lanes(d)) {
    const std::int8_t* const part_codes = codes + part;
    auto* out = reinterpret_cast<std::int8_t*>(results + part);
    for (std::uint32_t i = 0; i < tree.leaf_folds; ++i, out += kRows) {
      const Vec place = Fold(leaf_folds[i].splits, part_codes,
                             [&](int exit) { return hn::Set(d, static_cast<std::int8_t>(exit)); });
      hn::Store(hn::Add(place, Fill(leaf_folds[i].first)), d, out);
    }
    const auto* const part_slots = reinterpret_cast<const std::int8_t*>(slots + part);
    for (std::uint32_t i = 0; i < tree.inner_folds; ++i, out += kRows) {
      const InnerFold& fold = inner_folds[i];
      const Vec place = Fold(fold.splits, part_codes, [&](std::size_t exit) {
        return hn::Load(d, part_slots + fold.exits[exit]);
      });
      hn::Store(place, d, out);
    }
  }
  return results + (std::size_t{tree.leaf_folds} + tree.inner_folds - 1) * kRows;
}

template <typename Value>
HWY_INLINE void AddValues(const std::uint8_t* HWY_RESTRICT places, const Value* HWY_RESTRICT values,
                          std::uint32_t /*count*/, std::size_t rows, Value* HWY_RESTRICT sums) {
  for (std::size_t row = 0; row < rows; ++row) sums[row] += values[places[row]];
}

#if HWY_TARGET <= HWY_AVX3
// Up to 64 floats fit four registers.
HWY_INLINE void AddValues(const std::uint8_t* HWY_RESTRICT places, const float* HWY_RESTRICT values,
                          std::uint32_t count, std::size_t rows, float* HWY_RESTRICT sums) {
  if (count > kValueGroup) return AddValues<float>(places, values, count, rows, sums);
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const auto first = hn::LoadU(d, values);
  const auto second = hn::LoadU(d, values + 16);
  const auto third = hn::LoadU(d, values + 32);
  const auto fourth = hn::LoadU(d, values + 48);
  for (std::size_t row = 0; row < rows; row += hn::Lanes(d)) {
    const auto place = hn::PromoteTo(di, hn::LoadU(d8, places + row));
    const decltype(hn::Zero(d)) low{_mm512_permutex2var_ps(first.raw, place.raw, second.raw)};
    const decltype(hn::Zero(d)) high{_mm512_permutex2var_ps(third.raw, place.raw, fourth.raw)};
    const auto is_high = hn::RebindMask(d, hn::TestBit(place, hn::Set(di, 32)));
    const auto value = hn::IfThenElse(is_high, high, low);
    hn::Store(hn::Add(hn::Load(d, sums + row), value), d, sums + row);
  }
}
#endif

template <typename Value>
HWY_INLINE void AddTrees(const FoldTables<Value>& tables, std::size_t first, std::size_t last,
                         std::size_t rows, const std::int8_t* codes, std::uint8_t* slots,
                         Value* sums) {
  for (std::size_t i = first; i < last; ++i) {
    const FoldedTree& tree = tables.trees[i];
    const std::uint8_t* const places =
        FoldTree(tree, tables.leaf_folds, tables.inner_folds, rows, codes, slots);
    AddValues(places, tables.values + tree.first_value, tree.values, rows,
              sums + static_cast<std::size_t>(tree.output) * kRows);
  }
}

}  // namespace

void AddFloats(const FoldTables<float>& tables, std::size_t first, std::size_t last,
               std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, float* sums) {
  AddTrees(tables, first, last, rows, codes, slots, sums);
}

void AddDoubles(const FoldTables<double>& tables, std::size_t first, std::size_t last,
                std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, double* sums) {
  AddTrees(tables, first, last, rows, codes, slots, sums);
}

const std::uint8_t* FindTreePlaces(const FoldedTree& tree, const LeafFold* leaf_folds,
                                   const InnerFold* inner_folds, std::size_t rows,
                                   const std::int8_t* codes, std::uint8_t* slots) {
  return FoldTree(tree, leaf_folds, inner_folds, rows, codes, slots);
}

}  // namespace HWY_NAMESPACE
}  // namespace geoclimate::inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace geoclimate::inference {

HWY_EXPORT(AddFloats);
HWY_EXPORT(AddDoubles);
HWY_EXPORT(FindTreePlaces);

void AddFolded(const FoldTables<float>& tables, std::size_t first, std::size_t last,
               std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, float* sums) {
  HWY_DYNAMIC_DISPATCH(AddFloats)(tables, first, last, rows, codes, slots, sums);
}

void AddFolded(const FoldTables<double>& tables, std::size_t first, std::size_t last,
               std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddDoubles)(tables, first, last, rows, codes, slots, sums);
}

const std::uint8_t* FindPlaces(const FoldedTree& tree, const LeafFold* leaf_folds,
                               const InnerFold* inner_folds, std::size_t rows,
                               const std::int8_t* codes, std::uint8_t* slots) {
  return HWY_DYNAMIC_DISPATCH(FindTreePlaces)(tree, leaf_folds, inner_folds, rows, codes, slots);
}

}  // namespace geoclimate::inference
#endif
