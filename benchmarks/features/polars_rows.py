"""The columns of feature_rows in polars: polars_rows.py HISTORY.csv POLLUTANT [ROWS.bin]

Reads HISTORY.csv, then times the work from the daily values to the table of all rows and prints one line of JSON.
With ROWS.bin it compares its table with that file of feature_rows, column by column, and exits 1 where they differ.
POLARS_MAX_THREADS sets the threads. Written the way polars is fast: dense days, rolling and cumulative expressions, one
join with the pairs of neighbours, gathers instead of range joins.
"""

import array
import json
import math
import sys
import time

import polars as pl

SLUGS = ["pm25", "pm10", "o3", "no2", "so2", "co"]
UNITS = {"pm25": "ug_m3", "pm10": "ug_m3", "o3": "ppm", "no2": "ppb", "so2": "ppb", "co": "ppm"}
SECTORS = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
WINDOWS = [3, 7, 14, 30, 90]
LAGS = [0, 1, 2, 3, 4, 5, 6, 7, 14]


def pairs_within(sites, radius_km):
    """(site, other, distance, sector), both ways, without the site itself; nearest first."""
    earth = 6371.0
    lat, lon = pl.col("latitude").radians(), pl.col("longitude").radians()
    here = sites.drop_nulls().select("site", lat.alias("la"), lon.alias("lo"))
    both = here.join(here.rename({"site": "other", "la": "lb", "lo": "mo"}), how="cross").filter(
        (pl.col("site") != pl.col("other")) & ((pl.col("la") - pl.col("lb")).abs() <= radius_km / earth * 1.01))
    dla, dlo = pl.col("lb") - pl.col("la"), pl.col("mo") - pl.col("lo")
    h = (dla / 2).sin().pow(2) + pl.col("la").cos() * pl.col("lb").cos() * (dlo / 2).sin().pow(2)
    east = dlo.sin() * pl.col("lb").cos()
    north = pl.col("la").cos() * pl.col("lb").sin() - pl.col("la").sin() * pl.col("lb").cos() * dlo.cos()
    bearing = pl.arctan2(east, north).degrees() % 360
    return (
        both.with_columns((2 * earth * h.sqrt().arcsin()).alias("distance"),
                          (((bearing + 22.5) / 45).floor() % 8).cast(pl.Int8).alias("sector"))
        .filter(pl.col("distance") <= radius_km)
        .select("site", "other", "distance", "sector")
        .sort("site", "distance", "other")
    )


def dense(values, extra_days=0):
    """Every day from each site's first value to its last (plus extra_days), null where nothing was measured."""
    ends = values.group_by("site").agg(pl.col("day").min().alias("first"), pl.col("day").max().alias("end"))
    days = (
        ends.with_columns(pl.int_ranges(pl.col("first"), pl.col("end") + 1 + extra_days, dtype=pl.Int32).alias("day"))
        .select("site", "first", "end", "day").explode("day").sort("site", "day")
    )
    return days.join(values.select("site", "day", "value"), on=["site", "day"], how="left", maintain_order="left")


def own_columns(grid, slug, unit):
    v, name = pl.col("value"), lambda stem: f"{slug}_{stem}_{unit}"
    columns = [v.shift(lag).over("site").alias(name(f"lag{lag}")) for lag in LAGS]
    newest = pl.when(v.is_not_null()).then(pl.col("day")).forward_fill().over("site")
    columns += [v.forward_fill().over("site").alias(name("last")), (pl.col("day") - newest).alias(f"{slug}_age_days")]
    for w in WINDOWS:
        columns += [
            v.rolling_mean(w, min_samples=1).over("site").alias(name(f"mean{w}")),
            v.rolling_std(w, min_samples=2).over("site").alias(name(f"std{w}")),
            v.rolling_max(w, min_samples=1).over("site").alias(name(f"max{w}")),
            v.rolling_min(w, min_samples=1).over("site").alias(name(f"min{w}")),
            v.is_not_null().cast(pl.Int32).rolling_sum(w, min_samples=1).over("site").alias(f"{slug}_count{w}_days"),
        ]
    columns += [v.fill_null(0).cum_sum().over("site").alias("sum"), v.is_not_null().cum_sum().over("site").alias("count")]
    grid = grid.with_columns(columns).with_columns(
        (pl.col("sum") / pl.col("count")).alias(name("mean_all")),
        (pl.col(name("lag0")) - pl.col(name("lag1"))).alias(name("change1")),
        (pl.col(name("mean7")) - pl.col(name("mean30"))).alias(name("trend")))
    return grid.with_columns(season(grid).alias(name("season")))


