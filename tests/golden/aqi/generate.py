#!/usr/bin/env python3
"""Writes the AQI golden tables beside it from EPA's breakpoints and formula, in exact decimal arithmetic.

The breakpoints are typed here as EPA prints them, the formula is worked in fractions: nothing is shared with the program
that the tables judge. Run it after a change of a table; the result is committed.
"""

import csv
import pathlib
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from math import floor

HERE = pathlib.Path(__file__).parent
CATEGORIES = ["Good", "Moderate", "Unhealthy for Sensitive Groups", "Unhealthy", "Very Unhealthy", "Hazardous"]
SEVEN = ["0-50", "51-100", "101-150", "151-200", "201-300", "301-400", "401-500"]
SIX = ["0-50", "51-100", "101-150", "151-200", "201-300", "301-500"]

# (pollutant, table, statistic, step): the highest concentration of each AQI range, the lowest being one step above the
# range before. `start` is where the first range begins; above the last, "extend" goes on and a number is held.
TABLES = [
    ("PM2.5", "epa-1999", "mean", "0.1", SEVEN, "15.4 40.4 65.4 150.4 250.4 350.4 500.4", "0", "extend"),
    ("PM2.5", "epa-2012", "mean", "0.1", SEVEN, "12.0 35.4 55.4 150.4 250.4 350.4 500.4", "0", "extend"),
    ("PM2.5", "epa-2024", "mean", "0.1", SIX, "9.0 35.4 55.4 125.4 225.4 325.4", "0", "extend"),
    ("PM10", "epa-1999", "mean", "1", SEVEN, "54 154 254 354 424 504 604", "0", "extend"),
    ("PM10", "epa-2024", "mean", "1", SIX, "54 154 254 354 424 604", "0", "extend"),
    ("O3", "epa-2008", "max_8_hour", "0.001", SEVEN[:5], "0.059 0.075 0.095 0.115 0.374", "0", 300),
    ("O3", "epa-2015", "max_8_hour", "0.001", SEVEN[:5], "0.054 0.070 0.085 0.105 0.200", "0", 300),
    ("O3", "epa-2008", "max_1_hour", "0.001", SEVEN[2:], "0.164 0.204 0.404 0.504 0.604", "0.125", "extend"),
    ("O3", "epa-2015", "max_1_hour", "0.001", SIX[2:], "0.164 0.204 0.404 0.604", "0.125", "extend"),
    ("NO2", "epa", "max_1_hour", "1", SIX, "53 100 360 649 1249 2049", "0", "extend"),
    ("SO2", "epa", "max_1_hour", "1", SEVEN[:4], "35 75 185 304", "0", 200),
    ("SO2", "epa", "mean", "1", SIX[4:], "604 1004", "305", "extend"),
    ("CO", "epa", "max_8_hour", "0.1", SIX, "4.4 9.4 12.4 15.4 30.4 50.4", "0", "extend"),
]
SLUGS = {"PM2.5": "pm25", "PM10": "pm10", "O3": "o3", "NO2": "no2", "SO2": "so2", "CO": "co"}


class Table:
    def __init__(self, row):
        self.pollutant, self.name, self.statistic, step, ranges, highs, start, self.above = row
        self.step = Decimal(step)
        self.segments = []
        low = Decimal(start)
        for aqi_range, high in zip(ranges, highs.split(), strict=True):
            aqi_low, aqi_high = map(int, aqi_range.split("-"))
            self.segments.append((low, Decimal(high), aqi_low, aqi_high))
            low = Decimal(high) + self.step

    def truncate(self, concentration):
        return max(concentration, Decimal(0)).quantize(self.step, ROUND_DOWN)

    def exact(self, concentration):
        """The AQI before rounding; None where there is none."""
        c = self.truncate(concentration)
        if c < self.segments[0][0]:
            return None
        for low, high, aqi_low, aqi_high in self.segments:
            if c <= high:
                break
        else:
            if self.above != "extend":
                return Fraction(self.above)
        slope = Fraction(aqi_high - aqi_low) / (Fraction(high) - Fraction(low))
        return slope * (Fraction(c) - Fraction(low)) + aqi_low

    def aqi(self, concentration):
        exact = self.exact(concentration)
        return None if exact is None else floor(exact + Fraction(1, 2))


def category(aqi):
    if aqi is None:
        return ""
    return CATEGORIES[sum(aqi > limit for limit in (50, 100, 150, 200, 300))]


