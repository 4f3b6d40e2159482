"""The dashboards: what their sources give, and what Grafana's own types read.

Usage: dashboards_test.py PROGRAM SOURCE_DIR
"""

import json
import sys
import unittest

from grafana_foundation_sdk.models.dashboard import Dashboard
import promql_parser

from sources import MONITORING, SOURCE, read_yaml, run_tool

BUILT = sorted((MONITORING / "grafana/dashboards").glob("*.json"))


class DashboardsTest(unittest.TestCase):
    def test_they_are_what_their_sources_give(self):
        run_tool(sys.executable, SOURCE / "tools/build_dashboards.py", "--check")
        sources = {file.stem for file in (MONITORING / "grafana/source").glob("*.yml")}
        self.assertEqual(sources, {file.stem for file in BUILT})

    def test_panels_lie_beside_each_other_and_ids_are_given_once(self):
        for file in BUILT:
            board = Dashboard.from_json(json.loads(file.read_text()))
            taken, ids = set(), set()
            for panel in board.panels:
                place = panel.grid_pos
                cells = {(x, y) for x in range(place.x, place.x + place.w)
                         for y in range(place.y, place.y + place.h)}
                self.assertEqual(set(), cells & taken, f"{file.name}: {panel.title}")
                self.assertLessEqual(place.x + place.w, 24)
                taken |= cells
                self.assertNotIn(panel.id_val, ids)
                ids.add(panel.id_val)

    def test_every_panel_asks_something_of_the_chosen_data_source(self):
        for file in BUILT:
            board = json.loads(file.read_text())
            self.assertEqual(["datasource", "instance"], [one["name"] for one in board["templating"]["list"]])
            for panel in board["panels"]:
                if panel["type"] == "row":
                    continue
                self.assertEqual("${datasource}", panel["datasource"]["uid"])
                self.assertTrue(panel["targets"], panel["title"])
                for target in panel["targets"]:
                    promql_parser.parse(target["expr"].replace("$__rate_interval", "1m"))

    def test_names_are_given_once(self):
        boards = [json.loads(file.read_text()) for file in BUILT]
        self.assertEqual(len(boards), len({board["uid"] for board in boards}))
        self.assertEqual(len(boards), len({board["title"] for board in boards}))

    def test_provisioning_names_the_data_source_and_the_folder(self):
        [source] = read_yaml(MONITORING / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
        self.assertEqual("prometheus", source["type"])
        interval = read_yaml(MONITORING / "prometheus/prometheus.yml")["global"]["scrape_interval"]
        self.assertEqual(interval, source["jsonData"]["timeInterval"])
        [provider] = read_yaml(MONITORING / "grafana/provisioning/dashboards/geo-climate.yml")["providers"]
        self.assertEqual("file", provider["type"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
