"""Clients that keep their connections and ask one prediction after the other until they are told to stop."""

import http.client
import json
import threading

import numpy
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

from balancer import PATIENCE, wait_until

BODY = json.dumps({"data": {}})


# A kept connection that ends before the first byte of an answer: nobody has read the request.
ENDED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Caller(threading.Thread):
    """With `resends`, what finds its kept connection closed is sent once more, as RFC 9112, 9.3.1 has it."""

    def __init__(self, port, body, resends):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.body, self.resends = body, resends
        self.answered = 0
        self.resent = 0
        self.lost = []
        self.stopping = False

    def run(self):
        is_kept = False
        while not self.stopping:
            try:
                is_kept = self.ask(is_kept and self.resends)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                self.connection.close()
                is_kept = False
            self.answered += 1
        self.connection.close()

    def ask(self, may_resend):
        """Whether the connection is kept."""
        try:
            self.connection.request("POST", "/predict", self.body, {"Content-Type": "application/json"})
            response = self.connection.getresponse()
        except ENDED:
            if not may_resend:
                raise
            self.connection.close()
            self.resent += 1
            return self.ask(False)
        text = response.read()
        if response.status != 200:
            self.lost.append((response.status, text))
        return not response.will_close


class GrpcCaller(threading.Thread):
    def __init__(self, port, model):
        super().__init__()
        self.address, self.model = f"127.0.0.1:{port}", model
        self.answered = self.resent = 0
        self.lost = []
        self.stopping = False

    def run(self):
        row = triton.InferInput("input", [1, 4], "FP32")
        row.set_data_from_numpy(numpy.zeros((1, 4), numpy.float32))
        with triton.InferenceServerClient(self.address) as client:
            while not self.stopping:
                try:
                    client.infer(self.model, [row], client_timeout=PATIENCE)
                except InferenceServerException as error:
                    self.lost.append(str(error))
                self.answered += 1


class Callers:
    def __init__(self, balancer, count=8, body=BODY, resends=False, grpc_model=None):
        if grpc_model is None:
            self.all = [Caller(balancer.port, body, resends) for _ in range(count)]
        else:
            self.all = [GrpcCaller(balancer.grpc_port, grpc_model) for _ in range(count)]

    @property
    def answered(self):
        return sum(caller.answered for caller in self.all)

    def wait_for(self, more):
        """Until so many more requests have been answered."""
        enough = self.answered + more
        wait_until(lambda: self.answered >= enough, f"{more} more answers")

    @property
    def resent(self):
        return sum(caller.resent for caller in self.all)

    def lost(self):
        return [loss for caller in self.all for loss in caller.lost]

    def __enter__(self):
        for caller in self.all:
            caller.start()
        return self

    def __exit__(self, *_):
        for caller in self.all:
            caller.stopping = True
        for caller in self.all:
            caller.join()
