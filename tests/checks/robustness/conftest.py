"""Models and data sets whose robustness is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from aigov import Dataset, FrozenMap, Model, Role, Subject
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.params import RobustnessParams, validated


def file_of(path):
    path = Path(path)
    data = path.read_bytes()
    return File(path, path.name, len(data), hashlib.sha256(data).hexdigest())


def model_of(source, **declared):
    declared["inputs"] = FrozenMap({k: FrozenMap(v) for k, v in declared.get("inputs", {}).items()})
    if isinstance(source, Path):
        return Model("classifier", Role.MODEL, found=(file_of(source),), **declared)
    return Model("classifier", Role.MODEL, value=source, **declared)


def dataset_of(x, y, **declared):
    return Dataset("test", Role.DATASET, value=(x, y), purpose="test", reader=FileReader(), **declared)


def subject_of(model, dataset):
    return Subject("plant", models=(model,) if model else (), datasets=(dataset,) if dataset else ())


@pytest.fixture
def build():
    """Return the builders of a model, a data set and a subject."""
    return SimpleNamespace(model=model_of, dataset=dataset_of, subject=subject_of)


@pytest.fixture
def measure():
    """Return a function that measures the robustness of a model on (x, y), in this process."""

    def run(source, x, y, *, declared=None, features=(), **params):
        subject = subject_of(model_of(source, **(declared or {})), dataset_of(x, y, features=features))
        return evaluate(subject, validated(RobustnessParams(**params)))

    return run


@pytest.fixture
def blobs():
    """Return two clouds of points in four dimensions, 120 samples in [0, 1]."""
    rng = np.random.default_rng(7)
    y = np.arange(120) % 2
    x = 0.5 + (y[:, None] - 0.5) * 0.25 + rng.normal(0, 0.1, (120, 4))
    return np.clip(x, 0, 1).astype(np.float32), y


def save_onnx(path, nodes, constants, shape, output):
    """Write an ONNX model with input `x` and output `out`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("out", output[1] or TensorProto.FLOAT, list(output[0]))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


@pytest.fixture
def write_onnx(tmp_path):
    """Return a function that writes an ONNX model and returns its path."""

    def write(nodes, constants, shape, outputs=(None, 2), *, output_type=None):
        return save_onnx(tmp_path / "m.onnx", nodes, constants, shape, (outputs, output_type))

    return write


@pytest.fixture
def linear_onnx(write_onnx):
    """Return a function that writes x -> x @ w + b as ONNX, with more nodes around it if wanted."""
    from onnx import helper

    def write(w, b, *, batch=None, before=(), after=None, extra=None):  # noqa: PLR0913  # one builder for all cases
        source = before[-1].output[0] if before else "x"
        inner = "scores" if after else "out"
        nodes = [*before, helper.make_node("Gemm", [source, "w", "b"], [inner])]
        if after:
            nodes.append(helper.make_node(after, [inner], ["out"]))
        constants = {"w": np.float32(w), "b": np.float32(b), **(extra or {})}
        w = np.asarray(w)
        return write_onnx(nodes, constants, (batch, len(w)), (batch, w.shape[1]))

    return write
