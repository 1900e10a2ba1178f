"""A served model is measured by its answers; what it is, how it was asked and what went wrong is told."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from inference import Served, raw, request_of, running

import aigov
from aigov import Endpoint, Measured, Subject, UnsupportedInputError
from aigov_checks.model.faults import faults
from aigov_checks.model.faults.params import FaultParams
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.served.session import Session

pytestmark = pytest.mark.loopback
RNG = np.random.default_rng(7)
Y = np.arange(120) % 2
X = np.clip(0.5 + (Y[:, None] - 0.5) * 0.25 + RNG.normal(0, 0.1, (120, 4)), 0, 1).astype(np.float32)
WEIGHTS = np.float32([0.9, 1.1, 1, 1])


def scores(x):
    lead = x @ WEIGHTS - np.float32(2)
    return np.stack([-lead, lead], axis=1)


def subject_of(model, x=X, y=Y, **declared):
    return Subject.from_objects("plant", model=model, test=(x, y), **{"classes": ("low", "high"), **declared})


def measured(served, x=X, y=Y, *, endpoint=None, declared=None, **params):
    """Return the robustness of a served model."""
    asked = {"eps": 0.05, "queries": 40, "curve": (), **params}
    with running(served) as url:
        model = Endpoint(url, "plant", **(endpoint or {}))
        return robustness.function(subject_of(model, x, y, **(declared or {})), RobustnessParams(**asked))


def figures(found):
    """Return values and intervals; the address in their limits changes with the port."""
    return {name: (value.value, value.interval, value.n) for name, value in found.measurements.items()}


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert "{" not in error.value.sentence(lang)
    message = error.value.message
    return message.args["problem"].id if "problem" in message.args else message.id


@pytest.mark.parametrize("extensions", [[], ["binary_tensor_data"]], ids=["json", "binary"])
def test_a_served_model_has_the_figures_of_the_same_function_and_no_lower_end(extensions):
    found = measured(Served(scores, extensions=extensions))
    here = robustness.function(subject_of(scores), RobustnessParams(eps=0.05, queries=40, curve=()))
    assert isinstance(found, Measured)
    assert isinstance(here, Measured)
    for name, value in here.measurements.items():
        assert found.measurements[name].value == value.value, name
    robust = found.measurements["robust_accuracy"]
    assert 0 < robust.value < 1
    assert robust.interval.low == 0
    assert robust.interval.high == here.measurements["robust_accuracy"].interval.high
    assert robust.limits.id == "served.no-gradients"
    assert found.measurements["certified_accuracy"].interval == aigov.Interval(0.0, 1.0)
    assert found.facts["served.encoding"] == ("binary" if extensions else "json")
    assert found.facts["sandbox"] == "none"
    assert "served.note.asked" in {note.id for note in found.notes}


def test_who_answered_is_in_the_facts_and_another_model_has_another_digest():
    one, same, other = (measured(Served(function)) for function in (scores, scores, lambda x: scores(x) * 1.001))
    assert one.facts["served.endpoint"].endswith("/v2/models/plant")
    assert (one.facts["served.server"], one.facts["served.version"]) == ("test-server 1.0", "3")
    assert one.facts["served.platform"] == "onnxruntime_onnx"
    assert one.facts["served.answers_sha256"] == same.facts["served.answers_sha256"]
    assert one.facts["served.answers_sha256"] != other.facts["served.answers_sha256"]
    assert figures(one) == figures(same)


def test_the_declared_version_is_asked_for():
    served = Served(scores)
    found = measured(served, endpoint={"version": "3"})
    assert found.facts["served.version"] == "3"
    assert {path for path, _ in served.requests} == {"/v2/models/plant/versions/3/infer"}
    assert reason(lambda: measured(Served(scores), endpoint={"version": "4"})) == "served.bad.version"


def test_a_server_that_says_no_version_is_noted():
    found = measured(Served(scores, version="", versions=[]))
    assert found.facts["served.version"] == "?"
    assert "served.note.no-version" in {note.id for note in found.notes}


def test_a_version_that_changes_on_the_way_is_no_figure():
    seen = []

    def change(answer):
        seen.append(1)
        return {**answer, "model_version": "4" if len(seen) > 5 else "3"}

    assert reason(lambda: measured(Served(scores, change=change))) == "served.bad.version"


def test_answers_that_change_between_start_and_end_are_noted():
    calls = []

    def drifting(x):
        calls.append(len(x))
        return scores(x) + np.float32(len(calls) * 1e-3) * np.float32([1, -1])

    found = measured(Served(drifting))
    assert "served.note.changed" in {note.id for note in found.notes}
    assert found.measurements["deterministic"].value == 0


def test_requests_that_are_made_again_are_counted_and_told():
    found = measured(Served(scores, statuses=[503, 429]))
    assert found.facts["served.retries"] == 2
    assert "served.note.retries" in {note.id for note in found.notes}
    assert reason(lambda: measured(Served(scores, statuses=[503] * 9))) == "served.status"
    assert reason(lambda: measured(Served(scores, statuses=[500]))) == "served.status"


def test_requests_hold_no_more_samples_than_declared_and_a_fixed_batch_is_filled():
    sizes = []

    def counted(x):
        sizes.append(len(x))
        return scores(x)

    small = measured(Served(counted), endpoint={"batch": 50})
    assert max(sizes) == 50
    sizes.clear()
    fixed = measured(Served(counted, inputs=[{"name": "x", "datatype": "FP32", "shape": [7, 4]}]))
    assert set(sizes) == {7}
    assert figures(small) == figures(fixed)


def test_a_column_an_input_is_asked_by_name_and_a_wrong_order_is_named():
    columns = [{"name": name, "datatype": "FP64", "shape": [-1, 1]} for name in "abcd"]
    whole = measured(Served(scores, inputs=[{"name": "x", "datatype": "FP64", "shape": [-1, 4]}]))
    apart = measured(Served(scores, inputs=columns), declared={"features": tuple("abcd")})
    assert figures(apart) == figures(whole)
    wrong = {"features": tuple("bacd")}
    assert reason(lambda: measured(Served(scores, inputs=columns), declared=wrong)) == "robustness.feature-order"
    assert reason(lambda: measured(Served(scores, inputs=columns[:3]))) == "served.bad.columns"


def test_a_model_that_describes_nothing_is_asked_anyway():
    found = measured(Served(scores, inputs=[], outputs=[]))
    assert found.measurements["clean_accuracy"].value > 0.9


def test_labels_as_numbers_and_as_text_are_attacked_by_decisions():
    outputs = [{"name": "label", "datatype": "INT64", "shape": [-1]}]
    found = measured(Served(lambda x: scores(x).argmax(axis=1), outputs=outputs), X[:20], Y[:20], queries=20)
    assert "art-hop-skip-jump" in found.facts["stages"]
    assert found.measurements["clean_accuracy"].value > 0.9
    names = np.array(["low", "high"])
    outputs = [{"name": "label", "datatype": "BYTES", "shape": [-1]}]
    text = measured(Served(lambda x: names[scores(x).argmax(axis=1)], outputs=outputs), X[:20], Y[:20], queries=20)
    assert figures(text) == figures(found)
    nameless = Served(lambda x: names[scores(x).argmax(axis=1)], outputs=outputs)
    assert reason(lambda: measured(nameless, declared={"classes": ()}, y=np.where(Y, "b", "a"))) == "served.no-classes"


def test_several_outputs_need_a_word():
    outputs = [{"name": name, "datatype": "FP32", "shape": [-1, 2]} for name in ("scores", "other")]
    assert reason(lambda: measured(Served(scores, outputs=outputs))) == "served.bad.several-outputs"
    assert measured(Served(scores, outputs=outputs), endpoint={"output": "scores"}).facts["served.retries"] == 0
    assert reason(lambda: measured(Served(scores, outputs=outputs), endpoint={"output": "x"})) == "served.bad.no-output"


def test_predicted_values_have_no_lower_end_either():
    y = (X @ WEIGHTS).astype(np.float64)
    served = Served(lambda x: x @ WEIGHTS, outputs=[{"name": "value", "datatype": "FP32", "shape": [-1]}])
    with running(served) as url:
        subject = subject_of(Endpoint(url, "plant"), y=y, task="regression", classes=(), output={"tolerance": 0.1})
        found = robustness.function(subject, RobustnessParams(eps=0.05, queries=40, curve=()))
    assert found.measurements["rmse"].value < 1e-5
    assert found.measurements["robust_accuracy"].interval.low == 0
    assert found.measurements["robust_accuracy"].value < 1


def test_sensor_faults_are_measured_as_well():
    with running(Served(scores)) as url:
        found = faults.function(subject_of(Endpoint(url, "plant")), FaultParams(samples=30))
    assert found.measurements["clean_accuracy"].value > 0.9
    assert found.facts["served.version"] == "3"


def test_answers_that_are_no_numbers_are_counted_as_wrong():
    def holes(x):
        found = scores(x)
        found[::4] = np.nan
        return found

    binary = measured(Served(holes, extensions=["binary_tensor_data"]))
    assert binary.measurements["nonfinite_outputs"].value == 30
    assert binary.measurements["clean_accuracy"].value <= 0.75
    assert measured(Served(holes)).measurements["nonfinite_outputs"].value == 30  # the token NaN in JSON

    def nothing(answer):
        data = [None if np.isnan(value) else value for value in answer["outputs"][0]["data"]]
        return {**answer, "outputs": [{**answer["outputs"][0], "data": data}]}

    assert measured(Served(holes, change=nothing)).measurements["nonfinite_outputs"].value == 30


def test_missing_values_travel_as_bytes_only():
    x = X[:3].copy()
    x[1, 1] = np.nan
    with running(Served(scores)) as url:
        assert reason(lambda: Session(Endpoint(url, "plant"), 5.0)(x)) == "served.not-finite"
    with running(Served(scores, extensions=["binary_tensor_data"])) as url:
        assert np.isnan(Session(Endpoint(url, "plant"), 5.0)(x)[1]).all()


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([{"name": "x", "datatype": "INT32", "shape": [-1, 4]}], "served.bad.inputs"),
        ([{"name": "x", "datatype": "FP32", "shape": [-1, 5]}], "robustness.shape"),
        ([{"name": "x", "datatype": "FP32", "shape": []}], "served.bad.batch"),
        ([{"name": "x", "datatype": "FP32", "shape": [0, 4]}], "served.bad.batch"),
        ([{"name": "x", "datatype": "FP32", "shape": [2**40, 4]}], "served.bad.batch"),
        ([{"name": "x", "datatype": "FP32", "shape": "many"}], "served.bad.tensor"),
        ([{"name": "x", "datatype": "FP32", "shape": [-1, 1e999]}], "served.bad.tensor"),
        ([{"name": "x", "datatype": "FP32"}], "served.bad.tensor"),
        ([{"name": "x", "datatype": "FP32", "shape": [-1, 4]}] * 2, "served.bad.tensor"),
        ("x", "served.bad.tensor"),
        ([3], "served.bad.tensor"),
    ],
)
def test_models_that_cannot_be_asked_are_named(inputs, expected):
    assert reason(lambda: measured(Served(scores, inputs=inputs))) == expected


def test_models_of_two_kinds_are_not_measured_together():
    with running(Served(scores)) as url:
        subject = subject_of(Endpoint(url, "plant"))
        guard = aigov.Model("guard", aigov.Role.MODEL, value=scores)
        watched = dataclasses.replace(subject.models[0], detector=aigov.FrozenMap({"model": "guard", "threshold": 0.5}))
        from aigov_checks.model.detection import detection
        from aigov_checks.model.detection.params import DetectionParams

        both = dataclasses.replace(subject, models=(watched, guard))
        assert reason(lambda: detection.function(both, DetectionParams())) == "privacy.mixed"


def test_a_served_model_is_guarded_by_a_served_detector():
    from aigov_checks.model.detection import detection
    from aigov_checks.model.detection.params import DetectionParams

    alarm = Served(lambda x: np.abs(x @ WEIGHTS - 2), outputs=[{"name": "a", "datatype": "FP32", "shape": [-1]}])
    with running(Served(scores)) as url, running(alarm) as other:
        subject = subject_of(Endpoint(url, "plant"))
        guard = dataclasses.replace(subject_of(Endpoint(other, "plant")).models[0], name="guard")
        declared = aigov.FrozenMap({"model": "guard", "threshold": 0.05, "flags": "below"})
        watched = dataclasses.replace(subject.models[0], detector=declared)
        both = dataclasses.replace(subject, models=(watched, guard))
        found = detection.function(both, DetectionParams(samples=40, queries=30, eps=0.1))
    assert 0 < found.measurements["detection_rate"].value <= 1
    assert found.measurements["adversarial_inputs"].value > 0
    assert alarm.requests


def test_a_token_is_read_from_its_file_and_sent_to_this_machine(tmp_path):
    (tmp_path / "token").write_text("s3cret\n", "ascii")
    served = Served(scores)
    measured(served, endpoint={"token_file": str(tmp_path / "token")})
    assert {headers["Authorization"] for headers in served.headers} == {"Bearer s3cret"}
    subject = subject_of(Endpoint("http://192.0.2.1", "plant", token_file=str(tmp_path / "token")))
    assert reason(lambda: robustness.function(subject, RobustnessParams())) == "served.token-in-clear"


def test_a_server_that_hangs_up_after_each_answer_is_asked_all_the_same():
    def old(connection, _):
        path = request_of(connection).split()[1]
        found = {"name": "plant", "inputs": [], "outputs": []}
        if path.endswith("/infer"):
            outputs = [{"name": "y", "datatype": "FP32", "shape": [3], "data": [1, 2, 3]}]
            found = {"model_name": "plant", "model_version": "1", "outputs": outputs}
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(found).encode())

    with raw(old) as url:
        session = Session(Endpoint(url, "plant"), 5.0)
        assert session(X[:3]).tolist() == [1, 2, 3]
        assert (session.exchange.requests, session.exchange.again) == (3, 0)


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert measured(Served(scores)).measurements["samples"].value == 120
