"""PyTriton: Triton's HTTP front end, the model in a Python backend: server.py PORT GRPC_PORT METRICS_PORT"""

import sys

import numpy
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from engine import FEATURES, Engine

engine = Engine()


@batch
def infer(input: numpy.ndarray) -> dict[str, numpy.ndarray]:
    return {"output": engine.predict(input).reshape(-1, 1)}


if __name__ == "__main__":
    http, grpc, metrics = map(int, sys.argv[1:])
    config = TritonConfig(http_address="127.0.0.1", http_port=http, grpc_address="127.0.0.1", grpc_port=grpc, metrics_port=metrics)
    with Triton(config=config) as triton:
        triton.bind(
            model_name="trees", infer_func=infer,
            inputs=[Tensor(name="input", dtype=numpy.float32, shape=(len(FEATURES),))],
            outputs=[Tensor(name="output", dtype=numpy.float32, shape=(1,))],
            config=ModelConfig(max_batch_size=1024))
        triton.serve()
