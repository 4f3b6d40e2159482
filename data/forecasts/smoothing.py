"""Forecasts PM2.5 of the next one to three days as anybody might without geo-climate, for people to try `geoclimate score` on.

Each site's logarithm is smoothed exponentially twice, over about two days and about a month; tomorrow lies between the two. The spread
comes from the site's own errors so far. Nothing of a day after the issue day is used. The output is the same on every machine.

Usage: smoothing.py FIRST_ISSUE_DAY LAST_ISSUE_DAY EPA_DAILY_FILE.csv.gz... > forecasts.csv
"""

import collections
import csv
import datetime
import gzip
import math
import sys

LOWEST = 0.5  # ug/m3; below it an instrument's noise, of which there is no logarithm
WEIGHT = {1: 0.62, 2: 0.34, 3: 0.24}  # of the fast mean
Z80 = 1.2816  # of a normal distribution's 80 % interval


def read_values(paths):
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in paths:
        with gzip.open(path, "rt", encoding="latin-1", newline="") as file:
            for row in csv.DictReader(file):
                text = row.get("Daily Mean PM2.5 Concentration")
                if not text:
                    continue
                day = datetime.datetime.strptime(row["Date"], "%m/%d/%Y").date()
                values[row["Site ID"].zfill(9)][day].append(float(text))
    return {site: {day: sum(of_day) / len(of_day) for day, of_day in days.items()}
            for site, days in values.items()}


def over_100(center, spread):
    """P(value > 35.4 ug/m3), which is AQI 100 by the table of 2024."""
    return 0.5 * math.erfc((math.log(35.45) - center) / (spread * math.sqrt(2)))


def forecast_site(site, values, first, last, write):
    fast = slow = None
    square = {lead: 0.25 for lead in WEIGHT}  # of the errors of logarithms
    issued = {lead: {} for lead in WEIGHT}
    newest = day = min(values)
    while day <= last:
        if day in values:
            newest = day
            log = math.log(max(values[day], LOWEST))
            fast = log if fast is None else fast + 0.75 * (log - fast)
            slow = log if slow is None else slow + 0.05 * (log - slow)
            for lead in WEIGHT:
                said = issued[lead].pop(day, None)
                if said is not None:
                    square[lead] += 0.02 * ((log - said) ** 2 - square[lead])
        for lead, weight in WEIGHT.items():
            center = slow + weight * (fast - slow)
            issued[lead][day + datetime.timedelta(lead)] = center
            if day < first or day - newest > datetime.timedelta(7):
                continue
            spread = math.sqrt(square[lead])
            low, middle, high = (math.exp(center + z * spread) for z in (-Z80, 0, Z80))
            write(f"PM2.5,{site},{day},{lead},{math.exp(center + spread ** 2 / 2):.2f},"
                  f"{low:.2f},{middle:.2f},{high:.2f},{over_100(center, spread):.4f}\n")
        day += datetime.timedelta(1)


def main():
    first, last = map(datetime.date.fromisoformat, sys.argv[1:3])
    sys.stdout.write("pollutant,site_id,issued_date,horizon_days,mean,p10,p50,p90,p_aqi_over_100\n")
    for site, values in sorted(read_values(sys.argv[3:]).items()):
        forecast_site(site, values, first, last, sys.stdout.write)


if __name__ == "__main__":
    main()
