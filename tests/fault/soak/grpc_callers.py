"""Callers over gRPC: valid ones, some that give up, and some whose messages are wrong."""

import grpc
import numpy
import tritonclient.grpc
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from program import PATIENCE
from soak.catalogue import FILES, padding
from soak.http_callers import SIZE_WEIGHTS, SIZES
from soak.tally import Caller

INFER = "/inference.GRPCInferenceService/ModelInfer"
STREAM = "/inference.GRPCInferenceService/ModelStreamInfer"


def tensor_of(rows, name="input"):
    tensor = tritonclient.grpc.InferInput(name, list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows)
    return tensor


def message_of(name, rows, **members):
    request = service_pb2.ModelInferRequest(model_name=name, **members)
    request.inputs.add(name="input", datatype="FP32", shape=rows.shape)
    request.raw_input_contents.append(rows.tobytes())
    return request


class GrpcCaller(Caller):
    """One channel, replaced now and then."""

    def __init__(self, port, catalogue, *arguments):
        super().__init__(*arguments)
        self.address = f"127.0.0.1:{port}"
        self.catalogue = catalogue
        self.client = None
        self.channel = None
        self.turns = [(self.infer, 20), (self.stream, 4), (self.cancel, 3), (self.leave_a_stream, 1), (self.refused, 4),
                      (self.garbage_message, 2), (self.hurried, 1)]

    def close(self):
        if self.client is not None:
            self.client.close()
            self.channel.close()
            self.client = None

    def turn(self):
        if self.client is not None and self.random.random() < 0.02:
            self.close()
        if self.client is None:
            self.client = tritonclient.grpc.InferenceServerClient(self.address)
            # Of its own, or channels to one address share a connection.
            self.channel = grpc.insecure_channel(self.address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.pick(self.turns)()

    def choose(self, size=None):
        name = self.random.choice(list(FILES))
        size = size or self.random.choices(SIZES, SIZE_WEIGHTS)[0]
        indices = numpy.array(self.random.choices(range(len(self.catalogue.rows[name])), k=size))
        return name, indices, self.catalogue.rows[name].array[indices]

    def check(self, kind, name, indices, message, given):
        file = self.catalogue.file_of_number(name, message.model_version)
        wrong = self.catalogue.difference(file, indices, given)
        if wrong is not None:
            self.tally.fault(f"{self.name}: {kind}: {wrong}")
        self.tally.count(kind)
        self.tally.count("values compared", self.catalogue.answers[file][indices].size)

    def infer(self):
        name, indices, rows = self.choose()
        options = {"request_id": str(indices[0])}
        if self.random.random() < 0.3:
            options["client_timeout"] = PATIENCE
        result = self.client.infer(name, [tensor_of(rows)], **options)
        message = result.get_response()
        if message.id != options["request_id"]:
            self.tally.fault(f"{self.name}: the answer to {options['request_id']} has the id {message.id}")
        self.check("gRPC infer", name, indices, message, result.as_numpy(message.outputs[0].name))

    def _stream(self):
        return self.channel.stream_stream(STREAM, request_serializer=service_pb2.ModelInferRequest.SerializeToString,
                                          response_deserializer=service_pb2.ModelStreamInferResponse.FromString)

    def stream(self):
        asked = [self.choose(self.random.choice((1, 5, 100))) for _ in range(self.random.randrange(1, 12))]
        requests = iter([message_of(name, rows, id=str(i)) for i, (name, _, rows) in enumerate(asked)])
        answered = 0
        for answer in self._stream()(requests, timeout=PATIENCE):
            if answer.error_message:
                self.tally.fault(f"{self.name}: stream: {answer.error_message}")
                continue
            message = answer.infer_response
            name, indices, _ = asked[int(message.id)]
            given = numpy.frombuffer(message.raw_output_contents[0], numpy.float32)
            self.check("gRPC stream", name, indices, message, given)
            answered += 1
        if answered != len(asked):
            self.tally.fault(f"{self.name}: {answered} answers to {len(asked)} requests of a stream")

    def cancel(self):
        """Gives up while the call is under way."""
        name, _, rows = self.choose(3000)
        call = self._unary(INFER).future(message_of(name, rows).SerializeToString(), timeout=PATIENCE)
        self.stop.wait(self.random.random() * 0.003)
        call.cancel()
        self.tally.count("gRPC call cancelled" if call.cancelled() else "gRPC call answered before it was cancelled")

    def leave_a_stream(self):
        """Reads one answer of many and goes."""
        name, indices, rows = self.choose(250)
        call = self._stream()(iter([message_of(name, rows)] * 20), timeout=PATIENCE)
        message = next(call).infer_response
        self.check("gRPC stream left", name, indices, message, numpy.frombuffer(message.raw_output_contents[0], numpy.float32))
        call.cancel()

    def hurried(self):
        name, indices, rows = self.choose(3000)
        try:
            result = self.client.infer(name, [tensor_of(rows)], client_timeout=0.001)
        except InferenceServerException as error:
            if error.status() not in ("StatusCode.DEADLINE_EXCEEDED", "StatusCode.CANCELLED"):
                raise
            self.tally.count("gRPC deadline passed")
            return
        message = result.get_response()
        self.check("gRPC infer", name, indices, message, result.as_numpy(message.outputs[0].name))

    def refused(self):
        rows = numpy.zeros((2, 4), numpy.float32)
        wrong = message_of("tree", rows)
        wrong.raw_input_contents[0] = b"123"
        status, request = self.random.choice((
            ("INVALID_ARGUMENT", message_of("tree", rows[:, :3].copy())),
            ("INVALID_ARGUMENT", message_of("tree", numpy.zeros((10001, 4), numpy.float32))),
            ("INVALID_ARGUMENT", wrong),
            ("INVALID_ARGUMENT", service_pb2.ModelInferRequest(model_name="tree")),
            ("NOT_FOUND", message_of("nothing", rows)),
            ("NOT_FOUND", message_of("tree", rows, model_version="999999"))))
        self._expect_status((status,), INFER, request.SerializeToString(), "gRPC refused")

    def garbage_message(self):
        method, statuses = self.random.choice((
            (INFER, ("UNIMPLEMENTED", "INTERNAL")),  # said by gRPC itself of what is no message
            ("/inference.GRPCInferenceService/Nothing", ("UNIMPLEMENTED",)),
            ("/nothing.Nothing/Nothing", ("UNIMPLEMENTED",))))
        # A wire type that does not exist comes first.
        self._expect_status(statuses, method, b"\x0f" + padding(self.random.randrange(1, 2000)), "gRPC garbage message")

    def _unary(self, method):
        return self.channel.unary_unary(method, request_serializer=lambda data: data, response_deserializer=lambda data: data)

    def _expect_status(self, statuses, method, request, kind):
        try:
            self._unary(method)(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            if error.code().name not in statuses:
                self.tally.fault(f"{self.name}: {kind}: {error.code().name}: {error.details()}, not {statuses}")
        else:
            self.tally.fault(f"{self.name}: {kind}: {method} answered what should have been refused")
        self.tally.count(kind)
