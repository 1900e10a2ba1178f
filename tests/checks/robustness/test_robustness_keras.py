"""Keras 3 files on the torch backend: attacked by their gradients, and refused where they hold code."""

from __future__ import annotations

import io
import os
import sys
import zipfile

import numpy as np
import pytest
import torch

from aigov import say
from aigov.errors import MissingExtraError, UnsupportedInputError
from aigov_checks.model.boxed.setting import Setting
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.params import RobustnessParams

os.environ["KERAS_BACKEND"] = "torch"  # as the check does, before anybody imports it
pytest.importorskip("keras", reason="needs keras")
import keras  # after its backend is chosen

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="keras runs on another backend")
linux = pytest.mark.skipif(sys.platform != "linux", reason="loaded where the layers of Linux hold")


def images(n=40):
    rng = np.random.default_rng(3)
    y = np.arange(n) % 2
    x = rng.uniform(0, 0.6, (n, 6, 6, 1)) + 0.4 * (y[:, None, None, None] * (np.arange(6) > 2)[:, None, None])
    return x.astype(np.float32), y


def saved(path, x, *, last="softmax"):
    """Write a small convolutional classifier, channels last, whose answer follows the brightness of one half."""
    keras.utils.set_random_seed(0)
    ends = {"softmax": keras.layers.Dense(2, activation="softmax"), "layer": keras.layers.Dense(2)}
    net = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            ends[last],
            *([keras.layers.Softmax()] if last == "layer" else []),
        ]
    )
    dense = next(item for item in net.layers if isinstance(item, keras.layers.Dense))
    net.layers[0].set_weights([np.full((3, 3, 1, 2), 1 / 9), np.zeros(2)])
    bright = np.repeat([-1.0, 1.0], 4)[:, None] * 8
    dense.set_weights([np.hstack([-bright, bright]), np.float32([3.0, -3.0])])
    net.save(path)
    return net


@linux
def test_a_keras_file_is_attacked_by_its_gradients_in_the_sandbox(build, tmp_path):
    x, y = images()
    net = saved(tmp_path / "m.keras", x)
    params = RobustnessParams(eps=0.15, queries=40, curve=())
    found = robustness.function(build.subject(build.model(tmp_path / "m.keras"), build.dataset(x, y)), params)
    right = float((np.asarray(net.predict(x, verbose=0)).argmax(1) == y).mean())
    assert found.measurements["clean_accuracy"].value == pytest.approx(right)
    assert right > 0.8
    assert found.measurements["robust_accuracy"].value < 0.6
    assert found.facts["broken_by.apgd-ce-10"] > 5
    assert found.facts["runtime"] == f"keras {keras.__version__}, torch {found.facts['torch']}"
    assert "seccomp" in found.facts["sandbox"]
    assert found.measurements["zero_gradient_share"].value == 0


@pytest.mark.parametrize("last", ["softmax", "layer"])
def test_a_final_softmax_is_looked_behind(build, tmp_path, last):
    from aigov_checks.model.robustness.networks.keras_file import keras_network
    from aigov_checks.model.robustness.networks.opening import Asked, open_network

    x, _ = images()
    saved(tmp_path / "m.keras", x, last=last)
    network = keras_network((tmp_path / "m.keras").read_bytes(), "m.keras")
    opened = open_network(network, x, Asked())
    twin, reason = opened.differentiable(x)
    assert (reason, twin.squashed, opened.shape) == (None, True, (6, 6, 1))
    logits = twin.logits(torch.from_numpy(x)).detach().numpy()
    gaps, chances = logits[:, 0] - logits[:, 1], opened.predictor.scores(x)
    assert np.allclose(gaps, np.log(chances[:, 0] / chances[:, 1]), atol=1e-3)


def test_a_live_model_is_attacked_by_its_gradients(measure, tmp_path):
    x, y = images()
    found = measure(saved(tmp_path / "m.keras", x), x, y, eps=0.15, queries=20, curve=())
    assert found.measurements["clean_accuracy"].value > 0.8
    assert found.facts["broken_by.apgd-ce-10"] > 5


