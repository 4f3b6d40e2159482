"""Both fits in turn: run.py TRAINING_COST [ROUNDS [PAIRS]]

Checks first that both models predict the same, then prints each pair's CPU seconds and, as the last line, JSON with the
medians and the ratio ours / XGBoost's.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def measure(command):
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return json.loads(out.splitlines()[-1])


def main():
    program = sys.argv[1]
    rounds = sys.argv[2] if len(sys.argv) > 2 else "100"
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    python = [sys.executable, os.path.join(HERE, "xgboost_cost.py")]
    with tempfile.TemporaryDirectory() as folder:
        rows, a_out, b_out = (os.path.join(folder, name) for name in ("rows", "a", "b"))
        subprocess.run(python + ["--make", rows], check=True)
        ours = [program, rows, rounds, "1", a_out]
        theirs = python + [rows, rounds, "1", b_out]
        a, b = [], []
        for _ in range(pairs):
            a.append(measure(ours))
            b.append(measure(theirs))
            print(f"training {a[-1]['cpu_seconds']:.2f} s, XGBoost's Python {b[-1]['cpu_seconds']:.2f} s", file=sys.stderr)
            with open(a_out, "rb") as x, open(b_out, "rb") as y:
                if x.read() != y.read():
                    sys.exit("the two models predict differently")
    ratios = [x["cpu_seconds"] / y["cpu_seconds"] for x, y in zip(a, b)]
    print(json.dumps({
        "rows": a[0]["rows"], "rounds": int(rounds), "xgboost": b[0]["xgboost"],
        "cpu_seconds": statistics.median(x["cpu_seconds"] for x in a),
        "xgboost_cpu_seconds": statistics.median(y["cpu_seconds"] for y in b),
        "ratio": round(statistics.median(ratios), 3), "ratio_min": round(min(ratios), 3), "ratio_max": round(max(ratios), 3),
    }))


if __name__ == "__main__":
    main()
