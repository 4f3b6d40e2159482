"""mosec with two routes: single rows are batched by the server, batches come as they are. Options are mosec's own (--port)."""

import msgspec
import numpy
from mosec import Runtime, Server, Worker

from engine import FEATURES, OnnxEngine, XgboostEngine, rows_of

# Structs are msgspec's fast path: absent features take the default.
Row = msgspec.defstruct("Row", [(name, float | None, None) for name in FEATURES])


class Single(msgspec.Struct):
    data: Row


class Rows(Worker):
    def __init__(self) -> None:
        super().__init__()
        self.engine = OnnxEngine()
        self.decoder = msgspec.json.Decoder(Single)

    def deserialize(self, data: bytes) -> tuple:
        return msgspec.structs.astuple(self.decoder.decode(data).data)

    def forward(self, data: list[tuple]) -> list[float]:
        return self.engine.predict(numpy.array(data, numpy.float32)).tolist()

    def serialize(self, data: float) -> bytes:
        return msgspec.json.encode({"predictions": [data]})


class Batches(Worker):
    def __init__(self) -> None:
        super().__init__()
        self.engine = XgboostEngine()

    def deserialize(self, data: bytes) -> numpy.ndarray:
        return rows_of(msgspec.json.decode(data)["dataframe_split"])

    def forward(self, data: numpy.ndarray) -> list[float]:
        return self.engine.predict(data).tolist()

    def serialize(self, data: list[float]) -> bytes:
        return msgspec.json.encode({"predictions": data})


if __name__ == "__main__":
    server = Server()
    server.register_runtime({
        "/predict": [Runtime(Rows, num=1, max_batch_size=32, max_wait_time=1)],
        "/predict/batch": [Runtime(Batches, num=1)],
    })
    server.run()
