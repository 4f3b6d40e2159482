"""Reads files of EPA's daily data with pandas and stores them in SQLite: pandas_store.py DATABASE tables|table FILE-LIST

tables: read_csv and to_sql and nothing else: all columns as they are, a table for each header.
table: into one table, as a program needs them: the columns that geoclimate keeps under common names, ISO dates.

Either way a transaction a file under SQLite's own defaults, which are as durable as geoclimate's settings; no keys, no
versions, no checks. Prints {"seconds", "cpu_seconds", "rows"}.
"""

import json
import re
import sqlite3
import sys
import time

import pandas

NAMES = {
    "date local": "date", "aqs site id": "site id", "units of measure": "units", "daily aqi value": "aqi",
    "local site name": "site name", "daily obs count": "observation count", "percent complete": "observation percent",
    "aqs parameter code": "parameter code", "cbsa name": "cbsa", "state name": "state", "county name": "county",
    "site latitude": "latitude", "site longitude": "longitude", "1st max value": "value", "nval": "value", "oval": "value",
    "nx": "latitude", "ny": "longitude", "ox": "latitude", "oy": "longitude",
}
KEPT = ["date", "source", "site id", "state code", "county code", "site num", "poc", "value", "units", "aqi", "site name",
        "observation count", "observation percent", "parameter code", "cbsa", "state", "county", "latitude", "longitude",
        "sample duration", "event type"]


def common_name(header):
    name = re.sub(r"[._ ]+", " ", header.lower()).strip()
    return "value" if name.startswith("daily m") and name.endswith("concentration") else NAMES.get(name, name)


def into_one_table(frame):
    frame = frame.rename(columns=common_name).reindex(columns=KEPT)
    frame["date"] = pandas.to_datetime(frame["date"]).dt.strftime("%Y-%m-%d")
    return frame


def main():
    database, mode, listing = sys.argv[1:]
    with open(listing, encoding="utf-8") as file:
        files = file.read().splitlines()
    start, cpu_start = time.perf_counter(), time.process_time()
    connection = sqlite3.connect(database)
    tables = {}
    rows = 0
    for path in files:
        frame = pandas.read_csv(path, low_memory=False)
        if mode == "table":
            frame = into_one_table(frame)
        table = tables.setdefault(tuple(frame.columns), f"observations{len(tables)}")
        frame.to_sql(table, connection, if_exists="append", index=False)
        connection.commit()
        rows += len(frame)
    connection.close()
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start, "rows": rows}))


main()
