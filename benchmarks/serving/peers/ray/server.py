"""Ray Serve: one replica with @serve.batch for rows: server.py PORT TEMPORARY_FOLDER"""

import sys

import numpy
import ray
from ray import serve
from ray.serve.schema import LoggingConfig
from starlette.requests import Request

from engine import Engine, row_of, rows_of


@serve.deployment(
    num_replicas=1, max_ongoing_requests=64, ray_actor_options={"num_cpus": 0}, logging_config={"enable_access_log": False, "log_level": "WARNING"})
class Trees:
    def __init__(self) -> None:
        self.engine = Engine()

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.001)
    async def predict(self, rows: list[list[float]]) -> list[float]:
        return self.engine.predict(numpy.array(rows, numpy.float32)).tolist()

    async def __call__(self, request: Request) -> dict:
        body = await request.json()
        if "data" in body:
            return {"predictions": [await self.predict(row_of(body["data"]))]}
        return {"predictions": self.engine.predict(rows_of(body["dataframe_split"])).tolist()}


if __name__ == "__main__":
    port, temporary = sys.argv[1:]
    ray.init(num_cpus=1, include_dashboard=False, _temp_dir=temporary, log_to_driver=False, configure_logging=False)
    quiet = LoggingConfig(enable_access_log=False, log_level="WARNING")
    serve.start(http_options={"host": "127.0.0.1", "port": int(port)}, logging_config=quiet)
    serve.run(Trees.bind(), route_prefix="/", blocking=True)
