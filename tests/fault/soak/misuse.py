"""Callers that give up, that are slow, and whose bytes are wrong."""

import gzip
import json
import socket
import struct

import numpy

from program import PATIENCE
from soak.catalogue import decode_binary, encode_binary, padding
from soak.http_callers import read_answer
from soak.tally import Caller


def request_bytes(target, body, headers=(), method="POST"):
    if isinstance(body, str):
        body = body.encode()
    fields = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body)), **dict(headers)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


class SocketCaller(Caller):
    def __init__(self, server, catalogue, *arguments):
        super().__init__(*arguments)
        self.server = server
        self.catalogue = catalogue

    def connect(self, port=None, receive_buffer=None):
        connection = socket.socket()
        connection.settimeout(PATIENCE)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.connect(("127.0.0.1", port or self.server.port))
        return connection

    def batch(self, size):
        """A binary inference of the model whose versions change, and its rows."""
        rows = self.catalogue.rows["tree"]
        indices = numpy.array(self.random.choices(range(len(rows)), k=size))
        body, headers = encode_binary(rows.array[indices])
        return indices, request_bytes("/v2/models/tree/infer", body, headers.items())

    def json_batch(self, size):
        rows = self.catalogue.rows["tree"]
        body = json.dumps({"model_name": "tree", "data": self.random.choices(rows.dicts, k=size)})
        return request_bytes("/predict/batch", body)


class LeavingCaller(SocketCaller):
    """Goes in the middle of its request, before its answer or in the middle of it; politely or not."""

    def turn(self):
        kind = self.pick([("request", 1), ("answer", 1), ("rest", 1)])
        sent = self.batch(3000)[1] if self.random.random() < 0.5 else self.json_batch(self.random.choice((1, 700, 3000)))
        with self.connect() as connection:
            if kind == "request":
                connection.sendall(sent[:self.random.randrange(1, len(sent))])
            else:
                connection.sendall(sent)
            if kind == "rest":
                connection.recv(self.random.randrange(1, 1000))
            if self.random.random() < 0.5:  # a reset instead of an end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tally.count({"request": "left in its request", "answer": "left before its answer", "rest": "left in its answer"}[kind])
        self.stop.wait(0.02)  # others want the processor too


class SlowCaller(SocketCaller):
    """A byte at a time, or an answer read a little at a time."""

    def turn(self):
        if self.random.random() < 0.5:
            self.send_slowly()
        else:
            self.read_slowly()

    def send_slowly(self):
        indices, sent = self.batch(1)
        with self.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(sent)):
                connection.sendall(sent[i:i + 1])
                self.stop.wait(0.002)
            self.check("sent slowly", indices, connection.makefile("rb"))

    def read_slowly(self):
        """Answers to several requests, more than the socket's buffers hold, a little at a time."""
        asked = [self.batch(3000) for _ in range(8)]
        with self.connect(receive_buffer=4096) as connection:
            connection.sendall(b"".join(sent for _, sent in asked))
            stream = SlowStream(connection, self.stop)
            for indices, _ in asked:
                self.check("read slowly", indices, stream)

    def check(self, kind, indices, stream):
        status, headers, body = read_answer(stream)
        if status != 200:
            self.tally.fault(f"{self.name}: {kind}: status {status}: {body[:300]}")
            return
        head, given = decode_binary(headers, body)
        wrong = self.catalogue.difference(self.catalogue.file_of_number("tree", head["model_version"]), indices, given)
        if wrong is not None:
            self.tally.fault(f"{self.name}: {kind}: {wrong}")
        self.tally.count(kind)
        self.tally.count("values compared", len(indices))


class SlowStream:
    """Reads as a file would, waiting between small pieces."""

    PIECE = 2048

    def __init__(self, connection, stop):
        self._connection = connection
        self._stop = stop
        self._buffer = b""

    def _fill(self):
        self._stop.wait(0.005)
        piece = self._connection.recv(self.PIECE)
        if not piece:
            raise ConnectionError("closed in the middle of an answer")
        self._buffer += piece

    def _take(self, size):
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def readline(self):
        while b"\n" not in self._buffer:
            self._fill()
        return self._take(self._buffer.index(b"\n") + 1)

    def read(self, size):
        while len(self._buffer) < size:
            self._fill()
        return self._take(size)


ROW = '{"f0":1,"f1":2,"f2":3,"f3":4}'
TENSOR = '{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}'


