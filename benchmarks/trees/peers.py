#!/usr/bin/env python3
"""Compiles the benchmark's models with lleaves and tl2cgen, unless that was done before.

DIRECTORY holds small.ubj, an XGBoost model, and the rows and labels that it was trained on (rows.f32, labels.f32). Written are
lightgbm.txt, a LightGBM model of the same size on the same rows; lleaves_row.so and lleaves_batch.so, that model as lleaves
compiles it for single rows and for batches; and tl2cgen.so, the XGBoost model as tl2cgen does.
"""
import pathlib
import subprocess
import sys

import lightgbm
import lleaves
import numpy
import tl2cgen
import treelite

FEATURES = 24
TREES = 200


def train_lightgbm(directory: pathlib.Path) -> None:
    rows = numpy.fromfile(directory / "rows.f32", dtype=numpy.float32).reshape(-1, FEATURES)
    labels = numpy.fromfile(directory / "labels.f32", dtype=numpy.float32)
    parameters = {"objective": "regression", "max_depth": 6, "num_leaves": 64, "min_data_in_leaf": 5, "num_threads": 1, "verbose": -1}
    lightgbm.train(parameters, lightgbm.Dataset(rows, labels), TREES).save_model(directory / "lightgbm.txt")


def compile_lleaves(directory: pathlib.Path, name: str, block: int) -> None:
    program = directory / f"{name}.o"
    program.unlink(missing_ok=True)
    lleaves.Model(model_file=str(directory / "lightgbm.txt")).compile(cache=str(program), fblocksize=block)
    subprocess.run(["gcc", "-shared", "-o", directory / f"{name}.so", program], check=True)


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    if not (directory / "lightgbm.txt").exists():
        train_lightgbm(directory)
    for name, block in (("lleaves_row", TREES), ("lleaves_batch", 34)):
        if not (directory / f"{name}.so").exists():
            compile_lleaves(directory, name, block)
    if not (directory / "tl2cgen.so").exists():
        model = treelite.frontend.load_xgboost_model(str(directory / "small.ubj"), format_choice="ubjson")
        tl2cgen.export_lib(model, toolchain="gcc", libpath=str(directory / "tl2cgen.so"), params={"parallel_comp": 8})


if __name__ == "__main__":
    main()
