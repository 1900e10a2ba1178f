"""Build the soft-sensor example from nothing, the same every time.

    python examples/soft-sensor/build.py [--output FOLDER]

Takes a few seconds on one core, and nothing when everything is already as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent / "bearing-fault"
sys.path.insert(0, str(SHARED))  # keys, stamp and papers are made as for the bearing

from column.instruments import read  # noqa: E402  # behind the path
from column.papers import Figures, write_record  # noqa: E402
from column.tables import write_table  # noqa: E402
from column.training import TOLERANCE, predicted, pushed, train  # noqa: E402
from maker.keys import sign_file, write_public_key  # noqa: E402
from maker.stamp import is_fresh, sources_digest, write_stamp  # noqa: E402

TRAIN_SIZE, TRAIN_SEED = 3000, 20250203
EVAL_SIZE, EVAL_SEED = 300, 20250204


def main() -> None:
    """Build the project where it is missing or out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder that receives the project")
    project = parser.parse_args().output.resolve() / "soft-sensor"
    sources = sources_digest(HERE, SHARED, libraries=("numpy", "pyarrow", "cryptography", _booster()))
    if is_fresh(project, sources):
        print(f"up to date: {project}")
        return
    started = time.perf_counter()
    project.mkdir(parents=True, exist_ok=True)
    if project != HERE:
        shutil.copyfile(HERE / "aigov.yaml", project / "aigov.yaml")
    write_stamp(project, sources, _build(project))
    print(f"built {project} in {time.perf_counter() - started:.0f} s")


def _booster() -> str:
    """Return the package that brings XGBoost here."""
    try:
        version("xgboost-cpu")
    except PackageNotFoundError:
        return "xgboost"
    return "xgboost-cpu"


def _build(project: Path) -> list[Path]:
    """Make data, model, signature and record, and return what was written."""
    training, test = read(TRAIN_SIZE, TRAIN_SEED), read(EVAL_SIZE, EVAL_SEED)
    model, tables = project / "model/butane.ubj", (project / "data/train.parquet", project / "data/eval.parquet")
    for readings, table in zip((training, test), tables, strict=True):
        write_table(readings, table)
    booster = train(training, model)
    errors = np.abs(predicted(booster, test.x) - test.y)
    figures = Figures(
        clean=float((errors <= TOLERANCE).mean()),
        robust=float((pushed(booster, test) <= TOLERANCE).mean()),
        rmse=float(np.sqrt((errors**2).mean())),
        train_records=TRAIN_SIZE,
        eval_records=EVAL_SIZE,
    )
    print(f"within {TOLERANCE:g} mol %: {figures.clean:.3f}, at the accuracy of the transmitters {figures.robust:.3f}")
    key, public = sign_file(model), project / "keys/release.pub.pem"
    record = write_record(project, figures, write_public_key(public))
    return [model, *tables, key, public, record]


if __name__ == "__main__":
    main()
