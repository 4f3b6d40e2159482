"""The verbs ingest and aqi --verify as a person runs them: exit codes, output, files left behind.

Usage: ingest_cli_test.py PROGRAM SOURCE_DIR
"""

import csv
import gzip
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
VARIANTS = SOURCE / "data/epa/variants"
HEADER = "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,UNITS,DAILY_AQI_VALUE\n"
ROW = "1/1/2020,AQS,060371103,1,9.1,ug/m3 LC,38\n"


class IngestTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="geoclimate-ingest-")
        self.path = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_verb(self, *arguments):
        return subprocess.run(
            [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)

    def ingest(self, *arguments, data="data"):
        result = self.run_verb("ingest", "--json", "--data-dir", self.path / data, *arguments)
        return result, json.loads(result.stdout) if result.stdout else None

    def test_reads_every_variant_and_refuses_two(self):
        result, report = self.ingest(VARIANTS)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(report["files"], 20)
        self.assertEqual(report["refused_files"], 2)
        self.assertEqual(report["rows_read"], 47467)
        self.assertEqual(report["observations_new"] + report["observations_replaced"]
                         + report["observations_unchanged"], 46944)
        self.assertEqual(report["skipped_lead"], 523)
        self.assertEqual(report["rejected"], 0)
        reasons = {pathlib.Path(f["file"]).name.split("_")[0]: f["reason"] for f in report["refused"]}
        self.assertIn("AQI values have a fraction", reasons["gap-filled"])
        self.assertIn("site_id is missing", reasons["no-site-id"])
        self.assertIn("gap-filled", result.stderr)

        again, report = self.ingest(VARIANTS)
        self.assertEqual(again.returncode, 1)
        self.assertEqual(report["observations_new"], 0)
        self.assertEqual(report["observations_replaced"], 0)
        self.assertEqual(report["observations_unchanged"], 46944)

    def test_names_what_is_wrong_with_bad_input(self):
        self.write("date.csv", HEADER + ROW.replace("1/1/2020", "2/30/2020") + ROW)
        self.write("value.csv", HEADER + ROW.replace("9.1", "1e6") + ROW.replace("9.1", "-0.4"))
        self.write("unit.csv", HEADER + ROW.replace("ug/m3 LC", "furlongs"))
        self.write("encoding.csv", HEADER.encode() + ROW.encode().replace(b"ug/m3 LC", b"\xb5g/m3"))
        self.write("quotes.csv", HEADER + '"1/1/2020"x,AQS\n' + ROW)
        self.write("long.csv", HEADER + "x" * 10_000_000 + "\n" + ROW)
        self.write("twice.csv", HEADER + ROW + ROW.replace("9.1", "9.3").replace("38", "39"))
        self.write("truncated.csv.gz", gzip.compress((HEADER + ROW * 1000).encode())[:-10])
        self.write("utf16.csv", (HEADER + ROW).encode("utf-16"))
        self.write("other.csv", "id,price\n1,2\n")
        self.write("binary.csv", bytes(range(256)) * 100)
        result, report = self.ingest(self.path, "--rejects", self.path / "rejects.txt")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(report["rejects_by_reason"], {
            "record_too_long": 1, "malformed_quotes": 1, "bad_encoding": 1, "impossible_date": 1,
            "unknown_unit": 1, "implausible_value": 1})
        self.assertEqual(report["rejected"], 6)
        self.assertEqual(report["observations_new"], 1)
        self.assertEqual(report["observations_replaced"], 2)
        refused = {pathlib.Path(f["file"]).name: f["reason"] for f in report["refused"]}
        self.assertEqual(set(refused), {"truncated.csv.gz", "utf16.csv", "other.csv", "binary.csv"})
        self.assertIn("truncated.csv.gz: ends in the middle at byte", refused["truncated.csv.gz"])
        self.assertIn("UTF-16", refused["utf16.csv"])
        self.assertIn("expected", refused["other.csv"])
        with open(self.path / "rejects.txt", encoding="utf-8", newline="") as file:
            rejects = {(pathlib.Path(r["file"]).name, r["line"], r["column"]): r["reason"]
                       for r in csv.DictReader(file)}
        self.assertEqual(rejects, {
            ("date.csv", "2", "1"): "impossible_date", ("value.csv", "2", "5"): "implausible_value",
            ("unit.csv", "2", "6"): "unknown_unit", ("encoding.csv", "2", "6"): "bad_encoding",
            ("quotes.csv", "2", "1"): "malformed_quotes", ("long.csv", "2", "1"): "record_too_long"})

    def test_stores_nothing_on_a_dry_run(self):
        self.write("a.csv", HEADER + ROW)
        result, report = self.ingest("--dry-run", self.path / "a.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(report["observations"], 1)
        self.assertFalse((self.path / "data").exists())

    def test_reads_the_column_maps_of_a_folder(self):
        sources = self.path / "sources"
        sources.mkdir()
        text = (SOURCE / "config/sources/epa_daily.yaml").read_text()
        (sources / "mine.yaml").write_text(text.replace("date: [Date]", "date: [Tag]"))
        self.write("a.csv", (HEADER + ROW).replace("Date", "Tag"))
        result, report = self.ingest("--sources", sources, self.path / "a.csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(report["observations_new"], 1)
        (sources / "mine.yaml").write_text("name: x\n")
        result, _ = self.ingest("--sources", sources, self.path / "a.csv")
        self.assertEqual(result.returncode, 1)
        self.assertIn("mine.yaml:1: key 'title' is missing", result.stderr)

    def test_tells_usage_from_failure(self):
        self.assertEqual(self.run_verb("ingest").returncode, 2)
        self.assertEqual(self.run_verb("ingest", "--threads", "0", "x").returncode, 2)
        result, _ = self.ingest(self.path / "absent")
        self.assertEqual(result.returncode, 1)
        self.assertIn("absent does not exist", result.stderr)

    def test_ends_in_the_same_state_after_being_killed(self):
        daily = SOURCE / "data/epa/daily"
        _, clean = self.ingest(daily, data="clean")
        for round_number in range(4):
            name = f"killed{round_number}"
            process = subprocess.Popen(
                [PROGRAM, "ingest", "--data-dir", str(self.path / name), str(daily)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=0.02 + 0.08 * round_number)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            result, second = self.ingest(daily, data=name)
            self.assertEqual(result.returncode, 0, result.stderr)
            _, third = self.ingest(daily, data=name)
            self.assertEqual(third["observations_new"] + third["observations_replaced"], 0)
            self.assertEqual(third["observations_unchanged"], 219824)
            self.assertLessEqual(second["observations_new"], clean["observations_new"])

    def test_verifies_the_aqi_of_the_bundled_files(self):
        result = self.run_verb("aqi", "--verify", SOURCE / "data/epa", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["rows"], 264139)
        self.assertEqual(report["mismatches"], 0)
        wrong = self.write("wrong.csv", HEADER + ROW + ROW.replace("38", "40"))
        result = self.run_verb("aqi", "--verify", wrong)
        self.assertEqual(result.returncode, 1)
        self.assertIn("wrong.csv:3: the file's AQI is 40, 9.1 ug/m3 gives 38", result.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
