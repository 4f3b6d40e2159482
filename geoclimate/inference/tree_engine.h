#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/blocked_trees.h"
#include "geoclimate/inference/heap_trees.h"
#include "geoclimate/inference/row_keys.h"
#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/inference/walked_trees.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// What a TreeBackend does, for one form of nodes and one type of sums: the layouts of the trees,
// which of them takes how many rows, and what comes after the sum.
template <typename Node, typename Value>
class TreeEngine {
 public:
  TreeEngine(const model::TreeEnsemble& ensemble, Scores scores, RowKeys keys, TreeLayout layout);

  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const;

  std::size_t features() const { return features_; }
  std::size_t outputs() const { return outputs_; }
  std::size_t memory_bytes() const;
  std::size_t block_from() const { return block_from_; }

 private:
  void Accumulate(std::span<const float> rows, std::size_t count, std::span<Value> sums) const;
  void AccumulateAlone(std::span<const float> rows, std::size_t count, std::span<Value> sums) const;
  void ChooseLayout();
  void Finish(std::span<Value> margins, std::span<float> out) const;

  std::size_t features_;
  std::size_t margins_;
  std::size_t outputs_;
  model::Link link_;
  double link_scale_;
  std::vector<Value> base_scores_;
  std::vector<Value> divisors_;  // one a margin when trees are averaged, else none
  WalkedTrees<Node, Value> walked_;
  std::optional<BlockedTrees<Node, Value>> blocked_;
  std::optional<HeapTrees<Value>> heaps_;  // takes rows alone; reads the codes of blocked_
  std::size_t block_from_;                 // rows of a block from which blocked_ takes it
};

}  // namespace geoclimate::inference
