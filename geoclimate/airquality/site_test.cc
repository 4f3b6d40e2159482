#include "geoclimate/airquality/site.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

using std::chrono::hours;

TEST(SiteId, AllSpellingsOfASiteAreOneSite) {
  for (const char* text : {"06-037-1103", "6-37-1103", "060371103", "60371103", " 060371103 ",
                           "06-37-1103", "840060371103"}) {
    const base::Result<SiteId> id = SiteId::Parse(text);
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_EQ(*id, SiteId::FromParts(6, 37, 1103)) << text;
    EXPECT_EQ(id->ToString(), "06-037-1103");
  }
  EXPECT_EQ(SiteId::Parse("1-3-10")->ToString(), "01-003-0010");
  EXPECT_EQ(SiteId::Parse("80-002-0012")->ToString(), "80-002-0012");
}

TEST(SiteId, CanadaIsWrittenWithLetters) {
  EXPECT_EQ(SiteId::Parse("OQ0990011")->ToString(), "OQ-099-0011") << "a location of OpenAQ";
  for (const char* text : {"CC-001-0002", "CC0010002", "cc-1-2"}) {
    const base::Result<SiteId> id = SiteId::Parse(text);
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_EQ(id->state(), SiteId::kCanada);
    EXPECT_EQ(id->ToString(), "CC-001-0002");
  }
}

