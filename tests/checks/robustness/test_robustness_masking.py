"""Models that hide their gradients, answer by chance, or are audited without torch: each is reported as what it is."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper

from aigov import Interval, Measurement
from aigov.judge import Hold, hold
from aigov.model import Bound

W = np.array([[-1.0, 1.0], [-1.0, 1.0], [-0.5, 0.5], [0.2, -0.2]])
B = np.array([1.15, -1.15])
LEVELS = {"levels": np.float32(20)}
SCALED = helper.make_node("Mul", ["x", "levels"], ["scaled"])
BACK = helper.make_node("Div", ["whole", "levels"], ["coarse"])
HIDDEN = {
    "round": ([SCALED, helper.make_node("Round", ["scaled"], ["whole"]), BACK], LEVELS),
    "floor": ([SCALED, helper.make_node("Floor", ["scaled"], ["whole"]), BACK], LEVELS),
    "cast": (
        [
            SCALED,
            helper.make_node("Cast", ["scaled"], ["integer"], to=TensorProto.INT32),
            helper.make_node("Cast", ["integer"], ["whole"], to=TensorProto.FLOAT),
            BACK,
        ],
        LEVELS,
    ),
    "quantised": (
        [
            helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["integer"]),
            helper.make_node("DequantizeLinear", ["integer", "scale", "zero"], ["coarse"]),
        ],
        {"scale": np.float32(0.05), "zero": np.uint8(0)},
    ),
}


def value(result, name):
    return result.measurements[name].value


def ids(result):
    return {note.id for note in result.notes}


@pytest.mark.parametrize("kind", HIDDEN)
def test_an_attack_looks_through_rounding(measure, linear_onnx, blobs, kind):
    before, extra = HIDDEN[kind]
    result = measure(linear_onnx(W, B, before=before, extra=extra), *blobs, eps=0.1, queries=1, curve=(0.5,))
    assert value(result, "zero_gradient_share") == 1
    assert sum(result.facts[name] for name in result.facts if name.startswith("broken_by.bpda-")) > 0
    plain = measure(linear_onnx(W, B), *blobs, eps=0.1, queries=1, curve=())
    assert value(result, "robust_accuracy") <= value(plain, "robust_accuracy") + 0.05
    assert value(result, "robust_accuracy[eps=0.05]") < value(result, "clean_accuracy")
    assert "robustness.note.gradient-masking" in ids(result)


def test_a_model_with_slopes_gets_no_such_attack(measure, linear_onnx, blobs):
    result = measure(linear_onnx(W, B), *blobs, eps=0.1, queries=1)
    assert "bpda" not in result.facts["stages"]
    assert "robustness.note.gradient-masking" not in ids(result)


def test_logits_so_large_that_their_loss_is_flat_hide_nothing(measure, linear_onnx, blobs):
    plain = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=1)
    loud = measure(linear_onnx(W * 1e4, B * 1e4, after="Softmax"), *blobs, eps=0.08, queries=1)
    assert value(loud, "robust_accuracy") == value(plain, "robust_accuracy")
    assert value(loud, "zero_gradient_share") > 0.5
    assert "robustness.note.gradient-masking" in ids(loud)


def test_a_model_that_answers_by_chance_now_and_then_is_said_to(measure, blobs):
    rng = np.random.default_rng(0)
    result = measure(lambda x: x @ W + B + rng.normal(0, 0.2, (len(x), 2)), *blobs, eps=0.02, queries=20)
    assert value(result, "deterministic") == 0
    assert "robustness.note.randomised" in ids(result)


def test_half_precision_is_not_certified(measure, linear_onnx, blobs):
    before = [
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("Cast", ["half"], ["single"], to=TensorProto.FLOAT),
    ]
    result = measure(linear_onnx(W, B, before=before), *blobs, eps=1e-4, queries=1)
    certified = result.measurements["certified_accuracy"]
    assert (certified.value, certified.interval.high) == (0, 1)
    assert certified.limits.id == "robustness.proofs.uncertifiable"


CHILD = """
import json, sys
if "torch" in sys.argv[2:]:
    sys.modules["torch"] = None  # an import of it raises ModuleNotFoundError
import numpy as np
from pathlib import Path
from aigov import Dataset, Model, Role, Subject, say
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.params import RobustnessParams
path, held = Path(sys.argv[1]), np.load(Path(sys.argv[1]).with_suffix(".npz"))
model = Model("m", Role.MODEL, found=(File(path, path.name, 1, "0"),))
data = Dataset("test", Role.DATASET, value=(held["x"], held["y"]), purpose="test", reader=FileReader())
found = evaluate(Subject("s", models=(model,), datasets=(data,)), RobustnessParams(eps=0.02, queries=50, curve=()))
rows = {n: [m.value, m.low, m.high] for n, m in found.measurements.items()}
notes = [say(note) for note in found.notes]
print(json.dumps({"rows": rows, "stages": found.facts["stages"], "notes": notes}))
"""


def audited(path, *blocked):
    command = [sys.executable, "-c", CHILD, str(path), *blocked]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)  # our own code
    return json.loads(done.stdout)


def measurement(row):
    return Measurement(row[0], "ratio", Interval(row[1], row[2], 0.95))


def test_without_torch_the_figures_are_the_same_but_for_what_needs_gradients(linear_onnx, blobs):
    path = linear_onnx(W, B)
    np.savez(path.with_suffix(".npz"), x=blobs[0], y=blobs[1])
    full, less = audited(path), audited(path, "torch")
    assert set(full["rows"]) == set(less["rows"])
    for name in ("clean_accuracy", "majority_share", "nonfinite_outputs", "deterministic", "samples", "undecided"):
        assert full["rows"][name] == less["rows"][name]
    assert "apgd" in full["stages"]
    assert less["stages"] == "square"
    assert any("torch" in note and "gradient stages did not run" in note for note in less["notes"])
    robust, weaker = full["rows"]["robust_accuracy"], less["rows"]["robust_accuracy"]
    bound = Bound("robust_accuracy", min=0.5)
    assert hold(bound, measurement(robust)) is Hold.HOLDS  # pass
    assert hold(bound, measurement(weaker)) is Hold.UNDECIDED  # inconclusive
    assert weaker[0] >= robust[0] - 1 / 120
    for name in ("certified_accuracy", "zero_gradient_share", "search_only_share"):
        assert less["rows"][name][1:] == [0, 1]
