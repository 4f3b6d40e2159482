#include "geoclimate/access/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::access {
namespace {

TEST(ScopeSet, IsReadAndWrittenByName) {
  EXPECT_EQ(ScopeSet::Parse("read,predict")->ToString(), "predict,read");
  EXPECT_EQ(ScopeSet::Parse(" predict  read predict ")->ToString(), "predict,read");
  EXPECT_EQ(*ScopeSet::Parse("admin"), ScopeSet({Scope::kAdmin}));
}

TEST(ScopeSet, AnUnknownOrMissingNameIsRefused) {
  EXPECT_THAT(ScopeSet::Parse("read,write").error().message(), testing::HasSubstr("'write'"));
  EXPECT_FALSE(ScopeSet::Parse("").ok());
  EXPECT_FALSE(ScopeSet::Parse(" , ").ok());
  EXPECT_FALSE(ScopeSet::Parse("Read").ok());
}

TEST(ScopeSet, AdminAllowsAllAndTheOthersThemselves) {
  for (const Scope scope : {Scope::kRead, Scope::kPredict, Scope::kAdmin}) {
    EXPECT_TRUE(ScopeSet({Scope::kAdmin}).Allows(scope));
    EXPECT_FALSE(ScopeSet().Allows(scope));
  }
  EXPECT_TRUE(ScopeSet({Scope::kPredict}).Allows(Scope::kPredict));
  EXPECT_FALSE(ScopeSet({Scope::kPredict}).Allows(Scope::kRead));
  EXPECT_FALSE(ScopeSet({Scope::kRead, Scope::kPredict}).Allows(Scope::kAdmin));
}

}  // namespace
}  // namespace geoclimate::access
