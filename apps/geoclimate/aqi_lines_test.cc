#include "apps/geoclimate/aqi_lines.h"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace geoclimate::app {
namespace {

using airquality::NewestTable;
using airquality::Pollutant;

// Hands its pieces out one a read, as a pipe may.
class Pieces final : public formats::ByteSource {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  base::Result<std::size_t> Read(std::span<char> into) override {
    if (next_ == pieces_.size()) return std::size_t{0};
    std::string& piece = pieces_[next_];
    const std::size_t count = piece.copy(into.data(), into.size());
    piece.erase(0, count);
    if (piece.empty()) ++next_;
    return count;
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

struct Outcome {
  std::string out;
  std::string errors;
  std::uint64_t bad_lines = 0;
};

Outcome Answer(AqiLinesOptions options, std::vector<std::string> pieces) {
  options.source_name = "in.txt";
  LineBlocks lines(std::make_unique<Pieces>(std::move(pieces)));
  std::ostringstream out;
  std::ostringstream errors;
  const base::Result<std::uint64_t> bad = ConvertAqiLines(options, lines, out, errors);
  EXPECT_TRUE(bad.ok());
  return {out.str(), errors.str(), bad.ok() ? *bad : 0};
}

AqiLinesOptions For(Pollutant pollutant, AqiInput input = AqiInput::kConcentration) {
  AqiLinesOptions options;
  options.table = &NewestTable(pollutant);
  options.input = input;
  return options;
}

TEST(AqiLines, OneConcentrationInIsOneAqiOut) {
  const Outcome outcome = Answer(For(Pollutant::kPm25), {"9.0\n9.1\n-3\n3e1\n1000"});
  EXPECT_EQ(outcome.out, "50\n51\n0\n90\n1844\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST(AqiLines, LinesMayBeCutAnywhereByTheReads) {
  EXPECT_EQ(Answer(For(Pollutant::kO3), {"0.0", "54\r", "\n0.055\r\n0.", "07"}).out,
            "50\n51\n100\n");
  EXPECT_EQ(Answer(For(Pollutant::kO3), {"\xEF\xBB\xBF"
                                         "0.054\n"})
                .out,
            "50\n");
  EXPECT_EQ(Answer(For(Pollutant::kO3), {}).out, "");
}

TEST(AqiLines, ABadLineIsNamedAndTheRestGoesOn) {
  const Outcome outcome = Answer(For(Pollutant::kPm25), {"9.0\nabc\n\n1e300\n9.1\n"});
  EXPECT_EQ(outcome.out, "50\n\n\n\n51\n");
  EXPECT_EQ(outcome.errors, "in.txt:2: 'abc' is not a number\nin.txt:4: '1e300' is out of range\n");
  EXPECT_EQ(outcome.bad_lines, 2u);
}

TEST(AqiLines, AnEndlessLineIsOneBadLineInBoundedMemory) {
  std::string number = "1.";
  number.append(3 * LineBlocks::kMaxLineBytes, '0');
  const Outcome outcome =
      Answer(For(Pollutant::kPm25), {"9.0\n" + number, number + "\n9.1\n", "9.0"});
  EXPECT_EQ(outcome.out, "50\n\n51\n50\n");
  EXPECT_EQ(outcome.bad_lines, 1u);
  EXPECT_EQ(outcome.errors.substr(0, 20), "in.txt:2: '1.0000000");
  EXPECT_LT(outcome.errors.size(), 120u);
  EXPECT_EQ(Answer(For(Pollutant::kPm25), {number}).out, "\n");
}

TEST(AqiLines, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(Answer(For(Pollutant::kPm25), {"\x1b[2J\n"}).errors,
            "in.txt:1: '?[2J' is not a number\n");
}

TEST(AqiLines, TwelveHoursGiveTheirNowCast) {
  const Outcome outcome = Answer(For(Pollutant::kPm25, AqiInput::kHours),
                                 {"21,,35,49.2,48.6,53.7,66.2,69.2,64.9,50,43,34.9\n"
                                  "21 - 35  49.2 48.6 53.7\t66.2 69.2 64.9 50 43 34.9\n"
                                  "21, NA, 35, 49.2, 48.6, 53.7, 66.2, 69.2, 64.9, 50, 43, \n"
                                  "21,-,,49.2,48.6,53.7,66.2,69.2,64.9,50,43,34.9\n"});
  EXPECT_EQ(outcome.out, "87\n87\n87\n\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST(AqiLines, AnotherNumberOfHoursIsRefused) {
  const Outcome outcome = Answer(For(Pollutant::kPm25, AqiInput::kHours),
                                 {"1 2 3\n1,2,3,4,5,6,7,8,9,10,11\n1,2,3,4,5,6,7,8,9,10,11,12,\n"
                                  "1 2 3 4 5 6 7 8 9 10 11 12 13\n1 2 x 4 5 6 7 8 9 10 11 12\n"});
  EXPECT_EQ(outcome.bad_lines, 5u);
  EXPECT_EQ(outcome.out, "\n\n\n\n\n");
  EXPECT_NE(outcome.errors.find("in.txt:1: '1 2 3' has 3 hourly values, not 12\n"),
            std::string::npos);
  EXPECT_NE(outcome.errors.find("in.txt:3: '1,2,3,4,5,6,7,8,9,10,11,12,' has 13 hourly"),
            std::string::npos)
      << outcome.errors;
  EXPECT_NE(outcome.errors.find("in.txt:5: 'x' is not a number\n"), std::string::npos);
}

TEST(AqiLines, JsonNamesEverythingThatTheAqiRestsOn) {
  AqiLinesOptions options = For(Pollutant::kO3, AqiInput::kHours);
  options.output = AqiOutput::kJsonLines;
  EXPECT_EQ(Answer(options, {".061 - - - - - - - - - - -\nx\n"}).out,
            "{\"line\":1,\"pollutant\":\"O3\",\"concentration\":0.056,\"unit\":\"ppm\","
            "\"method\":\"nowcast (ozone surrogate)\",\"truncated_concentration\":0.056,"
            "\"aqi\":54,\"category\":\"Moderate\",\"color\":\"#FFFF00\","
            "\"aqi_table\":\"epa-2015\"}\n"
            "{\"line\":2,\"aqi\":null}\n");
  options = For(Pollutant::kPm25);
  options.output = AqiOutput::kJsonLines;
  EXPECT_EQ(Answer(options, {"9.05"}).out,
            "{\"line\":1,\"pollutant\":\"PM2.5\",\"concentration\":9.05,\"unit\":\"ug/m3\","
            "\"truncated_concentration\":9,\"aqi\":50,\"category\":\"Good\",\"color\":\"#00E400\","
            "\"aqi_table\":\"epa-2024\"}\n");
}

TEST(AqiLines, AnOutputThatCannotBeWrittenIsAFailure) {
  LineBlocks lines(std::make_unique<Pieces>(std::vector<std::string>{"9.0\n"}));
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream errors;
  EXPECT_FALSE(ConvertAqiLines(For(Pollutant::kPm25), lines, out, errors).ok());
}

}  // namespace
}  // namespace geoclimate::app
