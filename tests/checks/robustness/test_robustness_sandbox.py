"""`model.robustness` in the sandbox: the same figures, the layers said, code held, hanging models stopped."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aigov import FrozenMap, Measured, NotPerformed, say
from aigov_checks.model.boxed import outside
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
W, B = np.array([[2.0, -1.0], [-1.0, 2.0], [0.5, 0.0], [0.0, 0.5]]), [0.1, -0.1]


@pytest.fixture
def check(build):
    """Return a function that runs the whole check on a model file or object and (x, y)."""

    def run(source, x, y, *, trust="", **params):
        declared = {"trust": FrozenMap({"digest": trust})} if trust else {}
        subject = build.subject(build.model(source, **declared), build.dataset(x, y))
        return robustness.function(subject, RobustnessParams(**params))

    return run


def test_the_figures_are_those_of_the_same_evaluation_outside(check, measure, linear_onnx, blobs):
    path = linear_onnx(W, B)
    inside, outside = check(path, *blobs, queries=50), measure(path, *blobs, queries=50)
    assert inside.measurements == outside.measurements
    assert inside.examples == outside.examples != ()
    assert inside.notes == outside.notes
    assert {key: inside.facts[key] for key in outside.facts} == dict(outside.facts)


def test_the_facts_name_the_layers(check, linear_onnx, blobs):
    facts = check(linear_onnx(W, B), *blobs, queries=5).facts
    for layer in ("user-namespace", "network-namespace", "landlock", "seccomp", "resource-limits", "wall-clock"):
        assert layer in facts["sandbox"].split(", ")
    assert facts["sandbox.landlock"].startswith("ABI ")
    assert "sandbox.missing" not in facts


def test_a_live_object_stays_where_it_is_and_that_is_said(check, blobs):
    found = check(lambda x: x @ W + B, *blobs, queries=5)
    assert found.facts["sandbox"] == "none"
    assert "robustness.note.in-process" in {note.id for note in found.notes}


def test_labels_in_words_cross_over(check, tmp_path, blobs):
    import skops.io

    x, y = blobs
    words = np.where(y == 1, "ball", "healthy").astype(object)
    model = LogisticRegression().fit(x, words.astype(str))
    skops.io.dump(model, tmp_path / "m.skops")
    assert check(tmp_path / "m.skops", x, words.astype(str)).measurements["clean_accuracy"].value > 0.9


def looping(path, turns):
    """Write a model that adds 0 to its input as often as `turns` says, without an end where it is None."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["v", "zero"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, ["n", 4]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, ["n", 4]),
        ],
    )
    constants = [
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("weights", TensorProto.FLOAT, [4, 2], W.ravel().tolist()),
        helper.make_tensor("true", TensorProto.BOOL, [], [True]),
        *([] if turns is None else [helper.make_tensor("turns", TensorProto.INT64, [], [turns])]),
    ]
    loop = helper.make_node("Loop", ["turns" if turns else "", "true", "x"], ["z"], body=body)
    graph = helper.make_graph(
        [loop, helper.make_node("MatMul", ["z", "weights"], ["out"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 2])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def test_a_loop_that_ends_is_measured(check, blobs, tmp_path):
    found = check(looping(tmp_path / "m.onnx", 3), *blobs, queries=20)
    assert isinstance(found, Measured)
    assert found.measurements["clean_accuracy"].n == 120


def test_a_loop_that_never_ends_is_stopped_and_said(check, blobs, tmp_path):
    found = reason(lambda: check(looping(tmp_path / "m.onnx", None), *blobs, call_seconds=1.0))
    assert found.id == "sandbox.overdue"
    assert "1 s" in say(found)


def pickled(path, model):
    import joblib

    joblib.dump(model, path)
    return path, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture
def scaled(blobs):
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(*blobs)


def reason(run):
    with pytest.raises(Exception) as stopped:  # noqa: PT011  # the id is looked at
        run()
    return stopped.value.message


def test_a_trusted_clean_pickle_is_loaded_inside(check, measure, blobs, tmp_path, scaled):
    path, digest = pickled(tmp_path / "m.joblib", scaled)
    x, y = blobs[0].astype(np.float64), blobs[1]
    found = check(path, x, y, trust=digest, eps=0.05)
    assert found.facts["exact"] is True
    assert found.measurements == measure(scaled, x, y, eps=0.05).measurements


def test_a_pickle_that_nobody_trusts_is_not_loaded_and_what_to_do_is_said(check, blobs, tmp_path, scaled):
    path, digest = pickled(tmp_path / "m.pkl", scaled)
    for trust in ("", "sha256:" + "0" * 64):
        found = reason(lambda trust=trust: check(path, *blobs, trust=trust))
        assert found.id == "robustness.pickle"
        assert digest in say(found)
        assert digest in say(found, "zh-CN")


class Payload:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (self.target, "w"))


def test_a_pickle_that_the_scan_does_not_like_is_not_loaded_even_if_it_is_trusted(check, blobs, tmp_path):
    path, digest = pickled(tmp_path / "m.pkl", Payload(str(tmp_path / "out")))
    assert reason(lambda: check(path, *blobs, trust=digest)).id == "robustness.pickle-not-clean"
    assert not (tmp_path / "out").exists()


def test_code_that_gets_past_the_scan_finds_nothing_to_do(check, blobs, tmp_path, monkeypatch):
    """Take the scan away: the sandbox alone must hold."""
    from aigov_checks.model.serialization.notes import Scanned

    monkeypatch.setattr(outside, "scan_file", lambda *_: Scanned("pickle", ()))
    path, digest = pickled(tmp_path / "m.pkl", Payload(str(tmp_path / "out")))
    found = check(path, *blobs, trust=digest)
    assert isinstance(found, NotPerformed)
    assert found.reason.id == "robustness.pickle-broken"
    assert not (tmp_path / "out").exists()


def test_code_is_not_loaded_where_layers_are_missing(check, blobs, tmp_path, scaled, monkeypatch):
    from aigov.sandbox import Job, Layer

    def weaker(*given, **named):
        return Job(*given, **{**named, "layers": frozenset(Layer) - {Layer.LANDLOCK}})

    monkeypatch.setattr(outside, "Job", weaker)
    path, digest = pickled(tmp_path / "m.pkl", scaled)
    found = reason(lambda: check(path, *blobs, trust=digest))
    assert found.id == "sandbox.lacking"
    assert "landlock" in say(found)


def test_missing_layers_are_said_beside_the_figures(check, linear_onnx, blobs, monkeypatch):
    from aigov.sandbox import Job, Layer

    monkeypatch.setattr(outside, "Job", lambda *a, **k: Job(*a, **{**k, "layers": frozenset({Layer.WALL_CLOCK})}))
    found = check(linear_onnx(W, B), *blobs, queries=5)
    assert found.facts["sandbox"] == "wall-clock"
    assert "landlock" in found.facts["sandbox.missing"]
    note = next(note for note in found.notes if note.id == "robustness.note.layers-missing")
    assert "只能访问所需的文件" in say(note, "zh-CN")


IN_HOUSE = """
class Threshold:
    classes_ = (0, 1)
    def predict(self, x):
        return (x.mean(axis=1) > 0.5).astype(int)
"""


def test_a_class_of_ones_own_is_loaded_where_it_is_allowed_by_name(check, blobs, tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/inhouse.py").write_text(IN_HOUSE, encoding="utf-8")
    (tmp_path / "code/key.pem").write_text("secret", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    from inhouse import Threshold

    path, digest = pickled(tmp_path / "m.pkl", Threshold())
    assert reason(lambda: check(path, *blobs, trust=digest)).id == "robustness.pickle-not-clean"
    found = check(path, *blobs, trust=digest, queries=20, allow=("inhouse.Threshold",))
    assert found.measurements["clean_accuracy"].value > 0.9


SCALE = """
from sklearn.base import BaseEstimator, TransformerMixin
class Scale(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        self.most_ = float(abs(x).max())
        return self
    def transform(self, x):
        return x / self.most_
"""


def test_a_skops_file_with_types_of_ones_own_needs_trust_and_their_names(check, blobs, tmp_path, monkeypatch):
    import skops.io

    (tmp_path / "code").mkdir()
    (tmp_path / "code/houseskops.py").write_text(SCALE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    from houseskops import Scale

    path = tmp_path / "m.skops"
    skops.io.dump(make_pipeline(Scale(), LogisticRegression()).fit(*blobs), path)
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    refused = check(path, *blobs)
    assert refused.reason.id == "robustness.untrusted-types"
    assert digest in say(refused.reason)
    assert reason(lambda: check(path, *blobs, trust=digest)).id == "robustness.pickle-not-clean"
    found = check(path, *blobs, trust=digest, queries=20, allow=("houseskops.Scale",))
    assert isinstance(found, Measured)


def test_weights_beside_a_graph_can_be_read_and_nothing_else_there(check, blobs, tmp_path, linear_onnx):
    import onnx

    model = onnx.load(str(linear_onnx(W, B)))
    path = tmp_path / "wide.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="wide.data", size_threshold=0)
    assert isinstance(check(path, *blobs, queries=5), Measured)


def test_weights_through_a_linked_folder_are_not_opened(tmp_path, linear_onnx, build):
    import onnx

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/w.data").write_bytes(b"0" * 64)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/sub").symlink_to(tmp_path / "elsewhere")
    model = onnx.load(str(linear_onnx(W, B)))
    path = tmp_path / "model/m.onnx"
    for location in ("sub/w.data", "w.data"):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.ClearField("external_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
        path.write_bytes(model.SerializeToString())
        (tmp_path / "model/w.data").write_bytes(b"0" * 64)
        expected = [] if location.startswith("sub") else [(tmp_path / "model/w.data").resolve()]
        assert outside._outside_data(build.model(path)) == expected


def test_an_answer_that_is_no_observation_is_refused(monkeypatch):
    from aigov.sandbox import Layers, Returned, StoppedError

    for value in (None, 1, [], {}, {"kind": "measured"}, {"kind": "crashed", "error": "x"}, {"kind": "x"}):
        with pytest.raises(StoppedError):
            outside._outcome(Returned(value, FrozenMap(), Layers(())))