def season(grid):
    """Mean within 15 days of the date in earlier years: differences of the running sums, gathered."""
    index = grid.select("first", "end", "day").with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"), pl.col("day").cast(pl.Date).alias("date"))
    sums, counts = grid["sum"], grid["count"]
    total = pl.Series("total", [0.0]).new_from_index(0, grid.height)
    number = pl.Series("number", [0]).new_from_index(0, grid.height)
    years = (int((grid["end"] - grid["first"]).max()) + 15) // 365 + 1
    for back in range(1, years + 1):
        middle = index["date"].dt.offset_by(f"-{back}y").cast(pl.Int32)
        parts = []
        for at in (middle + 15, middle - 16):
            bounded = pl.select(pl.min_horizontal(at, index["end"])).to_series()
            gone = bounded - index["day"]  # steps back from the row itself, negative
            inside = bounded >= index["first"]
            row = pl.select(pl.when(inside).then(index["row"] + gone).otherwise(0)).to_series()
            parts.append((sums.gather(row) * inside, counts.gather(row) * inside))
        total = total + parts[0][0] - parts[1][0]
        number = number + parts[0][1].cast(pl.Int64) - parts[1][1].cast(pl.Int64)
    return pl.select(pl.when(number > 0).then(total / number)).to_series()


def neighbour_columns(keys, grid, pairs, slug, unit):
    name = lambda stem: f"{slug}_{stem}_{unit}"
    mean30 = pl.col(name("mean30"))
    said = pl.concat([
        grid.select(pl.col("site").alias("other"), "day", "value", pl.col("value").shift(1).over("site").alias("before"),
                    (pl.col("value") - mean30).alias("anomaly")),
        # The day after a site's last value knows only the day before.
        grid.filter(pl.col("day") == pl.col("end")).select(
            pl.col("site").alias("other"), pl.col("day") + 1, pl.lit(None, pl.Float64).alias("value"),
            pl.col("value").alias("before"), pl.lit(None, pl.Float64).alias("anomaly")),
    ]).filter(pl.col("value").is_not_null() | pl.col("before").is_not_null())
    seen = (
        keys.join(pairs, on="site").join(said, on=["other", "day"])
        .with_columns((1 / pl.max_horizontal("distance", 1.0)).alias("w"))
        .sort("site", "day", "distance", "other")
    )
    w = pl.col("w")

    def mean(value, where):
        use = where & pl.col(value).is_not_null()
        weights = w.filter(use).sum()
        return pl.when(weights > 0).then((pl.col(value) * w).filter(use).sum() / weights)

    near = lambda km: pl.col("distance") <= km
    today = pl.col("value").is_not_null()
    five = lambda column: pl.col(column).filter(today).head(5)
    change = (pl.col("value") - pl.col("before")).filter(today).head(5)
    aggregates = [mean("value", near(km)).alias(name(f"near{km}")) for km in (50, 150, 400)]
    aggregates += [mean("before", near(km)).alias(name(f"near{km}_lag1")) for km in (50, 150, 400)]
    aggregates += [
        mean("anomaly", near(150)).alias(name("near150_anomaly")),
        five("value").mean().alias(name("nearest5_mean")),
        five("value").max().alias(name("nearest5_max")),
        change.mean().alias(name("nearest5_change")),
        pl.col("distance").filter(today).first().alias(f"{slug}_nearest_km"),
        (today & near(150)).sum().alias(f"{slug}_near150_sites"),
    ]
    aggregates += [mean("value", pl.col("sector") == i).alias(name(sector)) for i, sector in enumerate(SECTORS)]
    return seen.group_by("site", "day", maintain_order=True).agg(aggregates)


