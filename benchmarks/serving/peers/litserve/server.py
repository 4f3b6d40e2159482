"""LitServe: an API per route, each with its worker: server.py PORT"""

import sys

import litserve
import numpy

from engine import OnnxEngine, XgboostEngine, row_of, rows_of


class Rows(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.engine = OnnxEngine()

    def decode_request(self, request: dict) -> list[float]:
        return row_of(request["data"])

    def batch(self, inputs: list[list[float]]) -> numpy.ndarray:
        return numpy.array(inputs, numpy.float32)

    def predict(self, rows: numpy.ndarray) -> list[float]:
        return self.engine.predict(rows).tolist()

    def unbatch(self, output: list[float]) -> list[float]:
        return output

    def encode_response(self, output: float) -> dict:
        return {"predictions": [output]}


class Batches(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.engine = XgboostEngine()

    def decode_request(self, request: dict) -> numpy.ndarray:
        return rows_of(request["dataframe_split"])

    def predict(self, rows: numpy.ndarray) -> list[float]:
        return self.engine.predict(rows).tolist()

    def encode_response(self, output: list[float]) -> dict:
        return {"predictions": output}


if __name__ == "__main__":
    apis = [Rows(max_batch_size=32, batch_timeout=0.001, api_path="/predict"), Batches(api_path="/predict/batch")]
    litserve.LitServer(apis, accelerator="cpu", workers_per_device=1, fast_queue=True).run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning")
