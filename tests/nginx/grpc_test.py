"""gRPC through the balancer, by other people's client: calls, streams, what is closed, limits, failover.

Usage: grpc_test.py PROGRAM SOURCE_DIR
"""

import queue
import sys
import unittest

import grpc
import numpy
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from balancer import MODEL, PATIENCE, Balancer, Pool, wait_until

NAME = MODEL.stem


def rows(count=1):
    tensor = triton.InferInput("input", [count, 4], "FP32")
    tensor.set_data_from_numpy(numpy.zeros((count, 4), numpy.float32))
    return [tensor]


class GrpcTest(unittest.TestCase):
    LIMITED = False

    def setUp(self):
        self.pool = self.enterContext(Pool(2))
        self.balancer = self.enterContext(Balancer(self.pool, limited=self.LIMITED))
        self.client = triton.InferenceServerClient(f"127.0.0.1:{self.balancer.grpc_port}")
        self.addCleanup(self.client.close)

    def predict(self, client=None, count=1):
        return (client or self.client).infer(NAME, rows(count)).as_numpy("output")

    def assert_code(self, code, call, *arguments, **more):
        with self.assertRaises(InferenceServerException) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.status(), f"StatusCode.{code}", caught.exception)


class CallsTest(GrpcTest):
    def test_tritonclient_works_as_it_does_without_a_balancer(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready(NAME))
        self.assertEqual(self.client.get_model_metadata(NAME).name, NAME)
        self.assertEqual(self.client.get_model_config(NAME).config.name, NAME)
        self.assertEqual(self.client.get_model_repository_index().models[0].name, NAME)
        direct = triton.InferenceServerClient(f"127.0.0.1:{self.pool.ports[0][1]}")
        self.addCleanup(direct.close)
        numpy.testing.assert_array_equal(self.predict(count=50), self.predict(direct, count=50))
        self.assertEqual(self.client.get_inference_statistics(NAME).model_stats[0].name, NAME)

    def test_calls_are_spread_over_the_servers(self):
        for _ in range(40):
            self.predict()
        wait_until(lambda: len(self.balancer.log()) == 40, "all are logged")
        shares = {line["server"] for line in self.balancer.log()}
        self.assertEqual(shares, {f"127.0.0.1:{port}" for _, port in self.pool.ports})

    def test_long_messages_pass_both_ways(self):
        # 10,000 rows: 160 kB there, which is more than NGINX's buffer for a message.
        self.assertEqual(self.predict(count=10_000).shape[0], 10_000)

    def test_streams_pass_both_ways(self):
        answers = queue.Queue()
        self.client.start_stream(lambda result, error: answers.put((result, error)))
        for number in range(20):
            self.client.async_stream_infer(NAME, rows(), request_id=str(number))
            result, error = answers.get(timeout=PATIENCE)
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(number))
        self.client.stop_stream()

    def test_what_changes_models_and_what_is_unknown_is_no_method(self):
        self.assert_code("UNIMPLEMENTED", self.client.load_model, NAME)
        self.assert_code("UNIMPLEMENTED", self.client.unload_model, NAME)
        channel = grpc.insecure_channel(f"127.0.0.1:{self.balancer.grpc_port}")
        self.addCleanup(channel.close)
        with self.assertRaises(grpc.RpcError) as caught:
            channel.unary_unary("/geo.Nothing/Call")(b"", timeout=PATIENCE)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
        wait_until(lambda: len(self.balancer.log()) == 3, "all are logged")
        self.assertEqual({line["server"] for line in self.balancer.log()}, {""})

    def test_health_can_be_asked_and_errors_of_the_servers_pass(self):
        channel = grpc.insecure_channel(f"127.0.0.1:{self.balancer.grpc_port}")
        self.addCleanup(channel.close)
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b"", timeout=PATIENCE), b"\x08\x01")  # SERVING
        self.assert_code("NOT_FOUND", self.client.infer, "nothing", rows())


class GrpcFailoverTest(GrpcTest):
    def test_a_killed_server_costs_no_call_that_comes_later(self):
        self.predict()
        self.pool.servers[0].kill()
        for _ in range(30):
            self.predict()
        self.pool.restart(0)
        address = f"127.0.0.1:{self.pool.ports[0][1]}"

        def back():
            self.predict()
            lines = self.balancer.log()
            return lines[-1]["server"] == address and lines[-1]["status"] == 200

        wait_until(back, "it gets calls again")

    def test_without_any_server_the_call_is_unavailable(self):
        for server in self.pool.servers:
            server.kill()
        self.assert_code("UNAVAILABLE", self.predict)


class GrpcLimitsTest(GrpcTest):
    LIMITED = True

    def test_calls_over_the_limit_are_resource_exhausted(self):
        channel = grpc.insecure_channel(f"127.0.0.1:{self.balancer.grpc_port}")
        self.addCleanup(channel.close)
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        asked = service_pb2.ModelInferRequest(model_name=NAME)
        tensor = asked.inputs.add(name="input", datatype="FP32", shape=[1, 4])
        tensor.contents.fp32_contents.extend([0.0] * 4)
        body = asked.SerializeToString()
        # All under way before the first is waited for.
        calls = [infer.future(body, timeout=PATIENCE) for _ in range(400)]
        codes = [call.code() for call in calls]
        self.assertEqual(set(codes), {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED})
        self.assertGreater(codes.count(grpc.StatusCode.OK), 50)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