def co_pollutant(keys, values, pairs, slug, unit):
    """The newest of 7 days and their mean from the nearest site (first the site itself) within 25 km."""
    grid = dense(values, extra_days=6).with_columns(
        pl.col("value").forward_fill(6).over("site").alias(f"{slug}_last_{unit}"),
        pl.col("value").rolling_mean(7, min_samples=1).over("site").alias(f"{slug}_mean7_{unit}"),
    ).filter(pl.col(f"{slug}_last_{unit}").is_not_null()).select(
        pl.col("site").alias("other"), "day", f"{slug}_last_{unit}", f"{slug}_mean7_{unit}")
    return (
        keys.join(pairs, on="site").join(grid, on=["other", "day"]).sort("site", "day", "rank")
        .group_by("site", "day", maintain_order=True).first().drop("other", "rank")
    )


def calendar(keys, slug):
    date = pl.col("day").cast(pl.Date)
    turn = lambda share: 2 * math.pi * share
    week, year = (date.dt.weekday() - 1) / 7, (date.dt.ordinal_day() - 1) / 365.25
    columns = [turn(week).sin().alias("week_sin"), turn(week).cos().alias("week_cos")]
    if slug != "o3":
        columns += [turn(year).sin().alias("year_sin"), turn(year).cos().alias("year_cos"),
                    turn(2 * year).sin().alias("halfyear_sin"), turn(2 * year).cos().alias("halfyear_cos")]
    return keys.with_columns(columns)


def rows(history, slug):
    unit = UNITS[slug]
    sites = history.select("site", "latitude", "longitude").unique("site").sort("site")
    values = history.filter(pl.col("pollutant") == slug).select("site", "day", "value").sort("site", "day")
    pairs = pairs_within(sites, 400.0)
    grid = own_columns(dense(values), slug, unit)
    keys = values.select("site", "day")
    table = calendar(keys, slug).join(grid.drop("value", "first", "end", "sum", "count"), on=["site", "day"], how="left")
    table = table.join(sites.rename({"latitude": "latitude_degrees", "longitude": "longitude_degrees"}), on="site", how="left")
    table = table.join(neighbour_columns(keys, grid, pairs, slug, unit), on=["site", "day"], how="left")
    own = sites.select("site", pl.col("site").alias("other"), pl.lit(-1.0).alias("distance"))
    near = pl.concat([own, pairs.filter(pl.col("distance") <= 25).select("site", "other", "distance")]).sort(
        "site", "distance", "other").with_columns(pl.int_range(pl.len()).over("site").alias("rank")).drop("distance")
    for other in SLUGS:
        if other == slug:
            continue
        others = history.filter(pl.col("pollutant") == other).select("site", "day", "value").sort("site", "day")
        table = table.join(co_pollutant(keys, others, near, other, UNITS[other]), on=["site", "day"], how="left")
    return table.with_columns(pl.col(f"{slug}_near150_sites").fill_null(0)).sort("site", "day")


def compare(table, path):
    names = open(path + ".columns").read().split()
    floats = array.array("f")
    with open(path, "rb") as file:
        floats.frombytes(file.read())
    differing = 0
    for i, name in enumerate(names):
        ours = pl.Series(floats[i::len(names)], dtype=pl.Float64).fill_nan(None)
        theirs = table[name].cast(pl.Float64)
        scale = max(abs(theirs.drop_nulls()).quantile(0.99) or 0, 1e-3)
        far = ((ours - theirs).abs() > 1e-4 * theirs.abs() + 1e-5 * scale).fill_null(False)
        bad = int((far | (ours.is_null() != theirs.is_null())).sum())
        if bad:
            differing += 1
            print(f"{name}: {bad} of {len(ours)} differ", file=sys.stderr)
    return differing


def main():
    path, slug = sys.argv[1], sys.argv[2]
    history = pl.read_csv(path, schema_overrides={"site": pl.String, "day": pl.Date, "value": pl.Float64}).with_columns(
        pl.col("site").cast(pl.Int64), pl.col("day").cast(pl.Int32))
    wall, cpu = time.perf_counter(), time.process_time()
    table = rows(history, slug)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"rows": table.height, "columns": table.width - 2, "seconds": round(wall, 4), "cpu_seconds": round(cpu, 4),
                      "threads": pl.thread_pool_size(), "polars": pl.__version__}))
    return 1 if len(sys.argv) > 3 and compare(table, sys.argv[3]) else 0


if __name__ == "__main__":
    sys.exit(main())
