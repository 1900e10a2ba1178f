"""Models that tell what they were trained on, and such that do not."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from aigov.model import File


def noisy_clouds(n, seed):
    """Return two overlapping clouds in ten dimensions: whoever is right on all of them knows them by heart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 10)) + y[:, None] * 0.4, y


def found_at(path):
    data = path.read_bytes()
    return File(path, path.name, len(data), hashlib.sha256(data).hexdigest())


@pytest.fixture
def file_at():
    """Return a function from a path to the file of an artifact."""
    return found_at


@pytest.fixture(scope="session")
def clouds():
    """Return training and test set, 500 samples each."""
    return noisy_clouds(500, 0), noisy_clouds(500, 1)


@pytest.fixture(scope="session")
def over_fitted(clouds):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20, random_state=0).fit(*clouds[0])


@pytest.fixture(scope="session")
def regularised(clouds):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01).fit(*clouds[0])


@pytest.fixture(scope="session")
def linear_onnx(tmp_path_factory):
    """Return a function that writes samples @ weights, and an operator after it, as ONNX and returns its file."""
    from onnx import TensorProto, helper, numpy_helper

    def write(weights, after="Identity", name="m.onnx"):
        value, path = helper.make_tensor_value_info, tmp_path_factory.mktemp("models") / name
        weights = np.asarray(weights, dtype=np.float32)
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node(after, ["y"], ["out"])],
            "g",
            [value("x", TensorProto.FLOAT, ["n", len(weights)])],
            [value("out", TensorProto.FLOAT, ["n", weights.shape[1]])],
            [numpy_helper.from_array(weights, "w")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path.write_bytes(model.SerializeToString())
        return found_at(path)

    return write
