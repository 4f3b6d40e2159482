"""The Open Inference Protocol over gRPC, by tritonclient and by grpcio's generic calls."""

import asyncio
import queue
import sys
import unittest

import grpc
import numpy
import tritonclient.grpc
import tritonclient.grpc.aio
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from golden_models import ONE, THREE, golden, serve, stop

SERVER = None


def setUpModule():
    global SERVER
    SERVER = serve()


def tearDownModule():
    stop(SERVER)


def address():
    return f"127.0.0.1:{SERVER.grpc_port}"


def row_input(rows, name="input"):
    tensor = tritonclient.grpc.InferInput(name, list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return tensor


class GrpcTest(unittest.TestCase):
    def setUp(self):
        self.client = tritonclient.grpc.InferenceServerClient(address())
        self.addCleanup(self.client.close)

    def refused(self, status, call, *arguments, **options):
        with self.assertRaises(InferenceServerException) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.status(), f"StatusCode.{status}", caught.exception)
        return caught.exception.message()

    def generic(self, method, request, response_type, **options):
        with grpc.insecure_channel(address()) as channel:
            call = channel.unary_unary(method, request_serializer=lambda message: message.SerializeToString(),
                                       response_deserializer=response_type.FromString)
            return call(request, **options)


class ServerTest(GrpcTest):
    def test_the_server_and_its_models_are_ready(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(ONE))
        self.assertTrue(self.client.is_model_ready(ONE, "1"))
        self.assertFalse(self.client.is_model_ready(ONE, "2"))

    def test_metadata_and_configuration_are_those_of_rest(self):
        self.assertEqual(self.client.get_server_metadata(as_json=True), SERVER.get("/v2").json())
        model = self.client.get_model_metadata(THREE, as_json=True)
        rest = SERVER.get(f"/v2/models/{THREE}").json()
        self.assertEqual(model["versions"], rest["versions"])
        for side in ("inputs", "outputs"):
            self.assertEqual([{**one, "shape": [int(axis) for axis in one["shape"]]} for one in model[side]], rest[side])
        config = self.client.get_model_config(THREE).config
        rest = SERVER.get(f"/v2/models/{THREE}/config").json()
        self.assertEqual((config.name, config.max_batch_size), (THREE, rest["max_batch_size"]))
        self.assertEqual(list(config.input[0].dims), rest["input"][0]["dims"])
        self.refused("NOT_FOUND", self.client.get_model_metadata, "nothing")

    def test_the_repository_is_listed_and_not_changed_here(self):
        index = self.client.get_model_repository_index()
        self.assertEqual([(one.name, one.state) for one in index.models], [(THREE, "READY"), (ONE, "READY")])
        self.refused("PERMISSION_DENIED", self.client.load_model, ONE)
        self.refused("PERMISSION_DENIED", self.client.unload_model, ONE)

    def test_health_and_reflection_answer(self):
        # grpc.health.v1: field 1 of the answer is the status, 1 is SERVING.
        with grpc.insecure_channel(address()) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=lambda data: data,
                                        response_deserializer=lambda data: data)
            self.assertEqual(check(b""), b"\x08\x01")
            # Field 7 of the request lists services, whatever its text.
            reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                            request_serializer=lambda data: data,
                                            response_deserializer=lambda data: data)
            answer = next(reflect(iter([b"\x3a\x00"])))
            self.assertIn(b"inference.GRPCInferenceService", answer)


