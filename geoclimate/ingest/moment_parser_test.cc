#include "geoclimate/ingest/moment_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace geoclimate::ingest {
namespace {

std::string Read(std::string_view text) {
  const MomentReading reading = ReadMoment(text);
  if (reading.status == MomentStatus::kOtherFormat) return "other format";
  if (reading.status == MomentStatus::kNoSuchMoment) return "no such moment";
  return reading.time ? base::FormatTimestamp(*reading.time) : base::FormatDay(reading.day);
}

TEST(ReadMoment, ADateIsADay) {
  EXPECT_EQ(Read("2024-02-29"), "2024-02-29");
}

TEST(ReadMoment, ATimeWithoutAZoneIsUtc) {
  EXPECT_EQ(Read("2024-01-31T18:00"), "2024-01-31T18:00:00Z");
  EXPECT_EQ(Read("2024-01-31 18:00:59"), "2024-01-31T18:00:59Z");
  EXPECT_EQ(Read("2024-01-31T18:00Z"), "2024-01-31T18:00:00Z");
}

TEST(ReadMoment, AZoneIsTakenOff) {
  EXPECT_EQ(Read("2024-01-31T18:00-05:00"), "2024-01-31T23:00:00Z");
  EXPECT_EQ(Read("2024-01-31T18:00:00-0800"), "2024-02-01T02:00:00Z");
  EXPECT_EQ(Read("2024-01-31T01:00+05:30"), "2024-01-30T19:30:00Z");
}

TEST(ReadMoment, WhatNoCalendarAndNoClockHasIsToldFromOtherText) {
  for (const char* text :
       {"2023-02-29", "1800-01-01", "2024-13-01T00:00", "2024-01-01T24:00", "2024-01-01T00:60",
        "2024-01-01T00:00:60", "2024-01-01T00:00+24:00", "2024-01-01T00:00+00:60"}) {
    EXPECT_EQ(Read(text), "no such moment") << text;
  }
  for (const char* text :
       {"", "today", "01/31/2024", "20240131", "2024-01-31T", "2024-01-31T1:00", "2024-01-31T18",
        "2024-01-31T18:00:", "2024-01-31T18:00x", "2024-01-31x18:00", "2024-01-31T18:00+5",
        "2024-01-31T18:00Z ", "2024-01-31T-1:00"}) {
    EXPECT_EQ(Read(text), "other format") << text;
  }
}

}  // namespace
}  // namespace geoclimate::ingest
