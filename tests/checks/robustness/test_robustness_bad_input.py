"""What does not fit is named, never measured."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from aigov import FrozenMap, MissingInputError, Model, Role, UnsupportedInputError, say
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.evaluate import evaluate
from aigov_checks.model.robustness.params import RobustnessParams

W, B = np.eye(4)[:, :2], np.zeros(2)


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert error.value.message.id not in error.value.sentence(lang)
        assert "{" not in error.value.sentence(lang)
    return error.value.message.id


@pytest.mark.parametrize(
    ("labels", "declared", "expected"),
    [
        ([0, 1, 2] * 40, {"classes": ("a", "b")}, "robustness.label-out-of-range"),
        ([0, 1, 2] * 40, {}, "robustness.label-out-of-range"),
        ([0, -1] * 60, {}, "robustness.label-out-of-range"),
        ([0, 0.5] * 60, {}, "robustness.label-out-of-range"),
        ([0, 10**12] * 60, {}, "robustness.label-out-of-range"),
        ([0, 1] * 60, {"classes": ("a", "b", "c")}, "robustness.more-classes"),
        (["a", "b"] * 60, {}, "robustness.text-labels"),
        (["a", "c"] * 60, {"classes": ("a", "b")}, "robustness.label-out-of-range"),
    ],
)
def test_labels_that_do_not_match_the_outputs_are_named(measure, linear_onnx, labels, declared, expected):
    y = np.array(labels)
    assert reason(lambda: measure(linear_onnx(W, B), np.full((120, 4), 0.5), y, declared=declared)) == expected


def test_samples_of_another_shape_are_named(measure, linear_onnx, blobs):
    x, y = blobs
    assert reason(lambda: measure(linear_onnx(W, B), x[:, :3], y)) == "robustness.shape"
    assert reason(lambda: measure(lambda z: z @ W, x[:, :3], y)) == "robustness.model-refuses"


def test_axes_of_length_one_are_no_mismatch(measure, linear_onnx, blobs):
    x, y = blobs
    assert measure(linear_onnx(W, B), x[:, None, :], y, queries=10).measurements["samples"].value == 120


def test_data_with_nan_are_named(measure, linear_onnx, blobs):
    x = blobs[0].copy()
    x[3, 1] = np.nan
    assert reason(lambda: measure(linear_onnx(W, B), x, blobs[1])) == "arrays.not-finite"


def test_an_empty_data_set_is_named(measure, linear_onnx):
    assert reason(lambda: measure(linear_onnx(W, B), np.zeros((0, 4)), np.zeros(0, dtype=int))) == "arrays.empty"


@pytest.mark.parametrize("keep", [0, 1, 10, 0.5, 0.9])
def test_a_truncated_onnx_is_named(measure, linear_onnx, blobs, keep):
    path = linear_onnx(W, B)
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    assert reason(lambda: measure(path, *blobs)) == "robustness.onnx-broken"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m.pkl", "robustness.pickle"),
        ("m.joblib", "robustness.pickle"),
        ("m.pt", "robustness.torch"),
        ("m.h5", "robustness.format"),
        ("m.skops", "robustness.skops-broken"),
        ("m.onnx", "robustness.onnx-broken"),
    ],
)
def test_other_files_are_not_loaded(measure, tmp_path, blobs, name, expected):
    path = tmp_path / name
    path.write_bytes(b"\x80\x04cposix\nsystem\n(S'exit 1'\ntR.")
    assert reason(lambda: measure(path, *blobs)) == expected


def test_weights_outside_the_folder_are_not_read(measure, linear_onnx, blobs):
    import onnx

    path = linear_onnx(W, B)
    model = onnx.load(str(path))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    path.write_bytes(model.SerializeToString())
    assert reason(lambda: measure(path, *blobs)) == "robustness.external-weights"


@pytest.mark.parametrize(
    "wrong",
    [
        {"eps": 0.0},
        {"eps": float("nan")},
        {"norm": "l7"},
        {"budget": "big"},
        {"samples": 0},
        {"confidence": 1.0},
        {"curve": (-1.0,)},
    ],
)
def test_parameters_out_of_range_are_named(measure, linear_onnx, blobs, wrong):
    assert reason(lambda: measure(linear_onnx(W, B), *blobs, **wrong)) == "robustness.bad-parameter"


def test_a_missing_model_data_set_or_label_is_missing_input(build, linear_onnx, blobs):
    model, data = build.model(linear_onnx(W, B)), build.dataset(*blobs)
    for subject in (
        build.subject(None, data),
        build.subject(model, None),
        build.subject(model, build.dataset(blobs[0], None)),
    ):
        with pytest.raises(MissingInputError):
            evaluate(subject, RobustnessParams())


def test_an_object_that_cannot_predict_is_named(measure, blobs):
    assert reason(lambda: measure(object(), *blobs)) == "robustness.no-predict"


def test_one_class_only_is_measured_and_said(measure, linear_onnx, blobs):
    result = measure(linear_onnx(W * 0, [1.0, 0.0]), blobs[0], np.zeros(120, dtype=int), queries=10)
    assert result.measurements["clean_accuracy"].value == 1
    assert "robustness.note.constant" in {note.id for note in result.notes}


BLOCKED = """
import sys
from importlib.abc import MetaPathFinder
class Block(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Block())
import aigov
from pathlib import Path
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.boxed.setting import HERE
from aigov_checks.model.robustness.boxed import evaluated
from aigov_checks.model.robustness.params import RobustnessParams
path = Path({path!r})
model = aigov.Model("m", aigov.Role.MODEL, found=(File(path, "m.onnx", 1, "0"),))
x = [[0.1 * i, 0.2, 0.3, 1 - 0.1 * i] for i in range(10)]
data = aigov.Dataset("test", aigov.Role.DATASET, value=(x, [1, 0] * 5), purpose="test", reader=FileReader())
try:
    result = evaluated(aigov.Subject("s", models=(model,), datasets=(data,)), RobustnessParams(queries=20), HERE)
    print("measured", [aigov.say(note) for note in result.notes], result.measurements["zero_gradient_share"].high)