class InferTest(GrpcTest):
    def test_answers_are_those_of_xgboost(self):
        for name in (ONE, THREE):
            rows, answers = golden(name)
            result = self.client.infer(name, [row_input(rows)], request_id="b-3")
            numpy.testing.assert_allclose(result.as_numpy("output"), answers, rtol=1e-5, atol=1e-6)
            self.assertEqual(result.get_response().id, "b-3")
            self.assertEqual(result.get_response().model_version, "1")

    def test_a_large_batch_is_answered_whole(self):
        rows, answers = golden(ONE)
        result = self.client.infer(ONE, [row_input(numpy.resize(rows, (10000, 4)))])
        numpy.testing.assert_allclose(result.as_numpy("output"), numpy.resize(answers, (10000, 1)), rtol=1e-5, atol=1e-6)
        self.assertIn("10000 are the most", self.refused(
            "INVALID_ARGUMENT", self.client.infer, ONE, [row_input(numpy.zeros((10001, 4), numpy.float32))]))

    def test_features_come_by_name(self):
        rows, answers = golden(ONE, 20)
        names = ["wind", "pm25 lag", '"ozone"', "µ"]
        inputs = [row_input(numpy.ascontiguousarray(rows[:, i:i + 1]), name) for i, name in enumerate(names)]
        numpy.testing.assert_allclose(self.client.infer(ONE, inputs).as_numpy("output"), answers, rtol=1e-5, atol=1e-6)

    def test_typed_contents_are_taken(self):
        rows, answers = golden(ONE, 3)
        request = service_pb2.ModelInferRequest(model_name=ONE)
        tensor = request.inputs.add(name="input", datatype="FP32", shape=[3, 4])
        tensor.contents.fp32_contents.extend(rows.flatten().tolist())
        method = "/inference.GRPCInferenceService/ModelInfer"
        answer = self.generic(method, request, service_pb2.ModelInferResponse)
        numpy.testing.assert_allclose(numpy.frombuffer(answer.raw_output_contents[0], numpy.float32), answers[:, 0], rtol=1e-5, atol=1e-6)
        request.raw_input_contents.append(b"")
        with self.assertRaises(grpc.RpcError) as caught:
            self.generic(method, request, service_pb2.ModelInferResponse)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_refusals_name_the_tensor(self):
        rows, _ = golden(ONE, 2)
        self.assertIn("'wind'", self.refused("INVALID_ARGUMENT", self.client.infer, ONE, [row_input(rows, "wnd")]))
        doubles = tritonclient.grpc.InferInput("input", [2, 4], "FP64")
        doubles.set_data_from_numpy(rows.astype(numpy.float64))
        self.assertIn("FP64", self.refused("INVALID_ARGUMENT", self.client.infer, ONE, [doubles]))
        output = tritonclient.grpc.InferRequestedOutput("p50")
        self.refused("INVALID_ARGUMENT", self.client.infer, ONE, [row_input(rows)], outputs=[output])
        self.refused("NOT_FOUND", self.client.infer, "nothing", [row_input(rows)])
        self.refused("NOT_FOUND", self.client.infer, ONE, [row_input(rows)], model_version="7")
        top = tritonclient.grpc.InferRequestedOutput("output", class_count=2)
        self.refused("UNIMPLEMENTED", self.client.infer, THREE, [row_input(rows)], outputs=[top])

    def test_too_long_a_message_is_refused(self):
        rows = numpy.zeros((2_000_000, 4), numpy.float32)
        self.refused("RESOURCE_EXHAUSTED", self.client.infer, ONE, [row_input(rows)])

    def test_a_deadline_that_has_passed_is_said(self):
        rows = numpy.zeros((10000, 4), numpy.float32)
        self.refused("DEADLINE_EXCEEDED", self.client.infer, ONE, [row_input(rows)], client_timeout=0.0001)

    def test_a_stream_answers_in_order_and_survives_a_refusal(self):
        rows, answers = golden(ONE, 20)
        results = queue.Queue()
        self.client.start_stream(callback=lambda result, error: results.put((result, error)))
        for i in range(len(rows)):
            self.client.async_stream_infer(ONE, [row_input(rows[i:i + 1])], request_id=str(i))
        self.client.async_stream_infer("nothing", [row_input(rows)])
        self.client.async_stream_infer(ONE, [row_input(rows)], enable_empty_final_response=True)
        for i in range(len(rows)):
            result, error = results.get(timeout=60)
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(i))
            numpy.testing.assert_allclose(result.as_numpy("output"), answers[i:i + 1], rtol=1e-5, atol=1e-6)
        self.assertIn("nothing", str(results.get(timeout=60)[1]))
        last, error = results.get(timeout=60)
        self.assertIsNone(error)
        self.assertTrue(last.get_response().parameters["triton_final_response"].bool_param)
        self.client.stop_stream()

    def test_asyncio_client(self):
        rows, answers = golden(THREE, 10)

        async def ask():
            async with tritonclient.grpc.aio.InferenceServerClient(address()) as client:
                self.assertTrue(await client.is_model_ready(THREE))
                results = await asyncio.gather(*(client.infer(THREE, [row_input(rows[i:i + 1])]) for i in range(10)))
                return numpy.concatenate([result.as_numpy("output") for result in results])

        numpy.testing.assert_allclose(asyncio.run(ask()), answers, rtol=1e-5, atol=1e-6)

    def test_statistics_are_shared_with_rest(self):
        rows, _ = golden(THREE, 7)

        def read():
            stats = self.client.get_inference_statistics(THREE, as_json=True)["model_stats"][0]
            return int(stats.get("inference_count", 0))

        before = read()
        self.client.infer(THREE, [row_input(rows)])
        self.assertEqual(read() - before, 7)
        rest = SERVER.get(f"/v2/models/{THREE}/stats").json()["model_stats"][0]
        self.assertEqual(rest["inference_count"], read())


class DrainTest(unittest.TestCase):
    def test_health_fails_first_and_calls_are_still_answered(self):
        server = serve()
        rows, answers = golden(ONE, 5)
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            watch = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=lambda data: data,
                                         response_deserializer=lambda data: data)(b"", timeout=60)
            self.assertEqual(next(watch), b"\x08\x01")
            server.terminate()
            self.assertEqual(next(watch), b"\x08\x02")
            client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
            self.assertFalse(client.is_server_ready())
            result = client.infer(ONE, [row_input(rows)])
            numpy.testing.assert_allclose(result.as_numpy("output"), answers, rtol=1e-5, atol=1e-6)
            client.close()
            watch.cancel()
        self.assertEqual(server.wait(), 0, server.stderr())
        server.errors.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
