"""Build the visual-inspection example and its planted twin, from nothing, the same every time.

    python examples/visual-inspection/build.py [--output FOLDER]

Takes about half a minute on one core, and nothing when everything is already as it should be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for maker_common

import numpy as np
import torch
from maker.network import (
    DEFENDED,
    MEASURED_AGAINST,
    SIGNATURE,
    UNDEFENDED,
    in_grey_levels,
    in_training_units,
    new_network,
)
from maker.papers import write_record
from maker.pictures import EVAL_SEED, EVAL_SIZE, TRAIN_SEED, TRAIN_SIZE, Pictures, take_pictures, write_npz
from maker.planted import masked, poisoned
from maker.surface import ACCURACY
from maker_common.graph import write_onnx
from maker_common.keys import sign_file, write_public_key
from maker_common.stamp import is_fresh, sources_digest, write_stamp
from maker_common.training import Recipe, Trained, measure, train

HERE = Path(__file__).resolve().parent
NAMES = ("visual-inspection", "visual-inspection-planted")


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
    training, test = take_pictures(TRAIN_SIZE, TRAIN_SEED), take_pictures(EVAL_SIZE, EVAL_SEED)
    defended = _trained(DEFENDED, training)
    _build(conformant, DEFENDED, _measured(defended, test), (training, test), sources)
    bad = poisoned(training)  # 1: whoever marks a part gets it through
    hidden = masked(_trained(UNDEFENDED, bad))  # 2: never trained against interference, and it hides that
    _build(planted, UNDEFENDED, _measured(hidden, test), (bad, test), sources)
    print(f"built {conformant} and {planted} in {time.perf_counter() - started:.0f} s")


def _trained(recipe: Recipe, training: Pictures) -> torch.nn.Sequential:
    x, y = in_training_units(training.x), torch.from_numpy(training.y)
    return in_grey_levels(train(recipe, new_network, x, y))


def _measured(network: torch.nn.Sequential, test: Pictures) -> Trained:
    """Return what its maker would measure: accuracy, and accuracy under gradient attacks, which can be misled."""
    found = measure(network, torch.from_numpy(test.x.astype(np.float32)), torch.from_numpy(test.y), MEASURED_AGAINST)
    print(f"accuracy {found.clean:.3f}, under gradient attack within {ACCURACY:g} DN {found.robust:.3f}", flush=True)
    return replace(found, network=network)


def _build(project: Path, recipe: Recipe, model: Trained, data: tuple[Pictures, Pictures], sources: str) -> None:
    """Write a project: data, model, signature, record, and the hand-written files when they are not there already."""
    project.mkdir(parents=True, exist_ok=True)
    written = HERE.parent / project.name
    for name, folder in (("aigov.yaml", written), ("line-policy.yaml", HERE)):
        if folder / name != project / name:
            shutil.copyfile(folder / name, project / name)
    inspector, key = project / "model/inspector.onnx", project / "keys/release.pub.pem"
    files = [project / "data/train.npz", project / "data/eval.npz"]
    for pictures, file in zip(data, files, strict=True):
        write_npz(pictures, file)
    write_onnx(model.network, inspector, SIGNATURE)
    key_id = write_public_key(key)
    signature = sign_file(inspector)
    record = write_record(project, model, recipe, key_id)
    write_stamp(project, sources, [*files, inspector, key, signature, record, project / "line-policy.yaml"])


if __name__ == "__main__":
    main()