TEST(SiteId, RefusesWhatIsNotASiteAndNamesIt) {
  for (const char* text :
       {"", "-", "--", "06-037", "06-037-11033", "106-037-1103", "06-0371-103", "0603711",
        "0603711033", "06037110A", "6.0371103E7", "060371103.0", "06-037-1103-1", "-6-037-1103",
        "C-001-0002", "124060371103", "06 037 1103"}) {
    const base::Result<SiteId> id = SiteId::Parse(text);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(id.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_NE(id.error().message().find(std::string("'") + text + "'"), std::string::npos);
  }
}

TEST(SiteId, NumberOrderAndTextOrderAgree) {
  const SiteId ids[] = {SiteId::FromParts(1, 3, 10), SiteId::FromParts(6, 37, 1103),
                        SiteId::FromParts(80, 2, 12), SiteId::FromParts(SiteId::kCanada, 1, 2)};
  for (std::size_t i = 1; i < std::size(ids); ++i) {
    EXPECT_LT(ids[i - 1], ids[i]);
    EXPECT_LT(ids[i - 1].ToString(), ids[i].ToString());
    EXPECT_EQ(SiteId::FromNumber(ids[i].number()), ids[i]);
  }
}

TEST(Coordinates, DistanceIsTheGreatCircle) {
  const Coordinates los_angeles = {34.0522, -118.2437};
  const Coordinates new_york = {40.7128, -74.0060};
  EXPECT_NEAR(DistanceKm(los_angeles, new_york), 3935.7, 1.0);
  EXPECT_EQ(DistanceKm(los_angeles, los_angeles), 0);
  EXPECT_DOUBLE_EQ(DistanceKm(los_angeles, new_york), DistanceKm(new_york, los_angeles));
  EXPECT_NEAR(DistanceKm({0, 0}, {0, 180}), 20015.1, 0.1);
  EXPECT_NEAR(DistanceKm({51.9, 179.5}, {51.9, -179.5}), 68.6, 0.1) << "over the antimeridian";
}

TEST(Coordinates, BearingTurnsClockwiseFromNorth) {
  EXPECT_NEAR(BearingDegrees({40, -100}, {41, -100}), 0, 1e-9);
  EXPECT_NEAR(BearingDegrees({0, 0}, {0, 1}), 90, 1e-9);
  EXPECT_NEAR(BearingDegrees({41, -100}, {40, -100}), 180, 1e-9);
  EXPECT_NEAR(BearingDegrees({0, 1}, {0, 0}), 270, 1e-9);
  EXPECT_NEAR(BearingDegrees({34.0522, -118.2437}, {40.7128, -74.0060}), 65.9, 0.1);
  EXPECT_EQ(BearingDegrees({40, -100}, {40, -100}), 0);
  EXPECT_LT(BearingDegrees({40, -100}, {41, -100.0000000000000142}), 360);
}

struct Place {
  const char* id;
  int hours;
  const char* what;
};

TEST(StandardUtcOffset, FollowsTheStateAndItsOddCounties) {
  for (const Place& place : {
           Place{"06-037-1103", -8, "Los Angeles"},
           Place{"36-081-0124", -5, "Queens"},
           Place{"11-001-0043", -5, "Washington"},
           Place{"17-031-0037", -6, "Chicago"},
           Place{"49-035-3006", -7, "Salt Lake City"},
           Place{"04-013-9997", -7, "Phoenix"},
           Place{"02-020-0018", -9, "Anchorage"},
           Place{"15-003-1001", -10, "Honolulu"},
           Place{"72-021-0010", -4, "Bayamon"},
           Place{"78-010-0012", -4, "Saint Croix"},
           Place{"66-010-0001", 10, "Guam"},
           Place{"18-097-0078", -5, "Indianapolis"},
           Place{"18-089-0022", -6, "Gary"},
           Place{"18-163-0021", -6, "Evansville"},
           Place{"21-111-0067", -5, "Louisville"},
           Place{"21-059-0005", -6, "Owensboro"},
           Place{"21-227-0009", -6, "Bowling Green"},
           Place{"47-037-0036", -6, "Nashville"},
           Place{"47-093-1013", -5, "Knoxville"},
           Place{"47-065-4002", -5, "Chattanooga"},
           Place{"12-086-1016", -5, "Miami"},
           Place{"12-033-0004", -6, "Pensacola"},
           Place{"12-045-0001", -5, "Port Saint Joe"},
           Place{"48-201-1039", -6, "Houston"},
           Place{"48-141-0044", -7, "El Paso"},
           Place{"48-229-0001", -7, "Hudspeth"},
           Place{"20-173-0010", -6, "Wichita"},
           Place{"20-071-0001", -7, "Greeley"},
           Place{"31-055-0019", -6, "Omaha"},
           Place{"31-157-0003", -7, "Scottsbluff"},
           Place{"38-017-1004", -6, "Fargo"},
           Place{"38-007-0002", -7, "Painted Canyon"},
           Place{"46-099-0008", -6, "Sioux Falls"},
           Place{"46-103-0020", -7, "Rapid City"},
           Place{"16-001-0010", -7, "Boise"},
           Place{"16-055-0003", -8, "Coeur d'Alene"},
           Place{"41-051-0080", -8, "Portland"},
           Place{"41-045-0001", -7, "Malheur"},
           Place{"26-163-0001", -5, "Detroit"},
           Place{"26-043-0901", -6, "Iron Mountain"},
           Place{"26-033-0901", -5, "Sault Sainte Marie"},
       }) {
    EXPECT_EQ(StandardUtcOffset(*SiteId::Parse(place.id), std::nullopt), hours(place.hours))
        << place.what;
  }
}

TEST(StandardUtcOffset, ACountyCutByALineIsToldByItsCoordinates) {
  const SiteId aleutians = SiteId::FromParts(2, 16, 1);
  EXPECT_EQ(StandardUtcOffset(aleutians, Coordinates{53.9, -166.5}), hours(-9)) << "Unalaska";
  EXPECT_EQ(StandardUtcOffset(aleutians, Coordinates{51.9, -176.6}), hours(-10)) << "Adak";
  EXPECT_EQ(StandardUtcOffset(aleutians, Coordinates{52.8, 173.2}), hours(-10)) << "Attu";
  const SiteId gulf = SiteId::FromParts(12, 45, 1);
  EXPECT_EQ(StandardUtcOffset(gulf, Coordinates{30.1, -85.2}), hours(-6)) << "Wewahitchka";
  EXPECT_EQ(StandardUtcOffset(gulf, Coordinates{29.8, -85.3}), hours(-5)) << "Port Saint Joe";
  const SiteId idaho = SiteId::FromParts(16, 49, 1);
  EXPECT_EQ(StandardUtcOffset(idaho, Coordinates{45.93, -116.1}), hours(-8)) << "Grangeville";
  EXPECT_EQ(StandardUtcOffset(idaho, Coordinates{45.42, -116.3}), hours(-7)) << "Riggins";
  const SiteId malheur = SiteId::FromParts(41, 45, 1);
  EXPECT_EQ(StandardUtcOffset(malheur, Coordinates{44.0, -117.0}), hours(-7)) << "Ontario";
  EXPECT_EQ(StandardUtcOffset(malheur, Coordinates{42.0, -117.7}), hours(-8)) << "McDermitt";
}

TEST(StandardUtcOffset, AbroadTheLongitudeDecides) {
  const SiteId canada = SiteId::FromParts(SiteId::kCanada, 1, 2);
  EXPECT_EQ(StandardUtcOffset(canada, std::nullopt), hours(0));
  EXPECT_EQ(StandardUtcOffset(canada, Coordinates{49.3, -123.1}), hours(-8));
  EXPECT_EQ(StandardUtcOffset(SiteId::FromParts(80, 2, 12), Coordinates{31.7, -106.5}), hours(-7));
  EXPECT_EQ(StandardUtcOffset(SiteId(), Coordinates{52.5, 13.4}), hours(1));
}

}  // namespace
}  // namespace geoclimate::airquality
