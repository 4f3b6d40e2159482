#include "geoclimate/server/http/routes/batch_body.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::server::http::routes {
namespace {

using service::ServedModels;
using service::ServeExampleTrees;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class BatchBodyTest : public testing::Test {
 protected:
  // Reads in slices of one row, so that every state is left and entered.
  static BatchRows Drain(BatchReader& reader) {
    while (reader.Read(1) == BatchReader::Progress::kMore) {
    }
    return std::move(reader.rows());
  }
  BatchRows ReadJson(std::string_view body) { return ReadJson(body, one_); }
  BatchRows ReadJson(std::string_view body, const ServedModels& models,
                     BatchReaderOptions options = {}) {
    return Drain(*MakeJsonBatchReader(body, models, options, arena_));
  }
  BatchRows ReadCsv(std::string_view body, BatchReaderOptions options = {}) {
    return Drain(*MakeCsvBatchReader(body, one_, {}, options));
  }
  static std::string Wrong(const BatchRows& rows) {
    if (rows.error) return rows.error->message();
    return rows.findings.errors.empty() ? "nothing is wrong" : rows.findings.errors.front().msg;
  }

  Arena arena_;
  ServedModels one_{{ServeExampleTrees("a")}, {}};
  ServedModels two_{{ServeExampleTrees("a"), ServeExampleTrees("b")}, {}};
};

TEST_F(BatchBodyTest, ReadsRowsAsObjects) {
  const BatchRows rows =
      ReadJson(R"({"data":[{"last":1,"mean30":2,"wind":3},{"wind":6,"mean30":5,"last":4}]})");
  ASSERT_FALSE(rows.refused()) << Wrong(rows);
  EXPECT_EQ(rows.count, 2U);
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(BatchBodyTest, ReadsATableOfPandasWithMembersInAnyOrder) {
  for (
      const char* body :
      {R"({"dataframe_split":{"columns":["wind","last"],"data":[[3,1],[null,4]]}})",
       R"({"dataframe_split":{"data":[[3,1],[null,4]],"index":[0,1],"columns":["wind","last"]}})",
       R"({"dataframe_split":{"index":[0],"columns":["wind","last"],"data":[[3,1],[null,4]]},"model_name":"a"})"}) {
    const BatchRows rows = ReadJson(body);
    ASSERT_FALSE(rows.refused()) << Wrong(rows) << body;
    ASSERT_EQ(rows.count, 2U);
    EXPECT_EQ(rows.values[0], 1);
    EXPECT_TRUE(std::isnan(rows.values[1]));
    EXPECT_EQ(rows.values[2], 3);
    EXPECT_EQ(rows.values[3], 4);
    EXPECT_TRUE(std::isnan(rows.values[5]));
    EXPECT_THAT(rows.findings.warnings, SizeIs(0));
  }
}

TEST_F(BatchBodyTest, ReadsRowsAgainWhenTheModelIsNamedBehindThem) {
  for (const char* body :
       {R"({"data":[{"last":1},{"last":2}],"model_name":"b"})",
        R"({"dataframe_split":{"columns":["last"],"data":[[1],[2]]},"model_name":"b"})",
        R"({"dataframe_split":{"data":[[1],[2]],"columns":["last"]},"model_name":"b"})"}) {
    const BatchRows rows = ReadJson(body, two_);
    ASSERT_FALSE(rows.refused()) << Wrong(rows);
    EXPECT_EQ(rows.model->description.model_name, "b");
    EXPECT_EQ(rows.count, 2U);
    EXPECT_EQ(rows.values[3], 2);
  }
}

TEST_F(BatchBodyTest, AnEmptyBatchNeedsNoModel) {
  EXPECT_FALSE(ReadJson(R"({"data":[]})").refused());
  const BatchRows rows = ReadJson(R"({"data":[]})", two_);
  EXPECT_FALSE(rows.refused());
  EXPECT_EQ(rows.count, 0U);
  EXPECT_TRUE(ReadJson(R"({"data":[],"model_name":"nothing"})").refused());
  EXPECT_FALSE(ReadJson(R"({"dataframe_split":{"columns":[],"data":[]}})").refused());
}

TEST_F(BatchBodyTest, StopsAtTheLimit) {
  const std::string body = R"({"data":[{},{},{}]})";
  EXPECT_FALSE(ReadJson(body, one_, {.max_rows = 3}).refused());
  EXPECT_EQ(ReadJson(body, one_, {.max_rows = 2}).size, BatchRows::Size::kTooLarge);
  EXPECT_EQ(ReadJson(body, two_, {.max_rows = 2}).size, BatchRows::Size::kTooLarge);
  EXPECT_EQ(ReadCsv("last\n1\n2\n3\n", {.max_rows = 2}).size, BatchRows::Size::kTooLarge);
}

TEST_F(BatchBodyTest, NamesTheRowThatIsWrong) {
  const BatchRows rows = ReadJson(R"({"data":[{"last":1},{"last":"x"}]})");
  ASSERT_THAT(rows.findings.errors, SizeIs(1));
  EXPECT_THAT(rows.findings.errors[0].loc, ElementsAre(LocationPart("body"), LocationPart("data"),
                                                       LocationPart(1UL), LocationPart("last")));
}

TEST_F(BatchBodyTest, RefusesMalformedBodies) {
  EXPECT_THAT(Wrong(ReadJson("")), HasSubstr("the body is empty"));
  EXPECT_THAT(Wrong(ReadJson("{}")), HasSubstr("neither 'data' nor 'dataframe_split'"));
  EXPECT_THAT(Wrong(ReadJson(R"({"data":{}})")), HasSubstr("expected an array"));
  EXPECT_THAT(Wrong(ReadJson(R"({"data":[{"last":1]})")), HasSubstr("not valid JSON"));
  EXPECT_THAT(Wrong(ReadJson(R"({"data":[{"last":1}]}])")), HasSubstr("something follows"));
  EXPECT_THAT(Wrong(ReadJson(R"({"data":[1]})")), HasSubstr("expected an object of features"));
  EXPECT_THAT(Wrong(ReadJson(R"({"data":[],"dataframe_split":{"columns":[],"data":[]}})")),
              HasSubstr("given twice"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"data":[]}})")),
              HasSubstr("'columns' is missing"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"columns":["last"]}})")),
              HasSubstr("neither 'data'"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"columns":["last"],"data":[[1,2]]}})")),
              HasSubstr("a row of 2 values under 1 columns"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"columns":["last",7],"data":[[1,2]]}})")),
              HasSubstr("not an array of names"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"columns":["last","last"],"data":[]}})")),
              HasSubstr("given twice"));
  EXPECT_THAT(Wrong(ReadJson(R"({"dataframe_split":{"columns":["lost"],"data":[]}})")),
              HasSubstr("nearest known name is 'last'"));
}

