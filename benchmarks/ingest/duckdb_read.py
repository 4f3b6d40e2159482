"""Reads and types files of EPA's daily data with DuckDB: duckdb_read.py THREADS explicit|sniff FILE-LIST

explicit: the types of the columns are given, as a person who knows the files would. sniff: DuckDB finds them out. Only the
columns that geoclimate reads are asked for, and every value of theirs is converted; nothing is stored. Files are read in
groups of equal header and date format, because one read_csv takes one of each. Prints {"seconds", "cpu_seconds", "rows"}.
"""

import collections
import gzip
import json
import re
import sys
import time

import duckdb

NUMBERS = ("concentration", "aqi", "obs count", "observation count", "percent", "latitude", "longitude", "mean", "max value",
           "nval", "oval", "nx", "ny", "ox", "oy")
INTEGERS = ("poc", "parameter code")
TEXTS = ("source", "site id", "aqs site id", "units", "units of measure", "site name", "local site name", "cbsa name", "state",
         "county", "state name", "county name", "state code", "county code", "site num", "sample duration", "event type")


def type_of(header):
    name = re.sub(r"[._ ]+", " ", header.lower()).strip()
    if name in ("date", "date local"):
        return "DATE"
    if any(name.endswith(ending) or name.startswith(ending) for ending in NUMBERS):
        return "DOUBLE"
    if any(name.endswith(ending) for ending in INTEGERS):
        return "INTEGER"
    return "VARCHAR"


def is_read(header):
    name = re.sub(r"[._ ]+", " ", header.lower()).strip()
    return name in TEXTS or type_of(header) != "VARCHAR"


def fields_of(line):
    return [field.strip('"') for field in line.decode().rstrip("\r\n").split(",")]


def group(files):
    groups = collections.defaultdict(list)
    for path in files:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            header, first = file.readline(), file.readline()
        iso = re.search(rb"\d{4}-\d\d-\d\d", first) is not None and b"/" not in first.split(b",")[0]
        groups[(header, iso)].append(path)
    return groups


def query(header, iso, files, mode):
    names = fields_of(header)
    names = [name or f"column{i}" for i, name in enumerate(names)]
    counts = ", ".join('count("%s")' % name for name in names if is_read(name))
    listed = "[" + ", ".join("'%s'" % path for path in files) + "]"
    if mode == "sniff":
        options = "header = true, union_by_name = true, nullstr = ['', '.']"
    else:
        columns = ", ".join("'%s': '%s'" % (name, type_of(name)) for name in names)
        date = "%Y-%m-%d" if iso else "%m/%d/%Y"
        options = (f"header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = ['', '.'], "
                   f"dateformat = '{date}', columns = {{{columns}}}")
    return f"select count(*), {counts} from read_csv({listed}, {options})"


def main():
    threads, mode, listing = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    with open(listing, encoding="utf-8") as file:
        files = file.read().splitlines()
    groups = group(files)
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("select 1").fetchall()
    start, cpu_start = time.perf_counter(), time.process_time()
    rows = 0
    for (header, iso), members in groups.items():
        rows += connection.execute(query(header, iso, members, mode)).fetchone()[0]
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start, "rows": rows}))


main()
