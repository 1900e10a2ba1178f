"""`model.robustness` on windows of vibration: shapes, sensor accuracy, time, and what exporters of trees write."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from aigov_checks.model.robustness.apgd import Aim, apgd
from aigov_checks.model.robustness.losses import cross_entropy, dlr

SENSOR = {"vibration": {"unit": "g", "range": (-4, 4), "accuracy": "0.5 %FS", "sampling_rate": "12 kHz"}}


@pytest.fixture(scope="module")
def vibration(tmp_path_factory):
    """Return a small trained network as ONNX and 100 windows of 128 values."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    t = np.arange(128) / 128
    tone = np.sin(2 * np.pi * (np.array([6, 12, 20])[y][:, None] * t + rng.random((300, 1))))
    x = (0.12 * tone + rng.normal(0, 0.05, (300, 128))).astype(np.float32)[:, None]
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net = nn.Sequential(
        nn.Conv1d(1, 8, 15, stride=2, padding=7), nn.ReLU(), nn.Conv1d(8, 8, 9, stride=2), nn.ReLU(),
        nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    data, labels = torch.from_numpy(x[:200]), torch.from_numpy(y[:200])
    for _ in range(120):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(data), labels).backward()
        optimiser.step()
    path = tmp_path_factory.mktemp("model") / "net.onnx"
    torch.onnx.export(net.eval(), (data[:1],), str(path), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
    return path, x[200:], y[200:], net


def test_a_trained_network_falls_at_the_accuracy_of_its_sensor(measure, vibration):
    path, x, y, _ = vibration
    declared = {"inputs": SENSOR, "classes": ("healthy", "inner", "outer")}
    began = time.perf_counter()
    result = measure(path, x[:, 0], y, budget="sensor-accuracy", declared=declared, queries=200)
    assert time.perf_counter() - began < 40
    assert result.facts["eps"] == pytest.approx(0.04)
    assert result.measurements["clean_accuracy"].value > 0.9
    assert result.measurements["robust_accuracy[eps=0.08]"].value < result.measurements["clean_accuracy"].value - 0.2
    assert result.measurements["robust_accuracy"].value < result.measurements["clean_accuracy"].value
    waveform, change = result.examples[0].figures
    assert len(waveform.traces[0].y) == len(change.traces[0].y) == 128
    assert max(map(abs, change.traces[0].y)) <= 0.04
    assert waveform.traces[0].x[-1] == pytest.approx(127 / 12, rel=1e-5)  # milliseconds at 12 kHz
    assert "robustness.note.box-from-data" not in {note.id for note in result.notes}


def test_the_cascade_is_no_weaker_than_forty_steps_of_plain_pgd(measure, vibration):
    path, x, y, net = vibration
    eps = 0.015
    points, labels = torch.from_numpy(x), torch.from_numpy(y)
    moved = points.clone()
    for _ in range(40):
        moved.requires_grad_()
        (slope,) = torch.autograd.grad(nn.functional.cross_entropy(net(moved), labels), moved)
        moved = torch.min(torch.max(moved.detach() + eps / 8 * slope.sign(), points - eps), points + eps)
        moved = moved.clamp(x.min(), x.max())
    pgd = (net(moved).argmax(dim=1) == labels).double().mean().item()
    result = measure(path, x, y, eps=eps, curve=(), queries=100)
    assert result.measurements["robust_accuracy"].value <= pgd


@pytest.mark.parametrize("loss", [cross_entropy, dlr])
def test_l2_steps_stay_in_the_ball(vibration, loss):
    _, x, y, net = vibration
    points, labels = torch.from_numpy(x[:20]), torch.from_numpy(y[:20])
    wide = torch.full_like(points, 9.0)
    aim = Aim(net, "l2", points, -wide, wide, torch.full(points.shape[1:], 0.3), labels, labels)
    found, broken, _ = apgd(aim, loss, 20, torch.Generator().manual_seed(0))
    assert (found - points).flatten(1).norm(dim=1).max() <= 0.3 + 1e-5
    assert broken.any()


def test_a_classifier_of_onnx_ml_with_a_zipmap_is_measured(measure, write_zipmap, blobs):
    x, y = blobs
    names = np.array(["good", "bad"])[y]
    result = measure(write_zipmap(["good", "bad"]), x, names, eps=0.08, queries=200)
    assert result.measurements["clean_accuracy"].value > 0.8
    assert result.measurements["robust_accuracy"].value < result.measurements["clean_accuracy"].value
    assert result.measurements["zero_gradient_share"].value == 0
    assert "apgd-ce-10" in result.facts["stages"]


@pytest.fixture
def write_zipmap(tmp_path):
    """Return a function that writes what sklearn-onnx makes of a logistic regression."""
    import onnx

    def write(names):
        weights = [1.0, 1.0, 0.5, -0.2]
        nodes = [
            helper.make_node(
                "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", post_transform="LOGISTIC",
                classlabels_strings=names, multi_class=1, coefficients=[-w for w in weights] + weights,
                intercepts=[1.15, -1.15],
            ),
            helper.make_node("ZipMap", ["scores"], ["maps"], domain="ai.onnx.ml", classlabels_strings=names),
        ]  # fmt: skip
        maps = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
        graph = helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 4])],
            [
                helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
                helper.make_value_info("maps", helper.make_sequence_type_proto(maps)),
            ],
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
        path = tmp_path / "zipmap.onnx"
        onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), str(path))
        return path

    return write
