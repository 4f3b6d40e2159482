#pragma once

#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {

// Answers 1 below a feature of 3, else 2.
inline std::shared_ptr<const LoadedModel> Stump() {
  model::TreeEnsemble ensemble;
  ensemble.features = 1;
  ensemble.feature_names = {"x"};
  ensemble.base_scores = {0};
  model::Tree tree;
  tree.nodes.resize(3);
  tree.nodes[0].feature = 0;
  tree.nodes[0].threshold = 3;
  tree.nodes[0].left = 1;
  tree.nodes[0].right = 2;
  tree.nodes[1].value = 1;
  tree.nodes[2].value = 2;
  ensemble.trees.push_back(tree);
  auto loaded = LoadedModel::FromFile(
      {}, {.format = model::ModelFormat::kXgboost, .content = std::move(ensemble)});
  EXPECT_TRUE(loaded.ok());
  return *loaded;
}

}  // namespace geoclimate::inference
