#!/usr/bin/env python3
"""Writes what the libraries' own TreeSHAP says of this folder's models (generate.py) for their rows.

Run in this folder with PyPI's xgboost 3.2.0 and lightgbm 4.7.0. Beside NAME.csv goes NAME.contributions.csv: a line a row,
for each margin the contribution of each feature and then the base value.
"""
import csv
import pathlib

import lightgbm
import numpy
import xgboost


def read_rows(path):
    with open(path) as lines:
        table = list(csv.reader(lines))
    columns = sum(head.startswith("f") for head in table[0])
    return numpy.array([row[:columns] for row in table[1:]], dtype=numpy.float32)


def explain(path, rows):
    if path.name.endswith(".txt"):
        booster = lightgbm.Booster(model_file=path)
        contributions = booster.predict(rows.astype(numpy.float64), pred_contrib=True)
        # Of a random forest LightGBM explains the sum of the trees, and predicts their mean.
        is_forest = "average_output" in path.read_text()
        return contributions / booster.num_trees() if is_forest else contributions
    booster = xgboost.Booster(model_file=path)
    data = xgboost.DMatrix(rows, feature_names=booster.feature_names, feature_types=booster.feature_types,
                           enable_categorical=True)
    return booster.predict(data, pred_contribs=True)


for model in sorted(pathlib.Path().iterdir()):
    rows_of = model.with_suffix(".csv")
    if model.suffix not in (".json", ".ubj", ".txt") or not rows_of.exists():
        continue
    rows = read_rows(rows_of)
    contributions = numpy.asarray(explain(model, rows)).reshape(len(rows), -1)
    with open(model.with_suffix(".contributions.csv"), "w") as out:
        for row in contributions:
            out.write(",".join(str(value) for value in row) + "\n")
