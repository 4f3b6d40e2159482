"""FastAPI with pydantic models of the bodies, ONNX Runtime behind them. Served by uvicorn: uvicorn server:app"""

import numpy
from fastapi import FastAPI
from pydantic import BaseModel, create_model

from engine import FEATURES, OnnxEngine, rows_of

Row = create_model("Row", **{name: (float | None, None) for name in FEATURES})


class Single(BaseModel):
    data: Row


class Frame(BaseModel):
    columns: list[str]
    data: list[list[float | None]]


class Batch(BaseModel):
    dataframe_split: Frame


class Predictions(BaseModel):
    predictions: list[float]


app = FastAPI()
engine = OnnxEngine()


@app.post("/predict")
async def predict(body: Single) -> Predictions:
    row = [getattr(body.data, name) for name in FEATURES]
    return Predictions(predictions=engine.predict(numpy.array([row], numpy.float32)).tolist())


@app.post("/predict/batch")
async def predict_batch(body: Batch) -> Predictions:
    frame = {"columns": body.dataframe_split.columns, "data": body.dataframe_split.data}
    return Predictions(predictions=engine.predict(rows_of(frame)).tolist())
