"""The verb score as a person runs it, on the example that tests/golden/score works out by hand.

Usage: score_cli_test.py PROGRAM SOURCE_DIR
"""

import csv
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
GOLDEN = SOURCE / "tests/golden/score"
FORECASTS = GOLDEN / "forecasts.csv"
OBSERVATIONS = GOLDEN / "observations.csv"


class ScoreTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="geoclimate-score-")
        self.path = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def run_score(self, *arguments, observations=OBSERVATIONS):
        return subprocess.run(
            [PROGRAM, "score", *map(str, arguments), "--obs", str(observations)],
            capture_output=True, text=True, timeout=120, check=False)

    def score(self, *arguments, **options):
        result = self.run_score("--json", *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    @staticmethod
    def look_up(value, path):
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value

    def test_every_figure_is_the_one_worked_out_by_hand(self):
        report = self.score(FORECASTS)
        self.assertEqual(
            {key: report[key] for key in ("forecasts", "judged", "unobserved", "unknown_site",
                                          "without_baseline", "rejected", "rejects_by_reason")},
            {"forecasts": 6, "judged": 4, "unobserved": 1, "unknown_site": 1,
             "without_baseline": 0, "rejected": 1, "rejects_by_reason": {"quantiles_cross": 1}})
        self.assertEqual(len(report["groups"]), 1)
        group = report["groups"][0]
        self.assertEqual((group["pollutant"], group["horizon_days"], group["best_baseline"]),
                         ("PM2.5", 1, "persistence"))
        with open(GOLDEN / "expected.csv", newline="") as file:
            for row in csv.DictReader(file):
                with self.subTest(figure=row["figure"]):
                    value = self.look_up(group, row["figure"])
                    if row["value"]:
                        self.assertAlmostEqual(value, float(row["value"]), delta=2e-6)
                    else:
                        self.assertIsNone(value)
        self.assertEqual([(part["by"], part["name"], part["rows"]) for part in group["subsets"]],
                         [("season", "DJF", 4), ("p50", "over 35 ug/m3", 1),
                          ("state", "state 06", 4)])

    def test_other_forecasts_are_compared_on_the_days_of_both(self):
        against = self.score(FORECASTS, "--against", GOLDEN / "other.csv")["against"]
        self.assertEqual(against["forecasts"], 3)
        group = against["groups"][0]
        self.assertEqual(group["rows"], 2)
        self.assertAlmostEqual(group["mse_difference"], 62.5 - 250)
        self.assertAlmostEqual(group["mse_skill"], 0.75)
        self.assertIsNone(group["crps_skill"])

    def test_the_order_of_lines_columns_and_threads_change_nothing(self):
        expected = self.score(FORECASTS)
        with open(FORECASTS, newline="") as file:
            header, *rows = csv.reader(file)
        random.Random(1).shuffle(rows)
        order = random.Random(2).sample(range(len(header)), len(header))
        shuffled = self.path / "forecasts.csv.gz"
        with gzip.open(shuffled, "wt", newline="") as file:
            csv.writer(file).writerows([[row[i] for i in order] for row in [header, *rows]])
        report = self.score(shuffled, "--threads", "3")
        self.assertEqual(report["groups"], expected["groups"])

    def test_lines_that_cannot_be_read_are_told_and_listed(self):
        path = self.path / "forecasts.csv"
        path.write_bytes(FORECASTS.read_bytes() + b'PM2.5,"06\xff\nPM2.5,here,2020-01-01,1\n')
        rejects = self.path / "rejects.csv"
        result = self.run_score(path, "--rejects", rejects)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"3 lines of {path} rejected:", result.stdout)
        with open(rejects, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["line"], row["column"], row["reason"]) for row in rows],
                         [("8", "p50", "quantiles_cross"), ("9", "", "malformed_quotes"),
                          ("10", "", "field_count")])
        self.assertTrue(all(row["file"] == str(path) for row in rows))

    def test_groups_of_the_file_are_scored(self):
        path = self.path / "forecasts.csv"
        lines = FORECASTS.read_text().splitlines()
        path.write_text("\n".join([lines[0] + ",group"] + [
            line + (",unseen" if i % 2 else ",") for i, line in enumerate(lines[1:])]))
        subsets = self.score(path, "--group-by", "group")["groups"][0]["subsets"]
        self.assertEqual([(part["name"], part["rows"]) for part in subsets if part["by"] == "group"],
                         [("(none)", 2), ("unseen", 2)])
        refused = self.run_score(FORECASTS, "--group-by", "group")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no column 'group'", refused.stderr)

    def test_an_html_page_is_written_beside_the_table(self):
        page = self.path / "scores.html"
        result = self.run_score(FORECASTS, "--html", page)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("PM2.5 D+1: 4 forecasts", result.stdout)
        html = page.read_text()
        self.assertTrue(html.startswith("<!doctype html>"))
        self.assertGreaterEqual(html.count("<svg"), 5)

    def test_wrong_use_is_refused_by_name(self):
        missing = self.run_score(self.path / "none.csv")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("none.csv", missing.stderr)
        self.assertEqual(self.run_score(FORECASTS, "--alert-threshold", "1.5").returncode, 2)
        self.assertEqual(self.run_score(FORECASTS, "--group-by", "planet").returncode, 2)
        self.assertEqual(self.run_score(FORECASTS, observations=self.path / "none").returncode, 1)
        other = self.path / "other.csv"
        other.write_text("a,b\n1,2\n")
        refused = self.run_score(other)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no column 'pollutant'", refused.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