def cases(table):
    """(concentration, note) that tell a right table and formula from wrong ones."""
    first = table.segments[0][0]
    yield -3 * table.step, "negative: instrument noise"
    if first > 0:
        yield first - table.step, "not defined this low"
        yield first - table.step / 10, "truncated, not rounded up into the table"
    for low, high, _, _ in table.segments:
        yield low, "lowest of its range"
        yield ((low + high) / 2).quantize(table.step, ROUND_DOWN), "inside the range"
        steps = int((high - low) / table.step)
        values = [low + i * table.step for i in range(steps + 1)]
        ties = [c for c in values if table.exact(c).denominator == 2]
        for tie in ties[:1] + ties[-1:]:
            yield tie, "a tie, rounded up"
        yield high, "highest of its range"
        yield high + table.step / 2, "between breakpoints: truncated, not rounded"
        yield high + table.step * 99 / 100, "just under the next range"
    last = table.segments[-1][1]
    above = "above the table: the last range goes on" if table.above == "extend" else "above the table: held"
    for more in (table.step, last / 2, last, 9 * last):
        yield (last + more).quantize(table.step, ROUND_DOWN), above


def write(name, header, rows):
    with open(HERE / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def plain(concentration):
    text = format(concentration, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_tables(tables):
    header = ["pollutant", "table", "statistic", "concentration", "truncated", "aqi", "category", "note"]
    for pollutant, slug in SLUGS.items():
        rows = {}
        for table in tables:
            if table.pollutant != pollutant:
                continue
            for concentration, note in cases(table):
                aqi = table.aqi(concentration)
                key = (table.name, table.statistic, concentration)
                rows.setdefault(key, [
                    pollutant, table.name, table.statistic, plain(concentration), plain(table.truncate(concentration)),
                    "" if aqi is None else aqi, category(aqi), note])
        write(f"{slug}.csv", header, [rows[key] for key in sorted(rows)])


def write_days(tables):
    by_key = {(t.pollutant, t.name, t.statistic): t for t in tables}

    def largest(pairs):
        values = [t.aqi(Decimal(c)) for t, c in pairs if c != ""]
        values = [v for v in values if v is not None]
        return max(values) if values else None

    rows = []
    for name in ("epa-2008", "epa-2015"):
        eight, one = by_key["O3", name, "max_8_hour"], by_key["O3", name, "max_1_hour"]
        for a, b, note in (
            ("0.087", "0.078", "one hour under 0.125 has no AQI"), ("0.087", "0.124", "still under 0.125"),
            ("0.060", "0.125", "a short peak: the hour decides"), ("0.087", "0.125", "the 8 hours decide"),
            ("0.100", "0.162", "both defined"), ("0.105", "0.165", "both unhealthy"),
            ("", "0.180", "only the hour is known"), ("0.071", "", "only the 8 hours are known"),
            ("", "0.100", "nothing defines an AQI"), ("0.250", "0.410", "past 300 only the hour defines"),
            ("0.210", "0.700", "beyond the AQI")):
            aqi = largest(((eight, a), (one, b)))
            rows.append([name, a, b, "" if aqi is None else aqi, category(aqi), note])
    write("o3_day.csv", ["table", "max_8_hour", "max_1_hour", "aqi", "category", "note"], rows)

    hour, day = by_key["SO2", "epa", "max_1_hour"], by_key["SO2", "epa", "mean"]
    rows = []
    for a, b, note in (
        ("80", "40", "the hour decides"), ("304", "200", "the last hour that defines an AQI"),
        ("305", "", "no 24-hour mean: held at 200"), ("450", "304", "24-hour mean under 305: held at 200"),
        ("450", "305", "the 24-hour mean decides"), ("900", "604", "the 24-hour mean decides"),
        ("1500", "804.9", "truncated"), ("2500", "1004", "the end of the table"), ("4000", "1203", "beyond the AQI"),
        ("", "310", "only the mean is known"), ("", "100", "nothing defines an AQI")):
        aqi = largest(((hour, a), (day, b)))
        rows.append(["epa", a, b, "" if aqi is None else aqi, category(aqi), note])
    write("so2_day.csv", ["table", "max_1_hour", "mean_24_hour", "aqi", "category", "note"], rows)


def write_nowcasts(tables):
    by_key = {(t.pollutant, t.name, t.statistic): t for t in tables}
    particles = {"PM2.5": by_key["PM2.5", "epa-2024", "mean"], "PM10": by_key["PM10", "epa-2024", "mean"]}

    def weighted(pollutant, hours):
        values = [None if h == "" else Fraction(h) for h in hours]
        if sum(v is not None for v in values[:3]) < 2:
            return None
        known = [v for v in values if v is not None]
        if max(known) <= 0:
            return Decimal(0)
        w = max(min(known) / max(known), Fraction(1, 2))
        pairs = [(w**i, v) for i, v in enumerate(values) if v is not None]
        mean = sum(a * b for a, b in pairs) / sum(a for a, _ in pairs)
        steps = floor(mean / Fraction(particles[pollutant].step))
        return max(steps, 0) * particles[pollutant].step

    windows = [
        ("PM2.5", "21 - 35 49.2 48.6 53.7 66.2 69.2 64.9 50 43 34.9", "the worked example of forum.airnowtech.org, 172"),
        ("PM2.5", "30.5 12.5 - 30 32.4 31.1 28.2 30.7 32.8 32.6 33.1 28.5", "25.387 before it is truncated"),
        ("PM2.5", "13 16 10 21 74 64 53 82 90 75 80 50", "smoke clears: w is 1/2"),
        ("PM2.5", "9.1 9.1 9.1 9.1 9.1 9.1 9.1 9.1 9.1 9.1 9.1 9.1", "steady: w is 1, the value comes back"),
        ("PM2.5", "35.4 35.5 35.6 35.5 35.4 35.5 35.6 35.5 35.4 35.5 35.6 35.5", "nearly steady"),
        ("PM2.5", "0 0 0 0 0 0 0 0 0 0 0 0", "no particles at all"),
        ("PM2.5", "-1 -2 0 -1 -1 -1 -1 -1 -1 -1 -1 -1", "noise around zero"),
        ("PM2.5", "-0.4 3.1 2.2 -1.5 0.3 1.9 2.5 2.1 1.1 0.8 1.7 2.0", "noise among low values"),
        ("PM2.5", "- 20.25 22.75 - - - - - - - - -", "two of the three newest are enough"),
        ("PM2.5", "18.3 - 19.9 17 16 15 14 13 12 11 10 9", "two of the three newest are enough"),
        ("PM2.5", "18.3 - - 17 16 15 14 13 12 11 10 9", "one of the three newest is not"),
        ("PM2.5", "- - - 17 16 15 14 13 12 11 10 9", "none of the three newest"),
        ("PM2.5", "812 640 590 601 700 655 480 410 330 250 190 120", "beyond the AQI"),
        ("PM10", "64 55 48 - 70 61 59 44 39 41 38 36", "whole micrograms"),
        ("PM10", "154.9 154.9 154.9 154.9 154.9 154.9 154.9 154.9 154.9 154.9 154.9 154.9", "truncated at the end"),
        ("PM10", "1200 300 90 80 75 60 55 50 48 44 41 40", "a dust storm arrives"),
    ]
    rows = []
    for pollutant, text, note in windows:
        hours = ["" if h == "-" else h for h in text.split()]
        value = weighted(pollutant, hours)
        aqi = None if value is None else particles[pollutant].aqi(value)
        rows.append([pollutant, *hours, "" if value is None else plain(value), "" if aqi is None else aqi, note])

    ozone = by_key["O3", "epa-2015", "max_8_hour"]
    for text, note in (
        ("0.061 0.058 0.05 0.04 0.03 0.02 0.01 0.01 0.02 0.02 0.03 0.03", "0.85 * 61 + 4.5 = 56.35 ppb"),
        ("- 0.058 0.05 0.04 0.03 0.02 0.01 0.01 0.02 0.02 0.03 0.03", "the hour before"),
        ("- - 0.05 0.04 0.03 0.02 0.01 0.01 0.02 0.02 0.03 0.03", "two hours before"),
        ("- - - 0.04 0.03 0.02 0.01 0.01 0.02 0.02 0.03 0.03", "too long ago"),
        ("0 0 0 0 0 0 0 0 0 0 0 0", "no ozone at all"),
        ("0 0.01 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02", "4.5 ppb, truncated"),
        ("-0.01 0.01 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02 0.02", "never negative"),
    ):
        hours = ["" if h == "-" else h for h in text.split()]
        newest = next((Decimal(h) for h in hours[:3] if h != ""), None)
        value = None
        if newest is not None:
            zero = all(Decimal(h) == 0 for h in hours if h != "")
            value = Decimal(0) if zero else ozone.truncate(newest * Decimal("0.85") + Decimal("0.0045"))
        aqi = None if value is None else ozone.aqi(value)
        rows.append(["O3", *hours, "" if value is None else plain(value), "" if aqi is None else aqi, note])
    write("nowcast.csv", ["pollutant", *[f"hour_{i}" for i in range(12)], "nowcast", "aqi", "note"], rows)


if __name__ == "__main__":
    all_tables = [Table(row) for row in TABLES]
    write_tables(all_tables)
    write_days(all_tables)
    write_nowcasts(all_tables)
