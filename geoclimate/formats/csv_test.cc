#include "geoclimate/formats/csv.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace geoclimate::formats {
namespace {

using ::testing::ElementsAre;

// Hands bytes out in pieces of given lengths, the last length again and again.
class PiecewiseSource final : public ByteSource {
 public:
  PiecewiseSource(std::string_view bytes, std::vector<std::size_t> pieces)
      : rest_(bytes), pieces_(std::move(pieces)) {}
  base::Result<std::size_t> Read(std::span<char> into) override {
    const std::size_t piece = pieces_[std::min(next_++, pieces_.size() - 1)];
    const std::size_t count = std::min({piece, into.size(), rest_.size()});
    std::copy_n(rest_.data(), count, into.data());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::vector<std::size_t> pieces_;
  std::size_t next_ = 0;
};

// Each record as "LINE|field|field", each fault as "LINE!COLUMN what".
std::vector<std::string> ReadAll(ByteSource& source, CsvOptions options = {}) {
  CsvReader csv(source, options);
  std::vector<std::string> records;
  while (true) {
    const base::Result<CsvEvent> event = csv.Next();
    if (!event.ok()) {
      records.push_back(event.error().message());
      return records;
    }
    if (*event == CsvEvent::kEnd) return records;
    if (*event == CsvEvent::kFault) {
      records.push_back(fmt::format("{}!{} {}: {}", csv.fault().line, csv.fault().column,
                                    Describe(csv.fault().kind), csv.text()));
      continue;
    }
    std::string record = fmt::format("{}", csv.line());
    for (const std::string_view field : csv.fields()) record += fmt::format("|{}", field);
    records.push_back(record);
  }
}

std::vector<std::string> ReadAll(std::string_view text, CsvOptions options = {}) {
  MemorySource source(text);
  return ReadAll(source, options);
}

TEST(CsvReader, TakesRecordsApartWithTheirLineNumbers) {
  EXPECT_THAT(ReadAll("a,b,c\n1,,3\n"), ElementsAre("1|a|b|c", "2|1||3"));
}

TEST(CsvReader, ReadsALastRecordWithoutALineEnd) {
  EXPECT_THAT(ReadAll("a,b\n1,2"), ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(ReadAll("a,b\n1,"), ElementsAre("1|a|b", "2|1|"));
  EXPECT_THAT(ReadAll("a\r"), ElementsAre("1|a"));
}

TEST(CsvReader, GivesNothingForNothing) {
  EXPECT_THAT(ReadAll(""), ElementsAre());
  EXPECT_THAT(ReadAll("\xef\xbb\xbf"), ElementsAre());
}

TEST(CsvReader, DropsCarriageReturnsAtLineEndsOnly) {
  EXPECT_THAT(ReadAll("a,b\r\n\"c\",\"d\"\r\ne\rf,g\r\n"),
              ElementsAre("1|a|b", "2|c|d", "3|e\rf|g"));
}

TEST(CsvReader, DropsAByteOrderMarkOnce) {
  EXPECT_THAT(ReadAll("\xef\xbb\xbf\"a\",b\n\xef\xbb\xbfz\n"),
              ElementsAre("1|a|b", "2|\xef\xbb\xbfz"));
}

TEST(CsvReader, KeepsDelimitersNewlinesAndQuotesOfQuotedFields) {
  EXPECT_THAT(ReadAll("\"a,b\",\"c\nd\",\"say \"\"hi\"\"\"\nx\n"),
              ElementsAre("1|a,b|c\nd|say \"hi\"", "3|x"));
  EXPECT_THAT(ReadAll("\"\",\"\"\"\"\n"), ElementsAre("1||\""));
}

TEST(CsvReader, TakesAQuoteInsideAnUnquotedFieldAsItself) {
  EXPECT_THAT(ReadAll("5\" pipe,b\n"), ElementsAre("1|5\" pipe|b"));
}

TEST(CsvReader, GivesAnEmptyLineAsOneEmptyField) {
  EXPECT_THAT(ReadAll("a\n\n\r\nb\n"), ElementsAre("1|a", "2|", "3|", "4|b"));
}

TEST(CsvReader, TakesOtherDelimiters) {
  EXPECT_THAT(ReadAll("a;b,c\n", {.delimiter = ';'}), ElementsAre("1|a|b,c"));
}

TEST(CsvReader, GoesOnAtTheNextLineAfterTextBehindAQuote) {
  EXPECT_THAT(ReadAll("a\n1,\"b\"c,2\nd\n"),
              ElementsAre("1|a", "2!2 text after a closing quote: 1,\"b\"c,2", "3|d"));
}

TEST(CsvReader, LosesOnlyTheLineOfAQuoteThatIsNeverClosed) {
  EXPECT_THAT(ReadAll("a,b\n1,\"2\n3,4\n"),
              ElementsAre("1|a|b", "2!2 quote never closed: 1,\"2", "3|3|4"));
}

TEST(CsvReader, SkipsARecordThatIsTooLongAndBoundsItsMemory) {
  const std::string text = "a,b\n" + std::string(10 << 20, 'x') + ",y\nc,d\n";
  const auto records = ReadAll(text);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[1], ::testing::StartsWith("2!1 record too long: xxxx"));
  EXPECT_LT(records[1].size(), 1000U);
  EXPECT_EQ(records[2], "3|c|d");
}

TEST(CsvReader, TakesARecordOfJustTheLargestLength) {
  EXPECT_THAT(ReadAll("12345678\n1234,678\n", {.max_record_bytes = 8}),
              ElementsAre("1|12345678", "2|1234|678"));
  EXPECT_THAT(ReadAll("123456789\na\n", {.max_record_bytes = 8}),
              ElementsAre("1!1 record too long: 12345678", "2|a"));
  EXPECT_THAT(ReadAll("\"1\n2\n3\n4\n5\"\na\n", {.max_record_bytes = 8}),
              ElementsAre("1!1 record too long: \"1", "2|2", "3|3", "4|4", "5|5\"", "6|a"));
}

TEST(CsvReader, BoundsTheNumberOfFields) {
  EXPECT_THAT(ReadAll("1,2,3\n1,2,3,4\n5\n", {.max_fields = 3}),
              ElementsAre("1|1|2|3", "2!4 too many fields: 1,2,3,4", "3|5"));
}

TEST(CsvReader, PassesBytesThatAreNoText) {
  EXPECT_THAT(ReadAll(std::string_view("a\0b,\xff\n", 6)),
              ElementsAre(std::string("1|a\0b|\xff", 7)));
}

TEST(CsvReader, ReturnsTheErrorOfItsSource) {
  class Failing final : public ByteSource {
   public:
    base::Result<std::size_t> Read(std::span<char>) override { return base::DataLoss("broken"); }
  } source;
  EXPECT_THAT(ReadAll(source), ElementsAre("broken"));
}

constexpr std::string_view kDialects[] = {
    "",
    "a,b,c\n1,,3\n",
    "\xef\xbb\xbf\"Date\",\"Site ID\"\r\n\"01/01/2020\",\"060371103\"\r\n",
    "\"a\"\"b\",\"c\nd\"\r\n\r\n,\n\"\",x",
    "a,\"b\"c\nd,\"e\nf\ng",
    "\"x\r\",y\r\n\"z\"\r",
    "5\" pipe\n\n\n\"q\"\"\"\n",
};

TEST(CsvReader, GivesTheSameForEveryCutOfTheInputInTwo) {
  for (const std::string_view text : kDialects) {
    const auto whole = ReadAll(text);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      PiecewiseSource source(text, {cut, text.size()});
      EXPECT_EQ(ReadAll(source), whole) << text << " cut at " << cut;
    }
  }
}

TEST(CsvReader, GivesTheSameForPiecesOfEverySize) {
  for (const std::string_view text : kDialects) {
    const auto whole = ReadAll(text);
    for (std::size_t size = 1; size < 20; ++size) {
      PiecewiseSource source(text, {size});
      EXPECT_EQ(ReadAll(source), whole) << text << " in pieces of " << size;
    }
  }
}

TEST(CsvReader, GivesTheSameForRandomBytesInRandomPieces) {
  constexpr std::string_view kAlphabet = "a1,,\"\"\n\n\r ";
  std::mt19937 random(20201231);
  const CsvOptions options{.max_record_bytes = 24, .max_fields = 5};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 120, ' ');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    std::vector<std::size_t> pieces;
    for (int i = 0; i < 40; ++i) pieces.push_back(1 + random() % 17);
    PiecewiseSource source(text, pieces);
    ASSERT_EQ(ReadAll(source, options), ReadAll(text, options)) << text;
  }
}

TEST(CsvReader, ReadsBackWhatAppendCsvFieldWrote) {
  const std::vector<std::string> fields = {"", "plain", "a,b", "say \"hi\"", "two\nlines", "cr\r"};
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty() || &field != &fields.front()) text += ',';
    AppendCsvField(text, field);
  }
  text += '\n';
  MemorySource source(text);
  CsvReader csv(source);
  ASSERT_EQ(*csv.Next(), CsvEvent::kRecord);
  EXPECT_EQ(std::vector<std::string>(csv.fields().begin(), csv.fields().end()), fields);
}

}  // namespace
}  // namespace geoclimate::formats
