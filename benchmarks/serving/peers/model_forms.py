"""Writes the benchmark's model in each form that a peer loads, and what it predicts: model_forms.py FOLDER

    model.json      XGBoost's own, as geoclimate, KServe, MLServer and MLflow take it
    model.onnx      a TreeEnsembleRegressor, for ONNX Runtime
    model.txt       LightGBM's text, for leaves (which reads no XGBoost of today)
    tl2cgen/        C code by tl2cgen
    expected.json   XGBoost's own predictions of the single rows and of the batches of payloads.py
"""

import json
import os
import sys

import numpy
import onnx
import tl2cgen
import treelite
import xgboost

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import workload  # noqa: E402
from peers import payloads  # noqa: E402


def onnx_model(model: dict) -> onnx.ModelProto:
    """The same trees: a row goes left when its value is less than the split, as in XGBoost."""
    attributes: dict[str, list] = {
        name: [] for name in (
            "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids",
            "nodes_missing_value_tracks_true", "target_treeids", "target_nodeids", "target_ids", "target_weights")
    }

    def add(**values):
        for name, value in values.items():
            attributes[name].append(value)

    for number, tree in enumerate(model["trees"]):
        for node, left in enumerate(tree["left_children"]):
            leaf = left == -1
            add(nodes_treeids=number, nodes_nodeids=node, nodes_featureids=tree["split_indices"][node],
                nodes_values=0.0 if leaf else tree["split_conditions"][node], nodes_modes="LEAF" if leaf else "BRANCH_LT",
                nodes_truenodeids=0 if leaf else left, nodes_falsenodeids=0 if leaf else tree["right_children"][node],
                nodes_missing_value_tracks_true=tree["default_left"][node])
            if leaf:
                add(target_treeids=number, target_nodeids=node, target_ids=0, target_weights=tree["split_conditions"][node])
    helper = onnx.helper
    ensemble = helper.make_node("TreeEnsembleRegressor", ["input"], ["output"], domain="ai.onnx.ml", n_targets=1,
                                base_values=[workload_base_score(model)], post_transform="NONE", aggregate_function="SUM", **attributes)
    graph = helper.make_graph(
        [ensemble], "trees", [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [None, len(workload.FEATURES)])],
        [helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, [None, 1])])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)])


def workload_base_score(model: dict) -> float:
    return float(json.loads(model["base_score"])[0])


def lightgbm_tree(number: int, tree: dict, offset: float) -> str:
    """LightGBM goes left at `<=`: a split is the largest float below XGBoost's. Inner nodes and leaves are numbered apart, a leaf as ~i."""
    inner = [node for node, left in enumerate(tree["left_children"]) if left != -1]
    leaves = [node for node, left in enumerate(tree["left_children"]) if left == -1]
    numbers = {node: i for i, node in enumerate(inner)} | {node: ~i for i, node in enumerate(leaves)}
    below = [float(numpy.nextafter(numpy.float32(tree["split_conditions"][node]), numpy.float32(-numpy.inf))) for node in inner]
    lines = {
        "num_leaves": [len(leaves)], "num_cat": [0],
        "split_feature": [tree["split_indices"][node] for node in inner], "split_gain": [0] * len(inner), "threshold": below,
        # Bit 1: missing goes left; bits 2 and 3: NaN is what is missing.
        "decision_type": [8 + 2 * tree["default_left"][node] for node in inner],
        "left_child": [numbers[tree["left_children"][node]] for node in inner],
        "right_child": [numbers[tree["right_children"][node]] for node in inner],
        "leaf_value": [float(numpy.float32(tree["split_conditions"][node])) + offset for node in leaves],
        "leaf_count": [1] * len(leaves), "internal_value": [0] * len(inner), "internal_count": [1] * len(inner), "shrinkage": [1],
    }
    return f"Tree={number}\n" + "".join(f"{name}={' '.join(map(repr, values))}\n" for name, values in lines.items()) + "\n"


def lightgbm_text(model: dict) -> str:
    trees = [lightgbm_tree(number, tree, 0 if number else workload_base_score(model)) for number, tree in enumerate(model["trees"])]
    header = (
        f"tree\nversion=v2\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={len(workload.FEATURES) - 1}\n"
        f"objective=regression\nfeature_names={' '.join(workload.FEATURES)}\nfeature_infos={' '.join(['none'] * len(workload.FEATURES))}\n"
        f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}\n\n")
    return header + "".join(trees) + "end of trees\n"


def write_all(folder: str) -> None:
    path = os.path.join(folder, "model.json")
    workload.write_model(path)
    with open(path) as file:
        learner = json.load(file)["learner"]
    model = {**learner["gradient_booster"]["model"], "base_score": learner["learner_model_param"]["base_score"]}
    onnx.save(onnx_model(model), os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "model.txt"), "w") as file:
        file.write(lightgbm_text(model))
    tl2cgen.generate_c_code(treelite.frontend.load_xgboost_model(path), dirpath=os.path.join(folder, "tl2cgen"), params={})
    booster = xgboost.Booster(model_file=path)

    def predictions(rows):
        return booster.inplace_predict(numpy.array(rows, numpy.float32), validate_features=False).tolist()

    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump({"rows": predictions(payloads.single_rows()), "batches": [predictions(batch) for batch in payloads.batches()]}, file)


if __name__ == "__main__":
    write_all(sys.argv[1])
