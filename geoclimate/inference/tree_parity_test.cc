#include "geoclimate/inference/tree_parity.h"

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/random_ensembles.h"

namespace geoclimate::inference {
namespace {

using testing::EnsembleMaker;

TEST(TreeParity, HoldsForEnginesOfRandomEnsembles) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    EnsembleMaker maker(seed);
    model::TreeEnsemble ensemble =
        maker.Make({.outputs = 3, .trees = 40, .depth = 6, .floats = seed % 2 == 0});
    for (const model::Link link :
         {model::Link::kIdentity, model::Link::kLogistic, model::Link::kSoftmax}) {
      ensemble.link = link;
      const auto backend = TreeBackend::Build(ensemble, Scores::kLinked);
      ASSERT_TRUE(backend.ok());
      const auto checked = CheckParity(ensemble, **backend);
      EXPECT_TRUE(checked.ok()) << checked.error().ToString();
    }
  }
}

TEST(TreeParity, FindsAnEngineOfAnotherEnsemble) {
  EnsembleMaker maker(9);
  model::TreeEnsemble ensemble = maker.Make({.trees = 20, .depth = 4});
  const auto backend = TreeBackend::Build(ensemble, Scores::kLinked);
  ASSERT_TRUE(backend.ok());
  // One leaf, which some row comes to, is another one.
  for (model::TreeNode& node : ensemble.trees[7].nodes) {
    if (node.feature < 0) node.value += 0.5;
  }
  const auto checked = CheckParity(ensemble, **backend);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code(), base::ErrorCode::kInternal);
}

}  // namespace
}  // namespace geoclimate::inference
