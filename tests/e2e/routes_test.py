"""Every route of `serve` on a small real platform: statuses and fields of the wire contract.

Usage: routes_test.py PROGRAM SOURCE_DIR
"""

import json
import pathlib
import socket
import sys
import unittest

import program
from program import AS_OF, SOURCE, Server, make_data_directory, run, scratch

PREDICTION = {"predictions", "prediction", "model_id", "model_version", "inference_time_ms",
              "cached", "degraded", "warnings", "timestamp", "input_shape"}
DESCRIPTION = {"model_id", "model_name", "version", "model_type", "task_type", "stage", "aliases",
               "metrics", "features", "schema_fingerprint", "created_at", "size_bytes", "sha256"}
ERROR = {"error", "detail", "code", "request_id", "timestamp"}
VALUE = {"source", "issued_at", "valid_from", "valid_to", "data_cutoff", "observed_at",
         "aqi_table", "model_id", "method"}


def setUpModule():
    global FOLDER, DATA, SERVER
    FOLDER = scratch()
    DATA = pathlib.Path(FOLDER.name) / "data"
    make_data_directory(DATA)
    SERVER = Server("--data-dir", DATA, "serve", "--as-of", AS_OF)


def tearDownModule():
    SERVER.__exit__()
    FOLDER.cleanup()


