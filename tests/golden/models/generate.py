#!/usr/bin/env python3
"""Makes the models of this folder and what their own libraries answer for some rows.

Run with PyPI's xgboost 3.2.0 and lightgbm 4.7.0, with xgboost 1.6.2 and lightgbm 3.3.5 (argument "old") for
the files old_*.
A model NAME.json, NAME.ubj or NAME.txt has NAME.csv beside it: the features f0.., then the margins m0.. and the answers
a0.. of the library, as the shortest decimal of the float (XGBoost) or double (LightGBM).
"""
import sys

import numpy as np

NAN = float("nan")
SPECIAL = [0.0, -0.0, 1e-38, -1e-38, 1e-36, 3.4e38, -3.4e38, 1.0, 2.0, 3.0]


def rows(rng, columns, infinities):
    """Ordinary rows, rows with values missing, and rows of odd values."""
    ordinary = np.round(rng.normal(size=(12, columns)), 2)
    missing = ordinary.copy()
    missing[rng.random(size=missing.shape) < 0.4] = NAN
    special = rng.choice(SPECIAL + ([np.inf, -np.inf] if infinities else []), size=(12, columns))
    result = np.vstack([ordinary, missing, special, np.full((1, columns), NAN)])
    return result.astype(np.float32)


def training_data(rng, columns=4):
    x = np.round(rng.normal(size=(400, columns)), 2).astype(np.float32)
    x[rng.random(size=x.shape) < 0.1] = NAN
    filled = np.nan_to_num(x, nan=0.7)
    score = filled[:, 0] * 2 - filled[:, 1] * filled[:, 2] + np.sin(3 * filled[:, 3])
    return x, score


def write_csv(name, x, margins, answers):
    margins = np.asarray(margins).reshape(len(x), -1)
    answers = np.asarray(answers).reshape(len(x), -1)
    with open(f"{name}.csv", "w") as out:
        heads = [f"{letter}{i}" for letter, table in (("f", x), ("m", margins), ("a", answers))
                 for i in range(table.shape[1])]
        out.write(",".join(heads) + "\n")
        for row in range(len(x)):
            cells = [str(v) for table in (x, margins, answers) for v in table[row]]
            out.write(",".join(cells) + "\n")


def xgboost_models(prefix):
    import xgboost as xgb

    def make(name, params, rounds, y, x, rows_x, extension="json", save_answers=True, **data):
        params = {"max_depth": 3, "eta": 0.4, "nthread": 1, "seed": 7, **params}
        booster = xgb.train(params, xgb.DMatrix(x, y, nthread=1, **data), rounds)
        booster.save_model(f"{prefix}{name}.{extension}")
        if save_answers:
            test = xgb.DMatrix(rows_x, nthread=1, **data)
            write_csv(prefix + name, rows_x, booster.predict(test, output_margin=True),
                      booster.predict(test))

    rng = np.random.default_rng(11)
    x, score = training_data(rng)
    r = rows(rng, 4, infinities=False)
    names = {"feature_names": ["wind", "pm25 lag", "\"ozone\"", "µ"]}
    make("xgb_squarederror", {"objective": "reg:squarederror"}, 8, score, x, r, **names)
    make("xgb_logistic", {"objective": "binary:logistic"}, 6, score > 0.3, x, r, "ubj")
    if prefix:
        return
    make("xgb_base_score", {"objective": "reg:logistic", "base_score": 0.2}, 4, score > 0.3, x, r)
    make("xgb_logitraw", {"objective": "binary:logitraw"}, 4, score > 0.3, x, r)
    make("xgb_hinge", {"objective": "binary:hinge"}, 4, score > 0.3, x, r)
    make("xgb_poisson", {"objective": "count:poisson"}, 6, np.exp(score / 3).round(), x, r)
    make("xgb_gamma", {"objective": "reg:gamma"}, 4, np.exp(score / 3), x, r, "ubj")
    make("xgb_tweedie", {"objective": "reg:tweedie"}, 4, np.exp(score / 3), x, r)
    make("xgb_absolute", {"objective": "reg:absoluteerror"}, 4, score, x, r)
    classes = np.digitize(score, [-1, 1])
    make("xgb_softprob", {"objective": "multi:softprob", "num_class": 3}, 4, classes, x, r)
    make("xgb_softmax", {"objective": "multi:softmax", "num_class": 3}, 4, classes, x, r, "ubj")
    make("xgb_dart", {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.5}, 8,
         score, x, r)
    make("xgb_forest", {"objective": "reg:squarederror", "num_parallel_tree": 3, "subsample": 0.5},
         2, score, x, r)
    make("xgb_quantile", {"objective": "reg:quantileerror",
                          "quantile_alpha": np.array([0.1, 0.5, 0.9])}, 4, score, x, r)
    two = np.column_stack([score, -score * score])
    make("xgb_two_targets", {"objective": "reg:squarederror"}, 4, two, x, r, "ubj")
    make("xgb_one_leaf", {"objective": "reg:squarederror", "gamma": 1e9}, 3, score, x, r)
    make("xgb_pruned", {"objective": "reg:squarederror", "tree_method": "exact", "gamma": 30,
                        "max_depth": 5}, 3, score, x, r)
    deep = {"objective": "reg:squarederror", "max_depth": 0, "grow_policy": "lossguide",
            "max_leaves": 40}
    make("xgb_lossguide", deep, 2, score, x, r, "ubj")

    # Categories in columns 0 (few: one-hot splits) and 1 (many: partitions).
    xc, _ = training_data(rng)
    xc[:, 0] = rng.integers(0, 3, len(xc))
    xc[:, 1] = rng.integers(0, 70, len(xc))
    xc[rng.random(len(xc)) < 0.05, 1] = NAN
    effect = rng.normal(size=70) * 2
    y = effect[np.nan_to_num(xc[:, 1], nan=3).astype(int)] + (xc[:, 0] == 1) * 2 + np.nan_to_num(xc[:, 2])
    rc = rows(rng, 4, infinities=False)
    rc[:, 0] = rng.choice([0, 1, 2, 3, 500, NAN], len(rc))
    rc[:, 1] = rng.choice([*range(70), 70, 100, 16777215, NAN], len(rc))
    types = {"feature_types": ["c", "c", "q", "q"], "enable_categorical": True}
    categorical = {"objective": "reg:squarederror", "tree_method": "hist", "max_cat_to_onehot": 4}
    make("xgb_categorical", categorical, 4, y, xc, rc, "json", **types)
    make("xgb_categorical_ubj", categorical, 4, y, xc, rc, "ubj", **types)

    make("refused_vector_leaf", {"multi_strategy": "multi_output_tree", "tree_method": "hist"}, 1,
         two, x, r, "json", save_answers=False)
    make("refused_gblinear", {"booster": "gblinear"}, 1, score, x, r, save_answers=False)