def wrong_requests():
    """Status and bytes."""
    predict = lambda body, **headers: request_bytes("/predict", body, [(k.replace("_", "-"), v) for k, v in headers.items()])
    batch = lambda body, kind="application/json": request_bytes("/predict/batch?model_name=tree", body, [("Content-Type", kind)])
    infer = lambda body, headers=(): request_bytes("/v2/models/tree/infer", body, headers)
    return [
        (422, predict("")), (422, predict("[]")), (422, predict("{}")), (422, predict("nul")),
        (422, predict(f'{{"model_name":"tree","data":{ROW}')), (422, predict('{"model_name":"tree","data":[1]}')),
        (422, predict('{"model_name":"tree","data":{"f0":"high"}}')), (422, predict('{"model_name":"tree","data":{"f0":1e99}}')),
        (422, predict('{"model_name":"tree","data":{"f9":1}}')), (422, predict('{"model_name":7,"data":{}}')),
        (404, predict(f'{{"model_name":"nothing","data":{ROW}}}')), (422, predict("[" * 100000)),
        (422, predict('{"model_name":"tree","data":{"f\udcff":1}}'.encode("utf-8", "surrogateescape"))),
        (415, predict(ROW, Content_Type="text/plain")), (413, predict(" " * (2 << 20))),
        (422, batch(f'{{"data":[{ROW},{ROW[:-2]}')), (422, batch(f'{{"data":[{ROW},{{"f1":[]}}]}}')),
        (422, batch('{"dataframe_split":{"columns":["f0","f7"],"data":[[1,2]]}}')),
        (422, batch('{"dataframe_split":{"columns":["f0","f1"],"data":[[1,2,3]]}}')),
        (413, batch('{"data":[' + ",".join([ROW] * 10001) + "]}")),
        (422, batch("f0,f1\n1,2,3\n", "text/csv")), (422, batch("f0,f9\n1,2\n", "text/csv")), (422, batch('f0\n"1\n', "text/csv")),
        (400, infer("")), (400, infer(TENSOR[:-1])), (400, infer(TENSOR.replace("[1,4]", "[2,4]"))),
        (400, infer(TENSOR.replace("[1,4]", "[1,3]"))), (400, infer(TENSOR.replace("FP32", "BYTES"))),
        (400, infer(TENSOR.replace("[1,4]", "[4611686018427387904,4]"))), (400, infer(TENSOR.replace('"input"', '"inptu"'))),
        (400, infer(TENSOR, [("Inference-Header-Content-Length", "99999")])), (400, infer(b"123", [("Inference-Header-Content-Length", "0")])),
        (404, request_bytes("/v2/models/nothing/infer", TENSOR)), (404, request_bytes("/v2/models/tree/versions/99999/infer", TENSOR)),
        (404, request_bytes("/nothing", "")), (405, request_bytes("/predict", "", method="DELETE")),
        (431, request_bytes("/health", "", [("X-Long", "x" * 20000)], "GET")), (501, request_bytes("/explain", '{"model_name":"graph","data":{}}')),
        (403, request_bytes("/health", "", [("Host", "evil.example")], "GET")),
    ]


class WrongCaller(SocketCaller):
    """Requests that are refused with a known status, and bytes that are no requests at all."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.requests = wrong_requests()
        self.turns = [(self.refused, 12), (self.packed, 2), (self.garbage, 4), (self.garbage_of_grpc, 3), (self.no_token, 1)]

    def turn(self):
        self.pick(self.turns)()
        self.stop.wait(0.01)  # others want the processor too

    def exchange(self, sent, port=None):
        """All that came until the end; nothing when the connection was reset."""
        answer = b""
        try:
            with self.connect(port) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    answer += piece
        except (ConnectionError, BrokenPipeError):
            pass
        return answer

    def expect(self, kind, status, answer):
        self.tally.count(kind)
        # Of a body that it did not read to its end the server may reset the connection before the answer is read.
        if answer == b"" and status == 413:
            return
        if not answer.startswith(f"HTTP/1.1 {status} ".encode()):
            self.tally.fault(f"{self.name}: {kind}: {answer[:300]} instead of {status}")

    def refused(self):
        number = self.random.randrange(len(self.requests))
        status, sent = self.requests[number]
        self.expect("refused", status, self.exchange(sent))

    def packed(self):
        packed = gzip.compress(b"[" * 1000)
        zeros = gzip.compress(bytes(4 << 20))
        status, body = self.random.choice(((422, packed), (413, zeros), (400, packed[:-9]), (400, b"no gzip")))
        answer = self.exchange(request_bytes("/predict", body, [("Content-Encoding", "gzip")]))
        self.tally.count("wrong gzip")
        if not answer.startswith(b"HTTP/1.1 4") and not (status == 413 and answer == b""):
            self.tally.fault(f"{self.name}: wrong gzip: {answer[:300]}")

    def garbage(self):
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        start = self.random.choice((b"", b"GET ", b"\x16\x03\x01", b"POST /predict HTTP/9.9\r\n\r\n", head + b"Content-Length: -1\r\n\r\n",
                                    head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", head + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"))
        size = self.random.randrange(1, 3000)
        answer = self.exchange(start + self.random.randbytes(size))
        self.tally.count("garbage on HTTP")
        # 505 is for a version of HTTP, 501 for a method or a transfer coding that it does not know.
        if answer and not answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505", b"HTTP/1.1 501")):
            self.tally.fault(f"{self.name}: garbage {start!r}: {answer[:300]}")

    def garbage_of_grpc(self):
        start = self.random.choice((b"", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
        self.exchange(start + self.random.randbytes(self.random.randrange(1, 3000)), self.server.grpc_port)
        self.tally.count("garbage on gRPC")

    def no_token(self):
        answer = self.exchange(request_bytes("/models/tree/rollback", "", [("Authorization", "Bearer x")]), self.server.management_port)
        self.expect("without a token", 401, answer)