class RoutesTest(unittest.TestCase):
    def assert_fields(self, expected, got):
        self.assertLessEqual(set(expected), set(got))

    def assert_error(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        body = answer.json()
        self.assert_fields(ERROR, body)
        self.assertEqual(body["error"], body["detail"])
        if status == 422:
            for error in body["errors"]:
                self.assertEqual({"loc", "msg", "type"}, set(error))

    def site(self):
        return SERVER.get("/v1/sites?pollutant=no2&limit=1").json()["sites"][0]["site_id"]

    def row(self):
        model = SERVER.get("/models?stage=production").json()[0]
        return {feature["name"]: 20.0 for feature in model["features"]}


class PlatformTest(RoutesTest):
    def test_root(self):
        self.assertEqual(set(SERVER.get("/").json()), {"message", "version", "docs"})

    def test_health(self):
        body = SERVER.get("/health").json()
        self.assertEqual(set(body), {"status", "version", "uptime_seconds", "timestamp", "components"})
        self.assertEqual(body["status"], "healthy", body)
        for component in body["components"].values():
            self.assertEqual(set(component), {"status", "detail"})
        self.assertEqual(SERVER.get("/health/live").json(), {"status": "alive"})
        production = [model for model in SERVER.get("/models").json()
                      if model["stage"] == "production"]
        self.assertIn("no2_d1", {model["model_name"] for model in production})
        self.assertEqual(SERVER.get("/health/ready").json(),
                         {"status": "ready", "models_available": len(production)})

    def test_metrics_on_both_listeners(self):
        SERVER.get("/health/live")
        for port in (SERVER.port, SERVER.metrics_port):
            answer = SERVER.request("GET", "/metrics", port=port)
            self.assertEqual(answer.status, 200)
            self.assertIn(b'endpoint="/health/live"', answer.body)
            for name in (b"http_requests_total", b"process_resident_memory_bytes", b"build_info",
                         b"models_loaded", b"forecast_age_seconds"):
                self.assertIn(name, answer.body)

    def test_documentation(self):
        openapi = SERVER.get("/openapi.json").json()
        self.assertTrue(openapi["openapi"].startswith("3.1"))
        for path in ("/predict", "/v1/forecast", "/models/{model_id}", "/v1/observations"):
            self.assertIn(path, openapi["paths"])
        text = json.dumps(openapi)
        for schema in set(part.split('"')[0] for part in text.split("#/components/schemas/")[1:]):
            self.assertIn(schema, openapi["components"]["schemas"])
        self.assertEqual(SERVER.get("/docs").status, 200)

    def test_predict(self):
        answer = SERVER.post("/predict", {"data": self.row()})
        self.assertEqual(answer.status, 200, answer.body)
        body = answer.json()
        self.assertEqual(set(body), PREDICTION)
        self.assertEqual(body["predictions"][0], body["prediction"])
        self.assertEqual(body["input_shape"], [1, len(self.row())])
        self.assertFalse(body["cached"])
        self.assertIn("x-request-id", answer.headers)
        self.assertIn("x-process-time", answer.headers)
        by_name = SERVER.post("/predict", {"data": self.row(), "model_name": "no2_d1",
                                           "return_interval": True}).json()
        low, high = by_name["intervals"][0]
        self.assertLess(low, by_name["prediction"])
        self.assertGreater(high, by_name["prediction"])
        by_id = SERVER.post("/predict", {"data": self.row(), "model_id": body["model_id"]}).json()
        self.assertEqual(by_id["prediction"], body["prediction"])

    def test_a_row_that_comes_again_is_cached_until_the_cache_is_cleared(self):
        row = {**self.row(), "no2_last_ppb": 17.25}
        first = SERVER.post("/predict", {"data": row}).json()
        again = SERVER.post("/predict", {"data": row}).json()
        self.assertFalse(first["cached"])
        self.assertTrue(again["cached"])
        self.assertEqual(first["predictions"], again["predictions"])
        token = (DATA / "admin.token").read_text().strip()
        cleared = SERVER.request("DELETE", "/admin/cache?wait=30", port=SERVER.management_port,
                                 headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(cleared.status, 200, cleared.body)
        self.assertTrue(cleared.json()["followed"])
        self.assertFalse(SERVER.post("/predict", {"data": row}).json()["cached"])

    def test_a_batch_equals_its_rows(self):
        known = self.row()
        rows = [{**known, "no2_last_ppb": float(i)} for i in range(300)]
        rows = [{name: value for name, value in row.items() if name in known} for row in rows]
        batch = SERVER.post("/predict/batch", {"data": rows}).json()
        self.assertEqual(set(batch), PREDICTION)
        self.assertEqual(len(batch["predictions"]), 300)
        for i in (0, 150, 299):
            one = SERVER.post("/predict", {"data": rows[i]}).json()["prediction"]
            self.assertEqual(one, batch["predictions"][i])
        names = list(self.row())
        table = {"columns": names, "data": [[row[name] for name in names] for row in rows]}
        split = SERVER.post("/predict/batch", {"dataframe_split": table}).json()
        self.assertEqual(split["predictions"], batch["predictions"])
        csv = "\n".join([",".join(names)] + [",".join(str(row[name]) for name in names)
                                             for row in rows])
        as_csv = SERVER.post("/predict/batch", csv, "text/csv").json()
        self.assertEqual(as_csv["predictions"], batch["predictions"])

    def test_batch_limits(self):
        empty = SERVER.post("/predict/batch", {"data": []})
        self.assertEqual(empty.status, 200)
        self.assertEqual(empty.json()["predictions"], [])
        full = SERVER.post("/predict/batch", {"data": [{}] * 10001})
        self.assert_error(full, 413)

    def test_models(self):
        models = SERVER.get("/models").json()
        self.assertEqual({model["model_name"] for model in models},
                         {"no2_d1", "no2_d1_neighbours"})
        self.assertIn("production", {model["stage"] for model in models})
        for model in models:
            self.assert_fields(DESCRIPTION, model)
            one = SERVER.get("/models/" + model["model_id"]).json()
            self.assertEqual(one["sha256"], model["sha256"])
        self.assert_error(SERVER.get("/models/nothing"), 404)
        history = SERVER.get("/models/no2_d1/history").json()
        self.assert_fields({"who", "what", "when", "from", "to", "why", "generation"}, history[0])

    def test_model_card(self):
        for model in SERVER.get("/models").json():
            target = "/models/" + model["model_id"]
            answer = SERVER.get(target + "/card")
            if model["model_name"].endswith("_neighbours"):
                self.assert_error(answer, 404)
                continue
            self.assertEqual(answer.status, 200, answer.body)
            card = answer.json()
            self.assertEqual(card["model_name"], "no2_d1")
            self.assertEqual(card["schema_fingerprint"], model["schema_fingerprint"])
            self.assertEqual([scores["known"] for scores in card["scores"]],
                             ["archive", "operational"])
            archive = card["scores"][0]
            self.assertAlmostEqual(archive["forecast"]["rmse"]["value"], model["metrics"]["rmse"])
            self.assertLess(archive["skill"]["low"], archive["skill"]["value"])
            self.assertLess(archive["skill"]["value"], archive["skill"]["high"])
            self.assertEqual(sum(site["rows"] for site in card["sites"]), archive["rows"])
            self.assertTrue(card["training"]["sources"])
            self.assertTrue(card["limits"])
            shown = SERVER.get(target).json()["card"]
            self.assertTrue(card["sites"])
            self.assertEqual(shown, {**card, "sites": []})
            text = SERVER.get(target + "/card?format=md").body.decode()
            self.assertTrue(text.startswith("# " + model["model_id"]), text[:80])
            printed = run("--data-dir", DATA, "models", "show", model["model_id"]).stdout
            self.assertTrue(printed.endswith(text), printed[-400:])
        self.assert_error(SERVER.get("/models/nothing/card"), 404)


class BadRequestsTest(RoutesTest):
    BODIES = [
        b"", b" ", b"{", b"}", b"[]", b"null", b"1", b'"data"', b'{"data"}', b'{"data":}',
        b'{"data":{}', b'{"data":{"a":1,}}', b'{"data":{"a":1}}x', b'{"data":{a:1}}',
        b"{'data':{}}", b'{"data":{"a":01}}', b'{"data":{"a":+1}}', b'{"data":{"a":.5}}',
        b'{"data":{"a":NaN}}', b'{"data":{"a":Infinity}}', b'{"data":{"a":"1}}', b'{"data":[1,2]}',
        b'{"data":null}', b'{"data":"x"}', b'{"data":{"\xff":1}}', b'{"data":{"\\ud800":1}}',
        b"[" * 100000, b'{"data":{"unknown":1}}', b'{"data":{},"model_id":1}',
        b'{"data":{},"return_interval":1}', b"\x00", b"\xef\xbb\xbf{}",
    ]

    def test_malformed_bodies_are_422(self):
        for body in self.BODIES:
            with self.subTest(body=body[:60]):
                self.assert_error(SERVER.post("/predict", body), 422)
        for body in (b"", b"{}", b"[]", b'{"data":{}}', b'{"data":[1]}',
                     b'{"dataframe_split":{"columns":["x"],"data":[[1]]}}'):
            with self.subTest(batch=body):
                self.assert_error(SERVER.post("/predict/batch", body), 422)

    def test_a_field_is_named(self):
        row = self.row()
        name = next(iter(row))
        answer = SERVER.post("/predict", {"data": {**row, name: "x"}})
        self.assert_error(answer, 422)
        self.assertEqual(answer.json()["errors"][0]["loc"], ["body", "data", name])
        typo = name[:-1] + "_"
        answer = SERVER.post("/predict", {"data": {typo: 1}})
        self.assertIn(name, answer.json()["errors"][0]["msg"])
        lenient = SERVER.post("/predict?lenient=true", {"data": {**row, typo: 1}})
        self.assertEqual(lenient.status, 200)
        self.assertIn(typo, lenient.json()["warnings"][0])

    def test_statuses_of_http(self):
        self.assert_error(SERVER.get("/nothing"), 404)
        wrong = SERVER.request("DELETE", "/predict")
        self.assert_error(wrong, 405)
        self.assertIn("POST", wrong.headers["allow"])
        self.assert_error(SERVER.post("/predict", b"x", "text/plain"), 415)
        self.assert_error(SERVER.post("/predict", b" " * (2 << 20)), 413)
        self.assert_error(SERVER.request("GET", "/", headers={"X-Long": "x" * 20000}), 431)
        self.assert_error(SERVER.request("GET", "/", headers={"Origin": "http://evil.example"}), 403)
        self.assert_error(SERVER.request("GET", "/", headers={"Host": "evil.example"}), 403)
        self.assert_error(SERVER.request("GET", "/", headers={"X-Forwarded-For": "1.2.3.4"}), 403)
        self.assert_error(SERVER.post("/predict", {"data": {}, "model_name": "nothing"}), 404)

    def raw(self, data):
        with socket.create_connection(("127.0.0.1", SERVER.port), timeout=program.PATIENCE) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        return answer

    def test_malformed_http_is_answered_or_closed_and_the_server_lives(self):
        for data in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02",
                     b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
                     b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                     b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{",
                     b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                     b"Content-Type: application/json\r\n\r\nzz\r\n",
                     b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                     b"Content-Length: 2\r\n\r\nxx"):
            with self.subTest(data=data):
                answer = self.raw(data)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4")
                                or answer.startswith(b"HTTP/1.1 5"), answer)
        self.assertEqual(SERVER.get("/health/live").status, 200)


class AirQualityTest(RoutesTest):
    def test_sites(self):
        page = SERVER.get("/v1/sites?limit=2").json()
        self.assertEqual(set(page), {"sites", "next_cursor"})
        seen = [site["site_id"] for site in page["sites"]]
        while page["next_cursor"]:
            page = SERVER.get("/v1/sites?limit=2&cursor=" + page["next_cursor"]).json()
            seen += [site["site_id"] for site in page["sites"]]
        self.assertEqual(seen, sorted(set(seen)))
        self.assertEqual(seen, [site["site_id"]
                                for site in SERVER.get("/v1/sites?limit=1000").json()["sites"]])
        inside = SERVER.get("/v1/sites?bbox=-119,33,-117,35&pollutant=no2&q=los").json()["sites"]
        self.assertTrue(inside)
        self.assert_fields({"site_id", "name", "latitude", "longitude", "pollutants", "first_day",
                            "last_day"}, inside[0])

    def test_a_site(self):
        body = SERVER.get("/v1/sites/" + self.site()).json()
        self.assert_fields({"site_id", "current", "forecast"}, body)
        self.assertTrue(body["forecast"]["days"])
        self.assert_error(SERVER.get("/v1/sites/99-999-9999"), 404)

    def test_current(self):
        body = SERVER.get("/v1/current?site=" + self.site()).json()
        self.assertEqual(body["as_of"], AS_OF)
        self.assertEqual(body["dominant_pollutant"], "NO2")
        self.assert_fields(VALUE | {"concentration", "aqi", "category"}, body["pollutants"][0])
        self.assertEqual(body["pollutants"][0]["method"], "observed")
        near = SERVER.get("/v1/current?latitude=34.06&longitude=-118.23").json()
        self.assertIn("distance_km", near)

    def test_explain(self):
        model = SERVER.get("/models?model_name=no2_d1&stage=production").json()[0]
        features = {feature["name"]: feature["max"] / 4 for feature in model["features"]}
        body = {"data": features, "model_name": "no2_d1"}
        answer = SERVER.post("/explain", body)
        self.assertEqual(answer.status, 200, answer.body)
        said = answer.json()
        self.assertEqual(said["space"], "concentration")
        self.assertEqual(said["prediction"], SERVER.post("/predict", body).json()["prediction"])
        moved = [one for one in said["contributions"] if one["contribution"] != 0]
        self.assertGreater(len(moved), 10)
        total = said["base_value"] + sum(one["contribution"] for one in moved)
        self.assertAlmostEqual(total, said["prediction"], places=3)

    def test_forecast(self):
        answer = SERVER.get("/v1/forecast?site=" + self.site())
        self.assertEqual(answer.status, 200, answer.body)
        body = answer.json()
        self.assertEqual(body["as_of"], AS_OF)
        day = body["days"][0]
        self.assert_fields(VALUE | {"date", "horizon", "aqi", "aqi_p10", "aqi_p90", "category",
                                    "dominant_pollutant", "probability_aqi_over_100",
                                    "health_advice", "pollutants"}, day)
        self.assertEqual(day["date"], "2021-01-01")
        value = day["pollutants"][0]
        self.assert_fields(VALUE | {"pollutant", "unit", "concentration", "aqi"}, value)
        concentration = value["concentration"]
        self.assertLessEqual(concentration["p10"], concentration["p50"])
        self.assertLessEqual(concentration["p50"], concentration["p90"])
        self.assertIn(value["method"], {"model", "persistence_fallback", "climatology_fallback"})
        etag = answer.headers["etag"]
        self.assertEqual(answer.headers["cache-control"],
                         "public, max-age=300, stale-if-error=86400")
        self.assertLess(int(answer.headers["age"]), 60)
        again = SERVER.get("/v1/forecast?site=" + self.site(), If_None_Match=etag)
        self.assertEqual((again.status, again.body), (304, b""))
        packed = SERVER.get("/v1/forecast?site=" + self.site(), Accept_Encoding="gzip")
        self.assertEqual(packed.headers["content-encoding"], "gzip")
        self.assertEqual(packed.json(), body)
        place = SERVER.get("/v1/forecast?latitude=34.10&longitude=-118.22&pollutant=no2&horizon=1")
        self.assertEqual(len(place.json()["days"]), 1)
        self.assertEqual(place.json()["days"][0]["basis"], "neighbours")
        self.assertLess(place.json()["distance_km"], 10)
        there = SERVER.get("/v1/forecast?latitude={latitude}&longitude={longitude}".format(**body))
        self.assertEqual(there.json()["days"], body["days"])
        self.assert_error(SERVER.get("/v1/forecast"), 422)
        self.assert_error(SERVER.get("/v1/forecast?latitude=0&longitude=0"), 404)

    def test_forecasts_of_a_box(self):
        box = "/v1/forecast?bbox=-119,33,-117,35"
        sites = SERVER.get(box).json()["sites"]
        self.assertGreater(len(sites), 3)
        self.assertEqual(sites[0]["days"],
                         SERVER.get("/v1/forecast?site=" + sites[0]["site_id"]).json()["days"])
        lines = SERVER.get(box + "&format=csv&horizon=1").body.decode().splitlines()
        self.assertTrue(lines[0].startswith("site_id,"))
        self.assertEqual(len(lines), 1 + len(sites))
        geo = SERVER.get(box + "&format=geojson").json()
        self.assertEqual(geo["type"], "FeatureCollection")
        self.assertEqual(len(geo["features"]), len(sites))

    def test_history(self):
        target = f"/v1/history?site={self.site()}&pollutant=no2&from=2020-01-01&to=2020-12-31"
        rows = SERVER.get(target).json()["observations"]
        self.assertGreater(len(rows), 300)
        self.assert_fields({"date", "value", "unit", "aqi", "aqi_table", "source", "method",
                            "valid_from", "valid_to", "observed_at", "received_at"}, rows[0])
        self.assertEqual([row["date"] for row in rows], sorted(row["date"] for row in rows))
        lines = SERVER.get(target + "&format=csv").body.decode().splitlines()
        self.assertEqual(len(lines), len(rows) + 1)
        self.assertEqual(SERVER.get(target + "&as_of=2001-01-01").json()["observations"], [])

    def test_skill(self):
        self.assert_fields({"from", "to", "computed_at", "unobserved", "skill"},
                           SERVER.wait_for("/v1/skill", 200).json())

    def test_aqi(self):
        body = SERVER.get("/v1/aqi?pollutant=PM2.5&concentration=10.2&table=epa-2012").json()
        self.assertEqual(body["aqi"], 43)
        self.assert_fields({"category", "color", "truncated_concentration", "aqi_table"}, body)

    def test_another_server_on_the_same_data_gives_the_same_answer(self):
        target = "/v1/forecast?site=" + self.site()
        with Server("--data-dir", DATA, "serve", "--as-of", AS_OF) as other:
            first, second = SERVER.get(target), other.get(target)
            self.assertEqual(first.body, second.body)
            self.assertEqual(first.headers["etag"], second.headers["etag"])


class OldDataTest(RoutesTest):
    def test_without_as_of_there_is_no_current_forecast(self):
        with Server("--data-dir", DATA, "serve") as server:
            answer = server.wait_for("/v1/forecast?site=06-037-1103", 404)
            self.assertIn("no current forecast", answer.json()["detail"])
            self.assertIn("the newest observation is of 2020-12-31", answer.json()["detail"])


class ObservationsTest(RoutesTest):
    def rows(self, value):
        return {"observations": [
            {"site_id": self.site(), "date": "2020-12-30", "pollutant": "NO2", "value": value,
             "poc": 9},
            {"site_id": self.site(), "date": "2020-02-30", "pollutant": "NO2", "value": 1},
            {"site_id": "99-999-9999", "date": "2020-12-30", "pollutant": "NO2", "value": 1}]}

    def history(self):
        rows = SERVER.get(f"/v1/history?site={self.site()}&pollutant=no2&from=2020-12-30"
                          "&to=2020-12-30").json()["observations"]
        return [row["value"] for row in rows if row["poc"] == 9]

    def test_rows_are_kept_versioned_and_judged(self):
        first = SERVER.post("/v1/observations", self.rows(11.5))
        self.assertEqual(first.status, 200, first.body)
        body = first.json()
        self.assertEqual((body["accepted"], body["rejected"]), (1, 2))
        self.assertEqual(body["observations_new"], 1)
        self.assertEqual([reject["reason"] for reject in body["rejects"]],
                         ["impossible_date", "unknown_site"])
        self.assertEqual(self.history(), [11.5])
        again = SERVER.post("/v1/observations", self.rows(11.5)).json()
        self.assertEqual(again["observations_unchanged"], 1)
        other = SERVER.post("/v1/observations", self.rows(12.5)).json()
        self.assertEqual(other["observations_replaced"], 1)
        self.assertEqual(self.history(), [12.5])
        self.assert_error(SERVER.post("/v1/observations", b"{"), 422)
        self.assert_error(SERVER.post("/v1/observations", "a,b\n1,2\n", "text/csv"), 422)

    def test_a_table_of_epa_is_taken(self):
        table = ("Date,Source,Site ID,POC,Daily Max 1-hour NO2 Concentration,Units\n"
                 f"12/29/2020,AQS,{self.site().replace('-', '')},8,20.1,ppb\n")
        body = SERVER.post("/v1/observations", table, "text/csv").json()
        self.assertEqual((body["accepted"], body["rejected"]), (1, 0))


class ManagementTest(RoutesTest):
    def manage(self, method, target, body=None, token=True):
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = "Bearer " + (DATA / "admin.token").read_text().strip()
        return SERVER.request(method, target, body, headers, SERVER.management_port)

    def test_the_token_is_needed_and_private(self):
        self.assertEqual((DATA / "admin.token").stat().st_mode & 0o777, 0o600)
        self.assert_error(self.manage("POST", "/models/x/promote?new_stage=staging", token=False), 401)
        self.assert_error(SERVER.request("POST", "/models/x/promote?new_stage=staging"), 404)

    def test_promotion_alias_and_rollback(self):
        production = SERVER.get("/models?stage=production").json()[0]["model_id"]
        fallback = next(model["model_id"] for model in SERVER.get("/models").json()
                        if "fallback" in model["aliases"])
        self.assert_error(self.manage("POST", "/models/x/promote?new_stage=heaven"), 400)
        self.assert_error(self.manage("POST", "/models/x/promote?new_stage=staging"), 404)
        self.assert_error(
            self.manage("POST", f"/models/{production}/promote?new_stage=staging&expected=x"), 409)
        staged = self.manage("POST", f"/models/{fallback}/promote?new_stage=staging&wait=30")
        self.assertEqual(staged.status, 200, staged.body)
        self.assert_fields({"message", "model_id", "new_stage", "generation"}, staged.json())
        self.assertTrue(staged.json()["served"])
        alias = self.manage("PUT", "/models/no2_d1/aliases/champion?wait=30",
                            json.dumps({"model_id": production}))
        self.assertEqual(alias.status, 200, alias.body)
        self.assertEqual(SERVER.post("/predict", {"data": self.row(),
                                                  "model_id": "no2_d1@champion"}).status, 200)
        self.assert_error(self.manage("POST", "/models/no2_d1/rollback"), 409)
        history = self.manage("GET", "/models/no2_d1/history").json()
        self.assertEqual(history[-1]["what"], "alias")


class ModelFilesTest(RoutesTest):
    def test_files_are_served_at_once_under_their_names(self):
        corpus = SOURCE / "fuzz/corpus/model_file"
        with scratch() as folder:
            with Server("--data-dir", folder, "serve", "--model", corpus / "xgb_names.json",
                        "--model", corpus / "lgb_small.txt") as server:
                names = {model["model_name"] for model in server.get("/models").json()}
                self.assertEqual(names, {"xgb_names", "lgb_small"})
                unnamed = server.post("/predict", {"data": {}})
                self.assert_error(unnamed, 422)
                self.assertIn("lgb_small, xgb_names", unnamed.json()["detail"])
                for name in names:
                    one = server.post("/predict", {"data": {}, "model_name": name})
                    self.assertEqual(one.status, 200, one.body)
                self.assert_error(server.get("/v1/forecast"), 404)
                self.assertEqual(server.get("/health/ready").status, 200)

    def test_a_file_that_is_no_model_stops_the_start(self):
        result = run("serve", "--model", SOURCE / "config/performance.yaml", "--port", "0", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("performance.yaml", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
