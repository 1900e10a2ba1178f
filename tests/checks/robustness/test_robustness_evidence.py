"""What `model.robustness` keeps to prove an attack: an NPZ that anyone can check, and a picture with a sentence."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from aigov import Shade, UnsupportedInputError, say
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams, validated

W, B = np.array([[2.0, -1.0], [-1.0, 2.0], [0.5, 0.0], [0.0, 0.5]]), [0.1, -0.1]
INPUTS = {
    "flow": {"unit": "l/min", "range": [0, 1], "accuracy": "8 %FS"},
    "speed": {"unit": "1/s", "range": [0, 1], "accuracy": "0.02"},
    "load": {"unit": "kN", "range": [0, 1], "accuracy": "2 %FS", "attackable": False},
    "heat": {"unit": "K", "range": [0, 1], "accuracy": "0.5 K"},
}


@pytest.fixture
def audit(build, tmp_path):
    """Return a function that runs the whole check with a folder for evidence, and returns observation and arrays."""

    def run(source, x, y, *, purpose="test", **params):
        data = replace(build.dataset(x, y), purpose=purpose)
        subject = build.subject(build.model(source), data)
        found = robustness.function(
            replace(subject, evidence_folder=tmp_path), RobustnessParams(dataset=purpose, **params)
        )
        arrays = {}
        for evidence in found.evidence:
            data = (tmp_path / evidence.path.removeprefix("evidence/")).read_bytes()
            assert hashlib.sha256(data).hexdigest() == evidence.sha256
            with np.load(tmp_path / evidence.path.removeprefix("evidence/"), allow_pickle=False) as file:
                arrays = dict(file)
        return found, arrays

    return run


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.08), ("l2", 0.15)])
def test_every_kept_input_breaks_the_model_within_the_budget_and_the_range(audit, linear_onnx, blobs, norm, eps):
    x, y = blobs
    path = linear_onnx(W, B)
    found, kept = audit(path, x, y, norm=norm, eps=eps, queries=50)
    assert found.evidence[0].media_type == "application/x-npz"
    assert "3" in say(found.evidence[0].description)
    session = onnxruntime.InferenceSession(str(path))
    before, after = (session.run(None, {"x": kept[name]})[0].argmax(axis=1) for name in ("x", "x_adv"))
    assert kept["x_adv"].dtype == np.float32
    assert (before == kept["before"]).all()
    assert (after == kept["after"]).all()
    assert (before == kept["y"]).all()
    assert (after != kept["y"]).all()
    assert np.array_equal(kept["x"], x[kept["row"]])
    change = kept["x_adv"].astype(float) - kept["x"]
    lengths = np.abs(change).max(axis=1) if norm == "linf" else np.linalg.norm(change, axis=1)
    assert (lengths <= eps).all()
    assert kept["size"] == pytest.approx(lengths / eps)
    assert kept["x_adv"].min() >= x.min()
    assert kept["x_adv"].max() <= x.max()
    assert set(kept["stage"]) <= set(found.facts["stages"].split(", "))


def test_the_same_seed_keeps_the_same_bytes_and_another_one_others(audit, linear_onnx, blobs):
    path = linear_onnx(W, B)
    first, second, other = (audit(path, *blobs, eps=0.08, queries=20, seed=seed)[0] for seed in (1, 1, 2))
    assert first.evidence == second.evidence
    assert first.examples == second.examples
    assert first.evidence[0].sha256 != other.evidence[0].sha256


def test_who_shows_nothing_keeps_nothing(audit, linear_onnx, blobs):
    found, _ = audit(linear_onnx(W, B), *blobs, eps=0.08, queries=20, evidence=0)
    assert found.measurements["robust_accuracy"].value < found.measurements["clean_accuracy"].value
    assert not found.evidence
    assert not found.examples


def test_training_data_are_never_shown(audit, linear_onnx, blobs):
    found, _ = audit(linear_onnx(W, B), *blobs, purpose="train", eps=0.08, queries=20)
    assert found.measurements["robust_accuracy"].value < found.measurements["clean_accuracy"].value
    assert not found.evidence
    assert not found.examples


def test_without_a_folder_there_is_a_picture_and_no_file(measure, linear_onnx, blobs):
    found = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=20)
    assert not found.evidence
    assert len(found.examples) == 1


def test_a_live_model_keeps_its_evidence_too(audit, blobs):
    found, kept = audit(lambda x: x @ W + B, *blobs, eps=0.08, queries=100)
    assert len(found.evidence) == 1
    assert ((kept["x_adv"] @ W + B).argmax(axis=1) != kept["y"]).all()


def test_a_model_that_nothing_breaks_has_no_example(audit, linear_onnx, blobs):
    found, kept = audit(linear_onnx(W, B), *blobs, eps=1e-6, curve=(0.5,), queries=20)
    assert not kept
    assert not found.examples


@pytest.mark.parametrize("number", [-1, 11])
def test_more_than_a_handful_is_refused(number):
    with pytest.raises(UnsupportedInputError, match="evidence"):
        validated(RobustnessParams(evidence=number))


def test_a_row_of_a_table_is_shown_feature_by_feature_in_units(measure, linear_onnx, blobs):
    declared = {"inputs": INPUTS, "classes": ("good", "worn")}
    found = measure(linear_onnx(W, B), *blobs, budget="sensor-accuracy", queries=20, declared=declared)
    (example,) = found.examples
    assert not example.figures
    reaches = {bar.label.args["name"]: (bar.reach, bar.unit) for bar in example.bars}
    assert set(reaches) <= {"flow", "speed", "heat"}
    assert reaches["flow"] == (pytest.approx(0.08), "l/min")
    assert all(0 < abs(bar.after - bar.before) <= bar.reach * (1 + 1e-6) for bar in example.bars)
    said = " ".join(say(line) for line in example.lines)
    assert "“good”" in said
    assert "“worn”" in said
    assert re.search(r"moved by more than [\d.]+ (l/min|1/s|K)", said)
    assert "1 times the budget of each feature" in said
    assert "no larger than the error that the sensor itself may have" in said
    assert "of 4 features" in said
    assert "不超过传感器自身允许的误差" in " ".join(say(line, "zh-CN") for line in example.lines)


def test_a_change_beyond_the_accuracy_says_how_many_times(measure, linear_onnx, blobs):
    declared = {"inputs": {"signal": {"unit": "g", "range": [0, 1], "accuracy": "1 %FS"}}}
    (example,) = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=20, declared=declared).examples
    said = " ".join(say(line) for line in example.lines)
    assert "1 %FS, that is ±0.01 g" in said
    assert "8 × what the sensor itself may be wrong by" in said
    assert "8 % of the range from 0 g to 1 g" in said


def test_without_a_declared_accuracy_nothing_is_compared(measure, linear_onnx, blobs):
    (example,) = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=20).examples
    assert "No accuracy class is declared" in " ".join(say(line) for line in example.lines)


def image_model(write_onnx, channels, side):
    weights = np.zeros((channels * side * side, 2), np.float32)
    weights[:, 1] = 1
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["out"]),
    ]
    middle = np.float32([0, -channels * side * side / 2])
    return write_onnx(nodes, {"w": weights, "b": middle}, (None, channels, side, side))


@pytest.mark.parametrize(("channels", "side", "cells"), [(1, 32, 32), (3, 32, 32), (1, 150, 50)])
def test_an_image_is_shown_before_after_and_its_difference(measure, write_onnx, channels, side, cells):
    rng = np.random.default_rng(0)
    y = np.arange(20) % 2
    x = np.clip(
        0.5 + np.where(y, 0.02, -0.02)[:, None, None, None] + rng.normal(0, 0.1, (20, channels, side, side)), 0, 1
    )
    declared = {"inputs": {"camera": {"unit": "of full scale", "range": [0, 1]}}, "classes": ("dark", "bright")}
    found = measure(
        image_model(write_onnx, channels, side), x.astype(np.float32), y, eps=0.03, queries=20, declared=declared
    )
    (example,) = found.examples
    before, _, change = example.rasters
    assert (before.width, before.height) == (cells, cells)
    assert before.shade is (Shade.RGB if channels == 3 else Shade.GREY)
    assert change.shade is Shade.SIGNED
    each = 3 if channels == 3 else 1
    shown = [np.frombuffer(bytes.fromhex(raster.cells), np.uint8) for raster in example.rasters]
    assert [len(values) for values in shown] == [cells * cells * each, cells * cells * each, cells * cells]
    assert np.abs(shown[1].astype(int) - shown[0]).max() <= 0.03 * 255 + 1
    assert {int(shown[2].min()), int(shown[2].max())} & {1, 255}
    assert "about 17 times magnified" in say(example.lines[-1])


def test_of_several_channels_the_one_that_changed_most_is_drawn(measure):
    weights = np.zeros((2, 16))
    weights[1] = 1
    x = np.random.default_rng(0).normal(0, 1, (30, 2, 16))
    y = (x[:, 1].sum(axis=1) > 0).astype(int)

    def model(values):
        score = (values * weights).sum(axis=(1, 2))
        return np.stack([-score, score], axis=1)

    inputs = {"left": {"unit": "g", "attackable": False}, "right": {"unit": "g"}}
    (example,) = measure(model, x, y, eps=0.3, queries=300, declared={"inputs": inputs}).examples
    assert say(example.figures[0].caption).startswith("channel 2 of 2")
    assert "“right”" in say(example.lines[1])