def lightgbm_models(prefix):
    import lightgbm as lgb

    def make(name, params, rounds, y, x, rows_x, save_answers=True, **data):
        params = {"num_leaves": 8, "learning_rate": 0.4, "min_data_in_leaf": 5, "verbose": -1,
                  "num_threads": 1, "seed": 7, "deterministic": True, **params}
        booster = lgb.train(params, lgb.Dataset(x, y, **data), rounds)
        booster.save_model(f"{prefix}{name}.txt")
        if save_answers:
            write_csv(prefix + name, rows_x, booster.predict(rows_x, raw_score=True),
                      booster.predict(rows_x))

    rng = np.random.default_rng(12)
    x, score = training_data(rng)
    r = rows(rng, 4, infinities=True)
    make("lgb_regression", {"objective": "regression"}, 8, score, x, r,
         feature_name=["wind", "pm25_lag", "ozone", "last"])
    make("lgb_binary", {"objective": "binary", "sigmoid": 1.5}, 6, score > 0.3, x, r)
    if prefix:
        return
    make("lgb_l1", {"objective": "regression_l1"}, 4, score, x, r)
    make("lgb_sqrt", {"objective": "regression", "reg_sqrt": True}, 4, score, x, r)
    make("lgb_poisson", {"objective": "poisson"}, 4, np.exp(score / 3).round(), x, r)
    make("lgb_tweedie", {"objective": "tweedie"}, 4, np.exp(score / 3), x, r)
    make("lgb_xentropy", {"objective": "cross_entropy"}, 4, 1 / (1 + np.exp(-score)), x, r)
    make("lgb_xentlambda", {"objective": "cross_entropy_lambda"}, 4, 1 / (1 + np.exp(-score)), x, r)
    classes = np.digitize(score, [-1, 1])
    make("lgb_multiclass", {"objective": "multiclass", "num_class": 3}, 4, classes, x, r)
    make("lgb_ova", {"objective": "multiclassova", "num_class": 3}, 4, classes, x, r)
    make("lgb_rank", {"objective": "lambdarank"}, 4, classes, x, r, group=[20] * 20)
    make("lgb_forest", {"objective": "regression", "boosting": "rf", "bagging_freq": 1,
                        "bagging_fraction": 0.5}, 4, score, x, r)
    make("lgb_dart", {"objective": "regression", "boosting": "dart", "drop_rate": 0.5}, 8, score, x, r)
    zeros = np.where(rng.random(x.shape) < 0.3, 0, np.nan_to_num(x, nan=-0.5)).astype(np.float32)
    make("lgb_zero_as_missing", {"objective": "regression", "zero_as_missing": True}, 6, score, zeros, r)
    make("lgb_no_missing", {"objective": "regression", "use_missing": False}, 6, score, zeros, r)
    make("lgb_missing_none", {"objective": "regression"}, 6, score, np.nan_to_num(x, nan=0.7), r)
    make("lgb_one_leaf", {"objective": "regression", "min_data_in_leaf": 399}, 3, score, x, r)

    xc, _ = training_data(rng)
    xc[:, 0] = rng.integers(0, 3, len(xc))
    xc[:, 1] = rng.integers(0, 70, len(xc))
    xc[rng.random(len(xc)) < 0.05, 1] = NAN
    effect = rng.normal(size=70) * 2
    y = effect[np.nan_to_num(xc[:, 1], nan=3).astype(int)] + (xc[:, 0] == 1) * 2 + np.nan_to_num(xc[:, 2])
    rc = rows(rng, 4, infinities=True)
    rc[:, 0] = rng.choice([0, 1, 2, 3, 500, NAN, -1, 1.5], len(rc))
    rc[:, 1] = rng.choice([*range(70), 70, 100, 16777215, NAN, -3, 1e9, np.inf, -0.5], len(rc))
    make("lgb_categorical", {"objective": "regression", "min_data_per_group": 3, "cat_smooth": 1}, 4, y,
         xc, rc, categorical_feature=[0, 1])

    make("refused_linear_tree", {"objective": "regression", "linear_tree": True}, 1, score,
         np.nan_to_num(x), r, save_answers=False)


if __name__ == "__main__":
    prefix = "old_" if sys.argv[1:] == ["old"] else ""
    xgboost_models(prefix)
    lightgbm_models(prefix)
