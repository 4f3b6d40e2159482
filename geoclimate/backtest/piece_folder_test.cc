#include "geoclimate/backtest/piece_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "geoclimate/backtest/testing/small_backtest.h"

namespace geoclimate::backtest {
namespace {

using testing::TestFolder;

constexpr PieceName kName = {airquality::Pollutant::kPm25, 2, base::MakeDay(2015, 1, 1)};

Segment MakeSegment() {
  Segment segment;
  segment.model_ids = {"pm25_d2_v1_20150101_000000", "pm25_d2_fallback_v1_20150101_000000"};
  for (int i = 0; i < 5; ++i) {
    Segment::Row& row = segment.rows.emplace_back();
    row.model = static_cast<std::int8_t>(i % 3 - 1);
    row.method = airquality::Method::kPersistenceFallback;
    row.distribution.mean = 0.1F * static_cast<float>(i);
    row.distribution.quantiles.fill(-0.3F);
  }
  return segment;
}

TEST(Segment, ItsBytesGiveItBack) {
  const Segment segment = MakeSegment();
  const auto parsed = ParseSegment(EncodeSegment(segment));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->model_ids, segment.model_ids);
  ASSERT_EQ(parsed->rows.size(), segment.rows.size());
  for (std::size_t i = 0; i < segment.rows.size(); ++i) {
    EXPECT_EQ(parsed->rows[i].model, segment.rows[i].model);
    EXPECT_EQ(parsed->rows[i].method, segment.rows[i].method);
    EXPECT_EQ(parsed->rows[i].distribution.mean, segment.rows[i].distribution.mean);
    EXPECT_EQ(parsed->rows[i].distribution.quantiles, segment.rows[i].distribution.quantiles);
  }
}

TEST(Segment, BytesThatAreCutShortOrDamagedAreRefused) {
  const std::string bytes = EncodeSegment(MakeSegment());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseSegment(std::string_view(bytes).substr(0, size)).ok());
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_FALSE(ParseSegment(damaged).ok()) << at;
  }
}

TEST(PieceFolder, KeepsWhatWasSavedForTheNextRunWithTheSameKey) {
  const TestFolder folder;
  const auto pieces = PieceFolder::Open(folder / "work", "key", PieceFolder::Earlier::kDiscard);
  ASSERT_TRUE(pieces.ok());
  EXPECT_FALSE(pieces->Load(kName));
  ASSERT_TRUE(pieces->Save(kName, MakeSegment()).ok());
  EXPECT_TRUE(pieces->Load(kName));

  const auto again = PieceFolder::Open(folder / "work", "key", PieceFolder::Earlier::kKeep);
  EXPECT_TRUE(again->Load(kName));
  const auto other = PieceFolder::Open(folder / "work", "other", PieceFolder::Earlier::kKeep);
  EXPECT_FALSE(other->Load(kName));
  const auto afresh = PieceFolder::Open(folder / "work", "key", PieceFolder::Earlier::kDiscard);
  EXPECT_FALSE(afresh->Load(kName));
}

TEST(PieceFolder, AHalfWrittenPieceIsNoPiece) {
  const TestFolder folder;
  const auto pieces = PieceFolder::Open(folder / "work", "key", PieceFolder::Earlier::kDiscard);
  const std::string bytes = EncodeSegment(MakeSegment());
  std::ofstream(folder / "work/key/pm25_d2_2015-01-01") << bytes.substr(0, bytes.size() / 2);
  EXPECT_FALSE(pieces->Load(kName));
}

TEST(PieceFolder, RemoveLeavesNothing) {
  const TestFolder folder;
  const auto pieces = PieceFolder::Open(folder / "work", "key", PieceFolder::Earlier::kDiscard);
  ASSERT_TRUE(pieces->Save(kName, MakeSegment()).ok());
  pieces->Remove();
  EXPECT_FALSE(std::filesystem::exists(folder / "work"));
}

TEST(PieceFolder, AFolderThatCannotBeMadeIsAnError) {
  const TestFolder folder;
  std::ofstream(folder / "file") << "not a folder";
  EXPECT_FALSE(PieceFolder::Open(folder / "file", "key", PieceFolder::Earlier::kKeep).ok());
}

}  // namespace
}  // namespace geoclimate::backtest
