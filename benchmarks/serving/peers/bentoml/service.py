"""A BentoML service with a batchable endpoint for rows and one for batches. Served by `bentoml serve service:Trees`."""

import bentoml
import numpy

from engine import Engine, row_of, rows_of


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Trees:
    def __init__(self) -> None:
        self.engine = Engine()

    @bentoml.api(route="/predict", batchable=True, max_batch_size=32, max_latency_ms=1000)
    def predict(self, data: list[dict[str, float | None]]) -> list[float]:
        return self.engine.predict(numpy.array([row_of(row) for row in data], numpy.float32)).tolist()

    @bentoml.api(route="/predict/batch")
    def predict_batch(self, dataframe_split: dict) -> list[float]:
        return self.engine.predict(rows_of(dataframe_split)).tolist()