def test_a_file_is_not_loaded_outside_the_sandbox(build, tmp_path):
    x, y = images()
    saved(tmp_path / "m.keras", x)
    subject = build.subject(build.model(tmp_path / "m.keras"), build.dataset(x, y))
    with pytest.raises(UnsupportedInputError) as error:
        evaluate(subject, RobustnessParams(), Setting())
    assert error.value.message.id == "robustness.network.sandbox"


@keras.saving.register_keras_serializable(package="inhouse")
class Own(keras.layers.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize(("layer", "said"), [("lambda", "Lambda"), ("own", "Own")])
def test_lambda_layers_and_classes_of_ones_own_are_refused(build, tmp_path, layer, said):
    odd = keras.layers.Lambda(lambda x: x) if layer == "lambda" else Own()
    keras.Sequential([keras.Input((4,)), odd, keras.layers.Dense(2)]).save(tmp_path / "m.keras")
    subject = build.subject(build.model(tmp_path / "m.keras"), build.dataset(np.zeros((4, 4)), np.arange(4) % 2))
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(subject, RobustnessParams())
    assert error.value.message.id == "robustness.network.not-clean"
    for language in ("en", "zh-CN"):
        assert said.lower() in say(error.value.message, language).lower()


def rewritten(path, changes):
    """Write the archive again, some members changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changes.items():
        members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("member", "change", "id_"),
    [
        ("metadata.json", lambda data: data.replace(b'"keras_version": "3', b'"keras_version": "2'), "old-keras"),
        ("config.json", lambda data: data.replace(b"Flatten", b"Dropout"), "broken"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(build, tmp_path, member, change, id_):
    x, y = images()
    saved(tmp_path / "m.keras", x)
    rewritten(tmp_path / "m.keras", {member: change})
    model = build.model(tmp_path / "m.keras")
    with pytest.raises(UnsupportedInputError) as error:
        evaluate(build.subject(model, build.dataset(x, y)), RobustnessParams(), Setting(admitted={model.file.sha256}))
    assert error.value.message.id == f"robustness.network.{id_}"
    assert "robustness." not in say(error.value.message, "en") + say(error.value.message, "zh-CN")


def test_a_file_that_is_cut_is_not_loaded(build, tmp_path):
    x, y = images()
    saved(tmp_path / "m.keras", x)
    rewritten(tmp_path / "m.keras", {"model.weights.h5": lambda data: data[: len(data) // 2]})
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(build.subject(build.model(tmp_path / "m.keras"), build.dataset(x, y)), RobustnessParams())
    assert error.value.message.id == "robustness.network.not-clean"


def test_a_suffix_alone_makes_no_keras_file(build, tmp_path):
    (tmp_path / "m.keras").write_bytes(io.BytesIO(b"\x89HDF\r\n\x1a\n" + bytes(64)).getvalue())
    subject = build.subject(build.model(tmp_path / "m.keras"), build.dataset(np.zeros((4, 4)), np.arange(4) % 2))
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(subject, RobustnessParams())
    assert error.value.message.id == "robustness.network.no-keras"


def test_an_installed_keras_with_known_holes_is_not_used(monkeypatch, tmp_path):
    from aigov_checks.model.robustness.networks.keras_file import keras_network

    saved(tmp_path / "m.keras", images()[0])
    monkeypatch.setattr(keras, "__version__", "3.13.2")
    with pytest.raises(UnsupportedInputError) as error:
        keras_network((tmp_path / "m.keras").read_bytes(), "m.keras")
    assert "3.15" in say(error.value.message, "en")


def test_without_keras_the_extra_is_named(monkeypatch, tmp_path):
    from aigov_checks.model.robustness.networks.keras_file import keras_network

    saved(tmp_path / "m.keras", images()[0])
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtraError) as error:
        keras_network((tmp_path / "m.keras").read_bytes(), "m.keras")
    assert "aigov[keras]" in say(error.value.message, "en")
