"""What the benchmark serves: a model of 200 trees of depth 6 over 24 named features, and 500 rows that differ.

Thresholds halve the range that is left to their feature, so that rows take every path with about equal chance: branches
are as hard to foresee as in a real model.
"""

import json
import random
import struct

FEATURES = (
    [f"pm25_lag{days}" for days in (1, 2, 3, 7)]
    + [f"pm25_mean{days}" for days in (3, 7, 14, 30)]
    + ["pm25_std7", "pm25_max7", "ozone_lag1", "ozone_mean7", "no2_lag1", "no2_mean7", "co_lag1", "pm10_lag1"]
    + ["neighbour_mean", "neighbour_upwind", "neighbour_distance_km", "day_sin", "day_cos", "weekday", "site_mean", "days_since_value"]
)
TREES = 200
DEPTH = 6
ROWS = 500


def tree(random_numbers, number):
    columns = {name: [] for name in ("left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left")}
    nodes = 2 ** (DEPTH + 1) - 1
    ranges = [dict() for _ in range(nodes)]
    for node in range(nodes):
        parent = (node - 1) // 2 if node else 2147483647
        left, right = 2 * node + 1, 2 * node + 2
        leaf = left >= nodes
        feature = 0 if leaf else random_numbers.randrange(len(FEATURES))
        low, high = ranges[node].get(feature, (0.0, 100.0))
        middle = low + (high - low) * random_numbers.uniform(0.4, 0.6)
        condition = random_numbers.uniform(-0.05, 0.05) if leaf else middle
        if not leaf:
            ranges[left] = {**ranges[node], feature: (low, middle)}
            ranges[right] = {**ranges[node], feature: (middle, high)}
        for name, value in zip(columns, (-1 if leaf else left, -1 if leaf else right, parent, feature, condition, random_numbers.randrange(2))):
            columns[name].append(value)
    zeros = [0.0] * nodes
    return {
        **columns, "id": number, "base_weights": zeros, "loss_changes": zeros, "sum_hessian": zeros, "split_type": [0] * nodes,
        "categories": [], "categories_nodes": [], "categories_segments": [], "categories_sizes": [],
        "tree_param": {"num_deleted": "0", "num_feature": str(len(FEATURES)), "num_nodes": str(nodes), "size_leaf_vector": "1"},
    }


def write_model(path, seed=20260101):
    random_numbers = random.Random(seed)
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(TREES)}, "iteration_indptr": list(range(TREES + 1)),
        "tree_info": [0] * TREES, "trees": [tree(random_numbers, number) for number in range(TREES)],
        "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
    }
    with open(path, "w") as file:
        json.dump({
            "learner": {
                "attributes": {}, "feature_names": FEATURES, "feature_types": ["float"] * len(FEATURES),
                "gradient_booster": {"model": model, "name": "gbtree"},
                "learner_model_param": {"base_score": "[1.2E1]", "boost_from_average": "1", "num_class": "0", "num_feature": str(len(FEATURES)), "num_target": "1"},
                "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
            },
            "version": [3, 2, 0],
        }, file)


def bodies(models=None):
    """Of requests for `models` in turn, or for the only one that is served."""
    random_numbers = random.Random(7)
    return [
        json.dumps({
            **({"model_name": models[row % len(models)]} if models else {}),
            "data": {name: round(random_numbers.uniform(0, 100), 2) for name in FEATURES}}, separators=(",", ":"))
        for row in range(ROWS)
    ]


def write_wrk_script(path, models=None):
    """A script for wrk that sends bodies() in turn."""
    write_bodies_script(path, bodies(models))


def write_bodies_script(path, texts):
    with open(path, "w") as file:
        file.write("local bodies = {\n" + "".join(f"  [=[{body}]=],\n" for body in texts) + "}\n")
        file.write(
            'local requests = {}\nlocal next = 0\n'
            'function init()\n  local headers = {["Content-Type"] = "application/json"}\n'
            '  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", nil, headers, body) end\nend\n'
            "function request()\n  next = next % #requests + 1\n  return requests[next]\nend\n")


INFER_PATH = "/v2/models/benchmark/infer"


def binary_bodies():
    """Inference requests with the row as a binary tensor: the bytes of JSON in front, which are the same in all, and the bodies."""
    size = 4 * len(FEATURES)
    head = json.dumps({
        "inputs": [{"name": "input", "shape": [1, len(FEATURES)], "datatype": "FP32", "parameters": {"binary_data_size": size}}],
        "parameters": {"binary_data_output": True}}, separators=(",", ":")).encode()
    random_numbers = random.Random(7)
    return len(head), [
        head + struct.pack(f"<{len(FEATURES)}f", *(round(random_numbers.uniform(0, 100), 2) for _ in FEATURES))
        for _ in range(ROWS)
    ]


def write_binary_wrk_script(path, head, bodies):
    with open(path, "w") as file:
        file.write("local bodies = {\n")
        for body in bodies:
            file.write('  "' + "".join(f"\\{byte:03d}" for byte in body) + '",\n')
        file.write("}\n")
        file.write(
            "local requests = {}\nlocal next = 0\n"
            f'function init()\n  local headers = {{["Content-Type"] = "application/octet-stream", ["Inference-Header-Content-Length"] = "{head}"}}\n'
            '  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", nil, headers, body) end\nend\n'
            "function request()\n  next = next % #requests + 1\n  return requests[next]\nend\n")
