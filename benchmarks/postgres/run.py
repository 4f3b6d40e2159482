"""Ours and PostgreSQL's own tools in turn: run.py POSTGRES_COST [--rows N] [--reads N] [--pairs N]

Prints each pair, and as the last line JSON with the medians and their spread.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))

from postgres import FOLDER, PostgresServer  # noqa: E402

STATEMENT = "SELECT (SELECT id FROM origins WHERE name = :name), (SELECT max(id) FROM origins)"
COLUMNS = "start, value, available_at_floor, series, origin, receipt, source, completeness, monitor"


def ours(program, url, what, count):
    out = subprocess.run([program, what, str(count)], check=True, stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "DATABASE_URL": url}).stdout
    return float(out)


def psql(url, *commands):
    arguments = [part for command in commands for part in ("-c", command)]
    begin = time.monotonic()
    subprocess.run([FOLDER / "psql", "-X", "-q", url, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def insert_pair(server, program, rows, file):
    url = server.url(server.new_database())
    mine = ours(program, url, "insert", rows)
    psql(url, f"\\copy observation_versions ({COLUMNS}) TO '{file}'", "TRUNCATE observation_versions", "CHECKPOINT")
    # The start of psql is not what is compared.
    start = psql(url, "SELECT 1")
    theirs = psql(url, f"\\copy observation_versions ({COLUMNS}) FROM '{file}'") - start
    return mine, theirs


def read_pair(server, program, url, reads, script):
    mine = reads / ours(program, url, "read", reads)
    out = subprocess.run([FOLDER / "pgbench", "-n", "-M", "prepared", "-c", "1", "-t", str(reads), "-f", script, url],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    theirs = float(re.search(r"tps = ([\d.]+) \(without initial", out).group(1))
    return mine, theirs


def summary(ratios):
    return {"ratio": round(statistics.median(ratios), 3), "ratio_min": round(min(ratios), 3), "ratio_max": round(max(ratios), 3)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--reads", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=9)
    options = parser.parse_args()
    inserts, reads = [], []
    with PostgresServer(parent="/var/tmp", settings=[]) as server, tempfile.TemporaryDirectory() as folder:
        for _ in range(options.pairs):
            mine, theirs = insert_pair(server, options.program, options.rows, os.path.join(folder, "rows"))
            inserts.append(theirs / mine)
            print(f"insert {options.rows} rows: {mine:.2f} s, psql {theirs:.2f} s, {theirs / mine:.2f} x", file=sys.stderr)
        url = server.url(server.new_database())
        ours(options.program, url, "insert", 500)
        psql(url, "INSERT INTO origins SELECT i + 10, i::text FROM generate_series(1, 5000) AS i", "VACUUM ANALYZE origins")
        script = os.path.join(folder, "read.sql")
        pathlib.Path(script).write_text(f"\\set name random(1, 5000)\n{STATEMENT};\n")
        for _ in range(options.pairs):
            mine, theirs = read_pair(server, options.program, url, options.reads, script)
            reads.append(mine / theirs)
            print(f"reads a second: {mine:.0f}, pgbench {theirs:.0f}, {mine / theirs:.2f} x", file=sys.stderr)
        version = server.query("postgres", "SHOW server_version")[0]
    print(json.dumps({"postgresql": version, "rows": options.rows, "insert": summary(inserts), "read": summary(reads)}))


if __name__ == "__main__":
    main()