TEST_F(BatchBodyTest, ReadsCsvWithEmptyCellsAsMissing) {
  const BatchRows rows = ReadCsv("wind,last\r\n3,1\r\n,\"4\"\r\n\r\n");
  ASSERT_FALSE(rows.refused()) << Wrong(rows);
  ASSERT_EQ(rows.count, 2U);
  EXPECT_EQ(rows.values[0], 1);
  EXPECT_EQ(rows.values[2], 3);
  EXPECT_EQ(rows.values[3], 4);
  EXPECT_TRUE(std::isnan(rows.values[5]));
}

TEST_F(BatchBodyTest, RefusesMalformedCsv) {
  EXPECT_THAT(Wrong(ReadCsv("")), HasSubstr("the body is empty"));
  EXPECT_THAT(Wrong(ReadCsv("last,wind\n1\n")), HasSubstr("line 2: 1 fields under 2 names"));
  EXPECT_THAT(Wrong(ReadCsv("last\nx\n")), HasSubstr("'x' is not a number"));
  EXPECT_THAT(Wrong(ReadCsv("last\n1e39\n")), HasSubstr("out of the range"));
  EXPECT_THAT(Wrong(ReadCsv("lost\n1\n")), HasSubstr("nearest known name is 'last'"));
  EXPECT_THAT(Wrong(ReadCsv("last\n\"1\n")), HasSubstr("line 2"));
}

}  // namespace
}  // namespace geoclimate::server::http::routes
