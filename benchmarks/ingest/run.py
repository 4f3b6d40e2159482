"""How fast are files read, and stored, against DuckDB and pandas? See README.md.

Runs the candidates in turn, --pairs times, and prints for each question the ratio of their times, pair by pair: median and
spread. Wall time is what the bars are about; the ratio of CPU time stands beside it, because it does not depend on what
else the machine does.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def timed(command, by_its_own_clock=False):
    """Wall and CPU seconds, peak memory in MB and rows of a command, which prints one JSON object.

    Peers go by their own clock, which leaves out the start of Python and its imports; we go by the life of the process.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    # Our 1 says that files were refused.
    if process.returncode not in (0, 1) or not output:
        sys.exit(f"failed with {process.returncode}: {' '.join(map(str, command))}")
    report = json.loads(output)
    measured = {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
                "rows": report.get("rows_read", report.get("rows"))}
    if by_its_own_clock:
        measured.update({"seconds": report["seconds"], "cpu_seconds": report["cpu_seconds"]})
    return measured


class Question:
    def __init__(self, name, bar, ours, other):
        self.name, self.bar, self.ours, self.other = name, bar, ours, other
        self.pairs = []

    def run(self):
        self.pairs.append({"ours": self.ours(), "other": self.other()})

    def summary(self):
        def ratios(key):
            return sorted(pair["other"][key] / pair["ours"][key] for pair in self.pairs)
        wall, cpu = ratios("seconds"), ratios("cpu_seconds")
        return {"question": self.name, "bar": self.bar, "ratio": statistics.median(wall), "least": wall[0], "most": wall[-1],
                "cpu_ratio": statistics.median(cpu), "cpu_least": cpu[0], "cpu_most": cpu[-1],
                "ours_seconds": statistics.median(p["ours"]["seconds"] for p in self.pairs),
                "other_seconds": statistics.median(p["other"]["seconds"] for p in self.pairs),
                "ours_cpu_seconds": statistics.median(p["ours"]["cpu_seconds"] for p in self.pairs),
                "other_cpu_seconds": statistics.median(p["other"]["cpu_seconds"] for p in self.pairs),
                "ours_peak_mb": max(p["ours"]["peak_mb"] for p in self.pairs),
                "other_peak_mb": max(p["other"]["peak_mb"] for p in self.pairs),
                "rows": self.pairs[0]["ours"]["rows"], "pairs": self.pairs}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "data/epa", help="folder of files (the bundled sample)")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/geoclimate")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", metavar="WORD", help="only the questions that hold this word: parse, whole, told ...")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench-ingest.json")
    arguments = parser.parse_args()

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="geoclimate-bench-"))
    files = sorted(str(path) for path in arguments.data.rglob("*.csv.gz"))
    listing = scratch / "files"
    listing.write_text("\n".join(files), encoding="utf-8")
    threads = str(arguments.threads)

    def ours(*options):
        data = scratch / "data"
        shutil.rmtree(data, ignore_errors=True)
        return timed([arguments.program, "ingest", "--json", "--threads", threads, "--data-dir", data, *options, *files])

    def duckdb(mode):
        return timed([sys.executable, HERE / "duckdb_read.py", threads, mode, listing], by_its_own_clock=True)

    def pandas(mode):
        database = scratch / "pandas.db"
        for left in scratch.glob("pandas.db*"):
            left.unlink()
        return timed([sys.executable, HERE / "pandas_store.py", database, mode, listing], by_its_own_clock=True)

    questions = [
        Question("parse and type, DuckDB told the types", 1, lambda: ours("--dry-run"), lambda: duckdb("explicit")),
        Question("parse and type, DuckDB finding the types", 1, lambda: ours("--dry-run"), lambda: duckdb("sniff")),
        Question("whole ingest into SQLite, pandas into one table", 10, ours, lambda: pandas("table")),
        Question("whole ingest into SQLite, pandas into a table for each header", None, ours, lambda: pandas("tables")),
    ]
    if arguments.only:
        questions = [question for question in questions if arguments.only in question.name]
    for number in range(arguments.pairs):
        for question in questions:
            print(f"pair {number + 1} of {arguments.pairs}: {question.name}", file=sys.stderr)
            question.run()
    shutil.rmtree(scratch)

    summaries = [question.summary() for question in questions]
    print(f"{len(files)} files, {summaries[0]['rows']} rows, {threads} threads, {arguments.pairs} pairs")
    for s in summaries:
        bar = f"; bar {s['bar']} x" if s["bar"] else ""
        print(f"{s['question']}: {s['ratio']:.1f} x ({s['least']:.1f} to {s['most']:.1f}{bar}); CPU time "
              f"{s['cpu_ratio']:.1f} x ({s['cpu_least']:.1f} to {s['cpu_most']:.1f}); {s['ours_seconds']:.2f} s against "
              f"{s['other_seconds']:.2f} s; peak {s['ours_peak_mb']:.0f} MB against {s['other_peak_mb']:.0f} MB")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"machine": os.uname().release, "threads": arguments.threads,
                                          "data": str(arguments.data), "questions": summaries}, indent=1) + "\n")
    return 0 if all(s["ratio"] >= (s["bar"] or 0) for s in summaries) else 1


sys.exit(main())
