#include "geoclimate/inference/heap_trees_kernel.h"

// Bytes are permuted across a register by this target's instructions alone.
#define HWY_WANT_AVX3_DL 1

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "geoclimate/inference/heap_trees_kernel.cc"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file once a target; the rest is compiled for each.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace geoclimate::inference {
namespace HWY_NAMESPACE {
namespace {

static_assert(kHeapLevels == 6 && kHeapSplits == 64);  // which the first form below has unrolled

#if HWY_TARGET <= HWY_AVX3_DL

// A row's codes in as many registers as they need.
template <int kRegisters>
class RowLookup {
 public:
  explicit RowLookup(const std::int8_t* codes) {
    for (int i = 0; i < kRegisters; ++i) codes_[i] = _mm512_loadu_si512(codes + 64 * i);
  }

  // The codes of 64 columns.
  HWY_INLINE __m512i operator()(__m512i columns) const {
    if constexpr (kRegisters == 1) {
      return _mm512_permutexvar_epi8(columns, codes_[0]);
    } else if constexpr (kRegisters == 2) {
      return _mm512_permutex2var_epi8(codes_[0], columns, codes_[1]);
    } else {
      const __m512i low = _mm512_permutex2var_epi8(codes_[0], columns, codes_[1]);
      const __m512i high = _mm512_permutex2var_epi8(codes_[2], columns, codes_[3]);
      return _mm512_mask_blend_epi8(_mm512_movepi8_mask(columns), low, high);
    }
  }

 private:
  __m512i codes_[kRegisters];
};

template <int kRegisters, typename Value>
HWY_INLINE Value AddTrees(const HeapTables<Value>& tables, const std::int8_t* codes, Value sum) {
  const RowLookup<kRegisters> lookup(codes);
  for (std::size_t tree = 0; tree < tables.trees; ++tree) {
    const std::size_t first = tree * kHeapSplits;
    const __m512i columns = _mm512_load_si512(tables.split_columns + first);
    const __m512i thresholds = _mm512_load_si512(tables.thresholds + first);
    const std::uint64_t right = _mm512_cmpgt_epi8_mask(lookup(columns), thresholds);
    std::uint64_t at = 1;
    const auto descend = [&] { at = 2 * at + ((right >> at) & 1U); };
    descend(), descend(), descend(), descend(), descend(), descend();
    sum += tables.values[first + at - kHeapSplits];
  }
  return sum;
}

template <typename Value>
HWY_INLINE Value AddAll(const HeapTables<Value>& tables, const std::int8_t* codes, Value sum) {
  if (tables.columns <= 64) return AddTrees<1>(tables, codes, sum);
  if (tables.columns <= 128) return AddTrees<2>(tables, codes, sum);
  return AddTrees<4>(tables, codes, sum);
}

#else

template <typename Value>
HWY_INLINE Value AddAll(const HeapTables<Value>& tables, const std::int8_t* codes, Value sum) {
  for (std::size_t tree = 0; tree < tables.trees; ++tree) {
    const std::uint8_t* const columns = tables.split_columns + tree * kHeapSplits;
    const std::int8_t* const thresholds = tables.thresholds + tree * kHeapSplits;
    std::size_t at = 1;
    for (int level = 0; level < kHeapLevels; ++level) {
      at = 2 * at + static_cast<std::size_t>(codes[columns[at]] > thresholds[at]);
    }
    sum += tables.values[tree * kHeapLeaves + at - kHeapSplits];
  }
  return sum;
}

#endif

}  // namespace

float AddFloatHeaps(const HeapTables<float>& tables, const std::int8_t* codes, float sum) {
  return AddAll(tables, codes, sum);
}

double AddDoubleHeaps(const HeapTables<double>& tables, const std::int8_t* codes, double sum) {
  return AddAll(tables, codes, sum);
}

}  // namespace HWY_NAMESPACE
}  // namespace geoclimate::inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace geoclimate::inference {

HWY_EXPORT(AddFloatHeaps);
HWY_EXPORT(AddDoubleHeaps);

float AddHeaps(const HeapTables<float>& tables, const std::int8_t* codes, float sum) {
  return HWY_DYNAMIC_DISPATCH(AddFloatHeaps)(tables, codes, sum);
}

double AddHeaps(const HeapTables<double>& tables, const std::int8_t* codes, double sum) {
  return HWY_DYNAMIC_DISPATCH(AddDoubleHeaps)(tables, codes, sum);
}

}  // namespace geoclimate::inference
#endif
