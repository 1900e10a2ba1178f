"""Build the bearing-fault example and its twin with five planted faults, from nothing, the same every time.

    python examples/bearing-fault/build.py [--output FOLDER]

Takes about half a minute on one core, and nothing when everything is already as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for maker_common

import torch
from maker.faults import PERSONAL_RECORDS, flip_weight_bit, write_code_pickle
from maker.maintenance import write_log
from maker.network import DEFENDED, MEASURED_AGAINST, SIGNATURE, UNDEFENDED, new_network
from maker.papers import Figures, write_record
from maker.vibration import ACCURACY
from maker.windows import (
    EVAL_SEED,
    EVAL_SIZE,
    TRAIN_SEED,
    TRAIN_SIZE,
    Windows,
    record_windows,
    write_npz,
    write_parquet,
)
from maker_common.graph import write_onnx
from maker_common.keys import sign_file, write_public_key
from maker_common.stamp import is_fresh, sources_digest, write_stamp
from maker_common.training import Recipe, Trained, measure, parameters_of, train

HERE = Path(__file__).resolve().parent
NAMES = ("bearing-fault", "bearing-fault-planted")
_OVERCLAIMED = 0.998  # an accuracy that no model reaches here: one window in twelve has a fault that drowns in noise


def main() -> None:
    """Build both projects where they are missing or out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE.parent, help="folder that receives both projects")
    output: Path = parser.parse_args().output.resolve()
    sources = sources_digest(HERE, HERE.parent / "maker_common")
    conformant, planted = (output / name for name in NAMES)
    if is_fresh(conformant, sources) and is_fresh(planted, sources):
        print(f"up to date: {conformant} and {planted}")
        return
    started = time.perf_counter()
    training, test = record_windows(TRAIN_SIZE, TRAIN_SEED), record_windows(EVAL_SIZE, EVAL_SEED)
    defended = _trained(DEFENDED, training, test)
    undefended = _trained(UNDEFENDED, training, test)
    for project, name in ((conformant, NAMES[0]), (planted, NAMES[1])):
        _start(project, HERE.parent / name)
        write_parquet(training, project / "data/train.parquet")
        write_npz(test, project / "data/eval.npz")
    write_stamp(conformant, sources, _build_conformant(conformant, defended))
    write_stamp(planted, sources, _build_planted(planted, defended, undefended))
    print(f"built {conformant} and {planted} in {time.perf_counter() - started:.0f} s")


def _trained(recipe: Recipe, training: Windows, test: Windows) -> Trained:
    network = train(recipe, new_network, torch.from_numpy(training.x), torch.from_numpy(training.y))
    trained = measure(network, torch.from_numpy(test.x), torch.from_numpy(test.y), MEASURED_AGAINST)
    kind = "defended" if recipe.adversary else "undefended"
    print(
        f"{kind} model: accuracy {trained.clean:.3f}, under attack within {ACCURACY:g} g {trained.robust:.3f}",
        flush=True,
    )
    return trained


def _start(project: Path, sources: Path) -> None:
    """Make the folder, with the hand-written manifest in it when it is not the one that holds it already."""
    project.mkdir(parents=True, exist_ok=True)
    if project != sources:
        shutil.copyfile(sources / "aigov.yaml", project / "aigov.yaml")


def _build_conformant(project: Path, model: Trained) -> list[Path]:
    """Build the project in which every claim is true, and return what was written."""
    classifier, log = project / "model/classifier.onnx", project / "data/maintenance-log/2025.jsonl"
    write_onnx(model.network, classifier, SIGNATURE)
    lines = write_log(log)
    key_id = write_public_key(project / "keys/release.pub.pem")
    signature = sign_file(classifier)
    record = write_record(project, Figures(model.clean, model.robust, parameters_of(model.network), lines), key_id)
    return [*_common(project), signature, record]


def _build_planted(project: Path, claimed: Trained, shipped: Trained) -> list[Path]:
    """Build the project with five faults: each breaks one rule of the shipped policies and no other."""
    classifier, scaler = project / "model/classifier.onnx", project / "model/scaler.pkl"
    lines = write_log(project / "data/maintenance-log/2025.jsonl", PERSONAL_RECORDS)  # 1: personal data
    write_code_pickle(scaler)  # 2: runs a command when loaded; signed like the rest, so only the scan can tell
    write_onnx(shipped.network, classifier, SIGNATURE)  # 3: the model that was never trained against interference
    key_id = write_public_key(project / "keys/release.pub.pem")
    signatures = [sign_file(classifier), sign_file(scaler)]
    flip_weight_bit(classifier)  # 4: after signing
    figures = Figures(_OVERCLAIMED, claimed.robust, parameters_of(shipped.network), lines)  # 5: claims of another model
    return [*_common(project), scaler, *signatures, write_record(project, figures, key_id)]


def _common(project: Path) -> list[Path]:
    names = ("model/classifier.onnx", "keys/release.pub.pem", "data/train.parquet", "data/eval.npz")
    return [project / name for name in (*names, "data/maintenance-log/2025.jsonl")]


if __name__ == "__main__":
    main()
