"""The Open Inference Protocol over HTTP, by tritonclient and by bytes on a socket."""

import asyncio
import json
import math
import socket
import sys
import unittest

import numpy
import tritonclient.http
import tritonclient.http.aio
from tritonclient.utils import InferenceServerException

from golden_models import ONE, THREE, golden, serve, stop

SERVER = None


def setUpModule():
    global SERVER
    SERVER = serve()


def tearDownModule():
    stop(SERVER)


def row_input(rows, binary=True, name="input"):
    tensor = tritonclient.http.InferInput(name, list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return tensor


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{SERVER.port}")
        self.addCleanup(self.client.close)

    def infer(self, name, rows, **options):
        return self.client.infer(name, [row_input(rows)], **options)

    def refused(self, status, *arguments, **options):
        with self.assertRaises(InferenceServerException) as caught:
            self.client.infer(*arguments, **options)
        self.assertIn(caught.exception.status(), (str(status), None))
        return caught.exception.message()


class HealthTest(ClientTest):
    def test_the_server_and_its_models_are_ready(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(ONE))
        self.assertTrue(self.client.is_model_ready(ONE, "1"))
        self.assertFalse(self.client.is_model_ready(ONE, "2"))
        self.assertFalse(self.client.is_model_ready("nothing"))


class MetadataTest(ClientTest):
    def test_the_server_names_its_extensions(self):
        metadata = self.client.get_server_metadata()
        self.assertEqual(metadata["name"], "geo-climate")
        self.assertLessEqual({"binary_tensor_data", "statistics", "model_configuration"},
                             set(metadata["extensions"]))

    def test_a_model_names_its_tensors(self):
        for metadata in (self.client.get_model_metadata(THREE), self.client.get_model_metadata(THREE, "v1")):
            self.assertEqual(metadata["versions"], ["1"])
            self.assertEqual(metadata["inputs"], [{"name": "input", "datatype": "FP32", "shape": [-1, 4]}])
            self.assertEqual(metadata["outputs"], [{"name": "output", "datatype": "FP32", "shape": [-1, 3]}])

    def test_a_model_has_a_configuration(self):
        config = self.client.get_model_config(ONE)
        self.assertEqual(config["max_batch_size"], 10000)
        self.assertEqual(config["input"], [{"name": "input", "data_type": "TYPE_FP32", "dims": [4]}])

    def test_what_is_not_there_is_not_found(self):
        for call in (self.client.get_model_metadata, self.client.get_model_config,
                     self.client.get_inference_statistics):
            with self.assertRaisesRegex(InferenceServerException, "no model named 'nothing'"):
                call("nothing")

    def test_the_repository_lists_what_is_served(self):
        index = self.client.get_model_repository_index()
        self.assertEqual([(one["name"], one["version"], one["state"]) for one in index],
                         [(THREE, "1", "READY"), (ONE, "1", "READY")])


class InferTest(ClientTest):
    def test_binary_and_json_answer_alike_both_ways(self):
        for name in (ONE, THREE):
            rows, answers = golden(name)
            for binary_in in (True, False):
                for binary_out in (True, False):
                    output = tritonclient.http.InferRequestedOutput("output", binary_data=binary_out)
                    usable = rows if binary_in else rows[~numpy.isnan(rows).any(axis=1)]
                    wanted = answers if binary_in else answers[~numpy.isnan(rows).any(axis=1)]
                    result = self.client.infer(name, [row_input(usable, binary_in)], outputs=[output], request_id="a-7")
                    numpy.testing.assert_allclose(result.as_numpy("output"), wanted, rtol=1e-5, atol=1e-6)
                    self.assertEqual(result.get_response()["id"], "a-7")

    def test_a_large_batch_is_answered_whole(self):
        rows, answers = golden(ONE)
        rows, answers = numpy.resize(rows, (10000, 4)), numpy.resize(answers, (10000, 1))
        for binary in (True, False):
            output = tritonclient.http.InferRequestedOutput("output", binary_data=binary)
            result = self.client.infer(ONE, [row_input(numpy.nan_to_num(rows), binary)], outputs=[output])
            self.assertEqual(result.as_numpy("output").shape, (10000, 1))
        numpy.testing.assert_allclose(self.infer(ONE, rows).as_numpy("output"), answers, rtol=1e-5, atol=1e-6)
        self.assertIn("10000 are the most",
                      self.refused(400, ONE, [row_input(numpy.zeros((10001, 4), numpy.float32))]))

    def test_features_come_by_name(self):
        rows, answers = golden(ONE, 20)
        names = ["wind", "pm25 lag", '"ozone"', "µ"]
        inputs = [row_input(numpy.ascontiguousarray(rows[:, i:i + 1]), name=name) for i, name in enumerate(names)]
        result = self.client.infer(ONE, inputs)
        numpy.testing.assert_allclose(result.as_numpy("output"), answers, rtol=1e-5, atol=1e-6)

    def test_compressed_bodies_are_taken_and_given(self):
        rows, answers = golden(ONE)
        result = self.infer(ONE, rows, request_compression_algorithm="gzip", response_compression_algorithm="gzip")
        numpy.testing.assert_allclose(result.as_numpy("output"), answers, rtol=1e-5, atol=1e-6)

    def test_requests_in_flight_together_are_told_apart(self):
        rows, answers = golden(ONE, 32)
        client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{SERVER.port}", concurrency=8)
        pending = [client.async_infer(ONE, [row_input(rows[i:i + 1])], request_id=str(i)) for i in range(len(rows))]
        for i, one in enumerate(pending):
            result = one.get_result()
            self.assertEqual(result.get_response()["id"], str(i))
            numpy.testing.assert_allclose(result.as_numpy("output"), answers[i:i + 1], rtol=1e-5, atol=1e-6)
        client.close()

    def test_asyncio_client(self):
        rows, answers = golden(THREE, 10)

        async def ask():
            async with tritonclient.http.aio.InferenceServerClient(f"127.0.0.1:{SERVER.port}") as client:
                self.assertTrue(await client.is_model_ready(THREE))
                results = await asyncio.gather(*(client.infer(THREE, [row_input(rows[i:i + 1])]) for i in range(10)))
                return numpy.concatenate([result.as_numpy("output") for result in results])

        numpy.testing.assert_allclose(asyncio.run(ask()), answers, rtol=1e-5, atol=1e-6)

    def test_statistics_count_rows_and_failures(self):
        def read():
            return self.client.get_inference_statistics(ONE)["model_stats"][0]

        rows, _ = golden(ONE, 5)
        before = read()
        self.infer(ONE, rows)
        self.refused(400, ONE, [row_input(rows[:, :2].copy())])
        after = read()
        self.assertEqual(after["inference_count"] - before["inference_count"], 5)
        self.assertEqual(after["execution_count"] - before["execution_count"], 1)
        stats, old = after["inference_stats"], before["inference_stats"]
        self.assertEqual(stats["success"]["count"] - old["success"]["count"], 1)
        self.assertEqual(stats["fail"]["count"] - old["fail"]["count"], 1)
        self.assertGreater(stats["success"]["ns"], old["success"]["ns"])
        self.assertGreater(after["last_inference"], 1_600_000_000_000)
        metrics = SERVER.get("/metrics").body.decode()
        self.assertRegex(metrics, r'nv_inference_count\{model="xgb_squarederror",version="1"\} [1-9]')

    def test_refusals_name_the_tensor(self):
        rows, _ = golden(ONE, 2)
        message = self.refused(400, ONE, [row_input(rows, name="wnd")])
        self.assertIn("'wnd'", message)
        self.assertIn("'wind'", message)
        self.assertIn("[-1, 4]", self.refused(400, ONE, [row_input(rows[:, :3].copy())]))
        doubles = tritonclient.http.InferInput("input", [2, 4], "FP64")
        doubles.set_data_from_numpy(rows.astype(numpy.float64))
        self.assertIn("FP64", self.refused(400, ONE, [doubles]))
        output = tritonclient.http.InferRequestedOutput("p50")
        self.assertIn("'p50'", self.refused(400, ONE, [row_input(rows)], outputs=[output]))
        self.assertIn("nothing", self.refused(404, "nothing", [row_input(rows)]))
        self.assertIn("version 7", self.refused(404, ONE, [row_input(rows)], model_version="7"))

    def test_a_timeout_that_has_passed_is_said(self):
        rows, _ = golden(ONE, 1)
        self.assertIn("deadline", self.refused(504, ONE, [row_input(numpy.resize(rows, (10000, 4)))], timeout=1))


class BytesTest(unittest.TestCase):
    def post(self, body, headers=None, target=f"/v2/models/{ONE}/infer"):
        return SERVER.request("POST", target, body, headers or {"Content-Type": "application/json"})

    def request(self, data="[0.5,0.5,0.5,0.5]", shape="[1,4]", more=""):
        return f'{{"inputs":[{{"name":"input","shape":{shape},"datatype":"FP32","data":{data}}}]{more}}}'

    def test_data_may_be_nested_flat_or_first(self):
        bodies = [self.request(), self.request("[[0.5,0.5,0.5,0.5]]"),
                  '{"inputs":[{"data":[[0.5,0.5,0.5,0.5]],"datatype":"FP32","shape":[1,4],"name":"input"}]}']
        answers = [self.post(body).json()["outputs"][0]["data"] for body in bodies]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_null_is_missing(self):
        rows = numpy.array([[numpy.nan, 0.5, 0.5, 0.5]], numpy.float32)
        with tritonclient.http.InferenceServerClient(f"127.0.0.1:{SERVER.port}") as client:
            wanted = client.infer(ONE, [row_input(rows)]).as_numpy("output")[0, 0]
        given = self.post(self.request("[null,0.5,0.5,0.5]")).json()["outputs"][0]["data"][0]
        self.assertTrue(math.isclose(given, wanted, rel_tol=1e-6))

    def test_a_raw_body_is_the_models_only_input(self):
        rows, answers = golden(ONE, 3)
        answer = self.post(rows.tobytes(), {"Inference-Header-Content-Length": "0"})
        self.assertEqual(answer.status, 200, answer.body)
        length = int(answer.headers["inference-header-content-length"])
        self.assertEqual(json.loads(answer.body[:length])["outputs"][0]["shape"], [3, 1])
        numpy.testing.assert_allclose(numpy.frombuffer(answer.body[length:], numpy.float32), answers[:, 0], rtol=1e-5, atol=1e-6)

    def test_wrong_bodies_are_refused_with_one_error(self):
        one = self.request()
        long_header = {"Inference-Header-Content-Length": "99999"}
        for body, headers in [("", None), ("[]", None), ("{}", None), (one[:-1], None), (one, long_header),
                              (self.request(shape="[2,4]"), None), (self.request("[1,2,3]"), None),
                              (self.request("[1,2,3,4,5]"), None), (self.request("[1e99,2,3,4]"), None),
                              (self.request('["a",2,3,4]'), None), (self.request(shape="[-1,4]"), None),
                              (self.request(shape="[4611686018427387904,4]"), None),
                              (self.request(more=',"inputs":[]'), None),
                              (one.replace("FP32", "BYTES"), None), (one.replace("FP32", "BF16"), None)]:
            with self.subTest(body=body):
                answer = self.post(body, headers)
                self.assertEqual(answer.status, 400, answer.body)
                self.assertEqual(list(answer.json()), ["error"])

    def test_what_is_not_served_says_so(self):
        output = ',"outputs":[{"name":"output","parameters":{"classification":2}}]'
        self.assertEqual(self.post(self.request(more=output)).status, 501)

    def test_pipelined_inferences_are_answered_in_order(self):
        rows, answers = golden(ONE, 40)
        requests = b""
        for i, row in enumerate(rows):
            head = json.dumps({"id": str(i), "inputs": [{"name": "input", "shape": [1, 4], "datatype": "FP32",
                                                         "parameters": {"binary_data_size": 16}}]}).encode()
            requests += (f"POST /v2/models/{ONE}/infer HTTP/1.1\r\nHost: localhost\r\n"
                         f"Inference-Header-Content-Length: {len(head)}\r\n"
                         f"Content-Length: {len(head) + 16}\r\n\r\n").encode() + head + row.tobytes()
        with socket.create_connection(("127.0.0.1", SERVER.port), timeout=60) as connection:
            connection.sendall(requests)
            stream = connection.makefile("rb")
            for i in range(len(rows)):
                self.assertIn(b"200", stream.readline())
                length = 0
                while (line := stream.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                body = json.loads(stream.read(length))
                self.assertEqual(body["id"], str(i))
                self.assertAlmostEqual(body["outputs"][0]["data"][0], float(answers[i, 0]), places=4)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
