#!/usr/bin/env python3
"""Makes the ONNX models of this folder and what ONNX Runtime answers for some tensors.

Run here with PyPI's onnx 1.23.2, onnxruntime 1.32.0, skl2onnx 1.20.0, onnxmltools 1.16.0, scikit-learn and the xgboost
and lightgbm of ../generate.py. A model NAME.onnx that can be run has NAME.json beside it: runs of "inputs" and
"outputs", each with name, type, shape and data: numbers in row-major order, null for NaN, the bits of an FP16 value.
"""
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

TYPES = {"float32": "FP32", "float64": "FP64", "float16": "FP16", "int64": "INT64", "int32": "INT32", "bool": "BOOL",
         "uint8": "UINT8"}
rng = np.random.default_rng(21)


def tensor(name, array):
    array = np.asarray(array)
    kind = TYPES[array.dtype.name]
    flat = array.reshape(-1)
    if kind == "FP16":
        data = [int(v) for v in flat.view(np.uint16)]
    elif kind in ("FP32", "FP64"):
        data = [None if np.isnan(v) else float(str(v)) for v in flat]
    else:
        data = [int(v) for v in flat]
    return {"name": name, "type": kind, "shape": list(array.shape), "data": data}


def save(name, model, runs=()):
    onnx.save(model, f"{name}.onnx")
    if not runs:
        return
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{name}.onnx", options)
    outputs = [o.name for o in session.get_outputs()]
    answers = []
    for run in runs:
        got = session.run(outputs, run)
        answers.append({"inputs": [tensor(k, v) for k, v in run.items()],
                        "outputs": [tensor(k, v) for k, v in zip(outputs, got)]})
    lines = ",\n".join("    " + json.dumps(answer) for answer in answers)
    pathlib.Path(f"{name}.json").write_text('{"runs": [\n' + lines + "\n]}\n")


def graph(nodes, inputs, outputs, constants=(), opset=17, domains=(), ir_version=8, **properties):
    initializers = [numpy_helper.from_array(value, name) for name, value in dict(constants).items()]
    values = [[h.make_tensor_value_info(*value) for value in group] for group in (inputs, outputs)]
    model = h.make_model(h.make_graph(nodes, "graph", *values, initializers),
                         opset_imports=[h.make_opsetid("", opset)] + [h.make_opsetid(d, 1) for d in domains],
                         ir_version=ir_version, producer_name="geoclimate")
    h.set_model_props(model, properties)
    return model


def floats(*shape):
    return np.round(rng.normal(size=shape), 3).astype(np.float32)


def mlp(batch, **properties):
    weights = {"w0": floats(4, 16) / 2, "b0": floats(16), "w1": floats(16, 16) / 4, "b1": floats(16),
               "w2": floats(16, 2), "b2": floats(2)}
    nodes = [h.make_node("Gemm", ["x", "w0", "b0"], ["h0"]), h.make_node("Tanh", ["h0"], ["a0"]),
             h.make_node("Gemm", ["a0", "w1", "b1"], ["h1"]), h.make_node("Sigmoid", ["h1"], ["a1"]),
             h.make_node("Gemm", ["a1", "w2", "b2"], ["output"])]
    return graph(nodes, [("x", T.FLOAT, [batch, 4])], [("output", T.FLOAT, [batch, 2])], weights, **properties)


def networks():
    x = floats(9, 4)
    x[8, 2] = np.nan
    runs = [{"x": x}, {"x": x[:1]}]
    save("mlp", mlp("batch", feature_names=json.dumps(["wind", "pm25_lag1", "\"ozone\"", "µ"])), runs)
    save("refused_feature_names", mlp("batch", feature_names="wind, pm25_lag1"))
    save("future_opset", mlp("batch", opset=99))

    # Its rows are compared with each other: no model of rows.
    nodes = [h.make_node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1), h.make_node("Sub", ["x", "mean"], ["y"])]
    save("rows_depend", graph(nodes, [("x", T.FLOAT, ["n", 4])], [("y", T.FLOAT, ["n", 4])]), [{"x": x[:3]}])

    # Every size is fixed.
    nodes = [h.make_node("GlobalAveragePool", ["image"], ["pooled"]), h.make_node("Flatten", ["pooled"], ["channels"])]
    save("fixed", graph(nodes, [("image", T.FLOAT, [1, 3, 4, 4])], [("channels", T.FLOAT, [1, 3])]),
         [{"image": floats(1, 3, 4, 4)}])

    # Two inputs share a size by name, and a third has one that no output can be told from.
    nodes = [h.make_node("Add", ["a", "b"], ["sum"]), h.make_node("NonZero", ["c"], ["where"])]
    save("named_sizes",
         graph(nodes, [("a", T.FLOAT, ["n", 2]), ("b", T.FLOAT, ["n", 2]), ("c", T.INT32, ["m"])],
               [("sum", T.FLOAT, ["n", 2]), ("where", T.INT64, [1, None])]),
         [{"a": floats(3, 2), "b": floats(3, 2), "c": np.array([0, 5, 0, -1], np.int32)},
          {"a": floats(1, 2), "b": floats(1, 2), "c": np.array([1, 1, 1, 1, 0, 7], np.int32)}])

    # An operator that refuses some values of its input.
    save("gather", graph([h.make_node("Gather", ["table", "index"], ["y"])], [("index", T.INT64, ["n"])],
                         [("y", T.FLOAT, ["n", 2])], {"table": floats(5, 2)}),
         [{"index": np.array([0, 4, -1])}])


