"""ONNX graphs by tritonclient, over HTTP and gRPC: every golden run of every graph has ONNX Runtime's answers."""

import json
import sys
import unittest

import numpy
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

from golden_models import MODELS, Server, stop

GRAPHS = ("mixed", "gather", "mlp", "sklearn_classifier", "xgb_squarederror", "rows_depend", "named_sizes")
KINDS = {"FP32": "float32", "FP64": "float64", "FP16": "float16", "INT64": "int64", "INT32": "int32", "BOOL": "bool",
         "UINT8": "uint8"}
SERVER = None


def setUpModule():
    global SERVER
    arguments = []
    for name in GRAPHS:
        arguments += ["--model", MODELS / f"onnx/{name}.onnx"]
    SERVER = Server("serve", *arguments)


def tearDownModule():
    stop(SERVER)


def array_of(tensor):
    if tensor["type"] == "FP16":
        values = numpy.array(tensor["data"], dtype=numpy.uint16).view(numpy.float16)
    else:
        kind = KINDS[tensor["type"]]
        missing = float("nan") if kind.startswith("float") else 0
        values = numpy.array([missing if v is None else v for v in tensor["data"]], dtype=kind)
    return values.reshape(tensor["shape"])


def runs_of(name):
    return json.loads((MODELS / f"onnx/{name}.json").read_text(encoding="utf-8"))["runs"]


class OnnxTest(unittest.TestCase):
    def check(self, module, client):
        checked = 0
        for name in GRAPHS:
            given = {output["name"] for output in self.metadata(client, name)["outputs"]}
            for run in runs_of(name):
                inputs = []
                for tensor in run["inputs"]:
                    values = array_of(tensor)
                    one = module.InferInput(tensor["name"], list(values.shape), tensor["type"])
                    one.set_data_from_numpy(values)
                    inputs.append(one)
                if not all(numpy.prod(tensor["shape"]) for tensor in run["inputs"]):
                    continue  # tritonclient sends no empty tensor
                if any(None in tensor["data"] for tensor in run["outputs"]):
                    continue  # rows without a finite answer are refused
                answer = client.infer(name, inputs)
                for tensor in run["outputs"]:
                    if tensor["name"] not in given:
                        continue  # a graph of rows gives its first output alone
                    expected = array_of(tensor)
                    got = answer.as_numpy(tensor["name"])
                    self.assertEqual(list(got.shape), tensor["shape"], (name, tensor["name"]))
                    numpy.testing.assert_allclose(got.astype("float64"), expected.astype("float64"), rtol=1e-3
                                                  if tensor["type"] == "FP16" else 1e-5, err_msg=name)
                    checked += 1
        self.assertGreater(checked, len(GRAPHS))

    def metadata(self, client, name):
        found = client.get_model_metadata(name)
        if isinstance(found, dict):
            return found
        return {"outputs": [{"name": output.name} for output in found.outputs]}

    def test_over_http(self):
        client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{SERVER.port}")
        self.addCleanup(client.close)
        self.check(tritonclient.http, client)

    def test_over_grpc(self):
        client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{SERVER.grpc_port}")
        self.addCleanup(client.close)
        self.check(tritonclient.grpc, client)

    def test_a_tensor_that_is_not_as_the_graph_says_is_named(self):
        client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{SERVER.port}")
        self.addCleanup(client.close)
        first = runs_of("mixed")[0]["inputs"][0]
        wrong = tritonclient.http.InferInput(first["name"], [1], "INT8")
        wrong.set_data_from_numpy(numpy.zeros(1, dtype=numpy.int8))
        with self.assertRaises(InferenceServerException) as caught:
            client.infer("mixed", [wrong])
        self.assertIn(first["name"], caught.exception.message())

    def test_what_takes_no_rows_is_refused_by_the_routes_of_rows(self):
        self.assertEqual(SERVER.post("/predict", {"data": {}, "model_name": "mixed"}).status, 501)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
