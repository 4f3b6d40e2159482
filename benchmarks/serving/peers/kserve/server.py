"""A custom predictor of KServe's Python SDK. Options are the SDK's own (--http_port, --model_name)."""

import argparse
import asyncio

import kserve
import uvloop
from kserve import InferRequest, InferResponse, Model, ModelServer
from kserve.utils.utils import get_predict_response

from engine import Engine


class Trees(Model):
    def __init__(self, name: str) -> None:
        super().__init__(name, return_response_headers=False)
        self.engine = Engine()
        self.ready = True

    def predict(self, payload: InferRequest, headers: dict[str, str] | None = None) -> InferResponse:
        rows = payload.inputs[0].as_numpy()
        return get_predict_response(payload, self.engine.predict(rows), self.name)


if __name__ == "__main__":
    # Its --event-loop=auto means uvloop where there is one, but a single worker runs in whatever loop asyncio makes.
    uvloop.install()
    asyncio.set_event_loop(asyncio.new_event_loop())
    parser = argparse.ArgumentParser(parents=[kserve.model_server.parser])
    ModelServer().start([Trees(parser.parse_args().model_name)])