def mixed():
    """Inputs of five types, outputs of three."""
    nodes = [h.make_node("Cast", ["half"], ["half64"], to=T.DOUBLE), h.make_node("Cast", ["single"], ["single64"], to=T.DOUBLE),
             h.make_node("Cast", ["count"], ["count64"], to=T.DOUBLE),
             h.make_node("Mul", ["double", "half64"], ["scaled"]), h.make_node("Add", ["scaled", "single64"], ["shifted"]),
             h.make_node("Mul", ["shifted", "count64"], ["all"]),
             h.make_node("Where", ["flag", "all", "double"], ["chosen"]),
             h.make_node("Not", ["flag"], ["not_flag"]), h.make_node("Add", ["count", "count"], ["twice"])]
    inputs = [("single", T.FLOAT, ["n", 2]), ("double", T.DOUBLE, ["n", 2]), ("half", T.FLOAT16, ["n", 1]),
              ("count", T.INT64, ["n", 1]), ("flag", T.BOOL, ["n", 1])]
    outputs = [("chosen", T.DOUBLE, ["n", 2]), ("not_flag", T.BOOL, ["n", 1]), ("twice", T.INT64, ["n", 1])]
    save("mixed", graph(nodes, inputs, outputs),
         [{"single": floats(n, 2), "double": rng.normal(size=(n, 2)), "half": floats(n, 1).astype(np.float16),
           "count": rng.integers(-5, 5, (n, 1)), "flag": rng.random((n, 1)) < 0.5} for n in (4, 1, 0)])


def refused():
    save("unknown_operator", graph([h.make_node("Frobnicate", ["x"], ["y"], domain="com.example")],
                                   [("x", T.FLOAT, ["n", 4])], [("y", T.FLOAT, ["n", 4])], domains=["com.example"]))
    save("refused_text", graph([h.make_node("StringNormalizer", ["words"], ["y"])], [("words", T.STRING, ["n"])],
                               [("y", T.STRING, ["n"])]))

    def external(name):
        value = T(name=name, data_type=T.FLOAT, dims=[4], data_location=T.EXTERNAL)
        value.external_data.add(key="location", value="/etc/hostname")
        return value

    model = graph([h.make_node("Add", ["x", "secret"], ["y"])], [("x", T.FLOAT, ["n", 4])], [("y", T.FLOAT, ["n", 4])])
    model.graph.initializer.append(external("secret"))
    save("refused_external", model)
    # In a constant of a branch of a node.
    branch = [h.make_graph([h.make_node("Constant", [], [out], value=value)], out,
                           [], [h.make_tensor_value_info(out, T.FLOAT, [4])])
              for out, value in (("then", external("hidden")), ("else", numpy_helper.from_array(floats(4), "plain")))]
    nodes = [h.make_node("If", ["flag"], ["y"], then_branch=branch[0], else_branch=branch[1])]
    save("refused_external_in_branch", graph(nodes, [("flag", T.BOOL, [])], [("y", T.FLOAT, [4])]))


def converted():
    """What exporters make of scikit-learn, XGBoost and LightGBM."""
    import lightgbm as lgb
    import xgboost as xgb
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as Floats
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    x = floats(200, 4)
    classes = np.digitize(x[:, 0] * 2 - x[:, 1], [-1, 1])
    model = LogisticRegression().fit(x, classes)
    save("sklearn_classifier", to_onnx(model, x[:1], target_opset=17, options={"zipmap": False}), [{"X": x[:6]}])
    save("refused_zipmap", to_onnx(model, x[:1], target_opset=17))

    rows = np.genfromtxt("../xgb_squarederror.csv", delimiter=",", skip_header=1, dtype=np.float32)[:, :4]
    booster = xgb.Booster(model_file="../xgb_squarederror.json")
    booster.feature_names = None
    save("xgb_squarederror", convert_xgboost(booster, initial_types=[("input", Floats([None, 4]))]), [{"input": rows}])
    rows = np.genfromtxt("../lgb_regression.csv", delimiter=",", skip_header=1, dtype=np.float32)[:, :4]
    rows = rows[~np.isinf(rows).any(axis=1)]  # which JSON has no numbers for
    booster = lgb.Booster(model_file="../lgb_regression.txt")
    save("lgb_regression", convert_lightgbm(booster, initial_types=[("input", Floats([None, 4]))]), [{"input": rows}])


if __name__ == "__main__":
    networks()
    mixed()
    refused()
    converted()
