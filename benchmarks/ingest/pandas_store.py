"""Reads files of EPA's daily data with pandas and stores them in SQLite: pandas_store.py DATABASE FILE-LIST

The plain way, read_csv and to_sql: all columns as they are, a table for each header, a transaction a file. No keys, no
versions, no checks; SQLite's own defaults, which are as durable as geoclimate's settings. Prints {"seconds", "cpu_seconds",
"rows"}.
"""

import json
import sqlite3
import sys
import time

import pandas


def main():
    database, listing = sys.argv[1], sys.argv[2]
    with open(listing, encoding="utf-8") as file:
        files = file.read().splitlines()
    start, cpu_start = time.perf_counter(), time.process_time()
    connection = sqlite3.connect(database)
    tables = {}
    rows = 0
    for path in files:
        frame = pandas.read_csv(path, low_memory=False)
        table = tables.setdefault(tuple(frame.columns), f"observations{len(tables)}")
        frame.to_sql(table, connection, if_exists="append", index=False)
        connection.commit()
        rows += len(frame)
    connection.close()
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start, "rows": rows}))


main()