except aigov.MissingExtraError as error:
    print("missing", error)
"""


def without(blocked, path):
    code = BLOCKED.format(blocked=set(blocked), path=str(path))
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout  # our own code


@pytest.mark.parametrize("module", ["numpy", "onnx", "onnxruntime"])
def test_a_missing_runtime_names_the_extra(linear_onnx, module):
    answer = without([module], linear_onnx(W, B))
    assert answer.startswith("missing")
    assert "robustness" in answer


def test_without_torch_the_other_stages_run_and_it_is_said(linear_onnx):
    answer = without(["torch"], linear_onnx(W, B))
    assert answer.startswith("measured")
    assert "torch" in answer
    assert answer.rstrip().endswith("1.0")


def test_listing_the_check_imports_nothing_heavy():
    code = "import sys, aigov_checks.model.robustness as r; print(sorted(set(sys.modules) & {'numpy', 'torch', 'onnx', 'art'}))"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # our own code
    assert answer.strip() == "[]"


def test_every_sentence_stands_in_both_languages():
    for section in ("title", "what", "why", "how", "limits", "references"):
        assert "check.model" not in say(robustness_message(section), "zh-CN")


def robustness_message(section):
    from aigov import msg

    return msg(f"check.model.robustness.{section}")


def test_a_model_artifact_without_files_says_why(build, blobs):
    from aigov import msg

    absent = Model("m", Role.MODEL, absent=msg("artifact.not-one-file", name="m", count=0), inputs=FrozenMap({}))
    with pytest.raises(MissingInputError):
        robustness.function(build.subject(absent, build.dataset(*blobs)), RobustnessParams())


@pytest.mark.parametrize(("delay", "limit", "note"), [(0.02, 3.0, "slow"), (0.05, 0.5, "too-slow")])
def test_a_slow_model_is_asked_less_and_the_interval_says_so(measure, blobs, delay, limit, note):
    def slow(x):
        time.sleep(delay)
        return np.stack([1 - x.sum(axis=1), x.sum(axis=1) - 3], axis=1)

    before = time.perf_counter()
    result = measure(slow, *blobs, eps=0.05, curve=(1.0, 2.0), seconds=limit)
    assert time.perf_counter() - before < 4 * limit + 2
    assert f"robustness.note.{note}" in [found.id for found in result.notes]
    robust = result.measurements["robust_accuracy"]
    assert robust.low == 0
    assert robust.limits.id == f"robustness.note.{note}"


def nested(inner):
    """Return an ONNX model whose `If` holds a subgraph with the given node, two branches alike."""
    import onnx
    from onnx import TensorProto, helper

    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 2])
    branch = helper.make_graph([inner], "branch", [], [out])
    choice = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    true = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
    graph = helper.make_graph(
        [true, choice],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
    )
    return onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_weights_outside_the_folder_are_refused_in_a_subgraph_too(measure, blobs, tmp_path):
    from onnx import TensorProto, helper

    tensor = helper.make_tensor("w", TensorProto.FLOAT, [2], [0.0, 0.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    path = tmp_path / "m.onnx"
    path.write_bytes(nested(helper.make_node("Constant", [], ["z"], value=tensor)).SerializeToString())
    assert reason(lambda: measure(path, *blobs)) == "robustness.external-weights"
