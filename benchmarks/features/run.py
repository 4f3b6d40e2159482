"""Feature rows by feature_rows and by polars in turn, one thread each: run.py FEATURE_ROWS HISTORY.csv [POLLUTANT [PAIRS]]

Checks first that both tables are the same, then prints each pair's CPU seconds and, as the last line, JSON with the
medians and their ratio.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command):
    environment = dict(os.environ, POLARS_MAX_THREADS="1")
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return json.loads(out.splitlines()[-1])


def main():
    program, history = sys.argv[1:3]
    pollutant = sys.argv[3] if len(sys.argv) > 3 else "pm25"
    pairs = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    ours = [program, history, pollutant, "1"]
    theirs = [sys.executable, os.path.join(HERE, "polars_rows.py"), history, pollutant]
    with tempfile.TemporaryDirectory() as folder:
        rows = os.path.join(folder, "rows.bin")
        measure(ours + [rows])
        measure(theirs + [rows])
    print("the tables agree", file=sys.stderr)

    a, b = [], []
    for _ in range(pairs):
        a.append(measure(ours))
        b.append(measure(theirs))
        print(f"feature_rows {a[-1]['cpu_seconds']:.2f} s, polars {b[-1]['cpu_seconds']:.2f} s", file=sys.stderr)
    ratios = [y["cpu_seconds"] / x["cpu_seconds"] for x, y in zip(a, b)]
    print(json.dumps({
        "pollutant": pollutant, "rows": a[0]["rows"], "columns": a[0]["columns"], "polars": b[0]["polars"],
        "cpu_seconds": statistics.median(x["cpu_seconds"] for x in a),
        "polars_cpu_seconds": statistics.median(y["cpu_seconds"] for y in b),
        "ratio": round(statistics.median(ratios), 1), "ratio_min": round(min(ratios), 1), "ratio_max": round(max(ratios), 1),
    }))


if __name__ == "__main__":
    main()
