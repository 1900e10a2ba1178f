"""`model.adversarial-detection`: what a detector sees of attacks that do not know it, and of attacks that do."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from aigov import Dataset, FrozenMap, InputError, MissingInputError, Model, Role, Subject, UnsupportedInputError, say
from aigov.load.arrays import FileReader
from aigov.load.subject import load_subject
from aigov.testing import assert_check
from aigov_checks.model.detection import detection
from aigov_checks.model.detection.params import DetectionParams
from aigov_checks.model.detection.run import run

WEIGHTS = np.array([[-1.0, 1.0], [0, 0], [-3.0, 3.0], [0, 0]])
"""A model that looks at the first feature, and far too much at the third, which is always 0 in clean data."""
WATCHED = np.array([[0.0], [0], [1.0], [0]])
EPS = 0.3
ALARM = {"model": "guard", "threshold": 0.1}


def model(x):
    return x @ WEIGHTS


def guard(x):
    return np.abs(x @ WATCHED)


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = rng.normal(0, 0.01, size=(200, 4))
    x[:, 0] = rng.uniform(0.5, 1.0, 200) * (2 * y - 1)
    return x.astype(np.float32), y


def subject_of(guarded, detector, parts, declared=ALARM):
    def model_of(name, value, **facts):
        place = {"found": (value,)} if hasattr(value, "sha256") else {"value": value}
        return Model(name, Role.MODEL, **place, **facts)

    models = [model_of("m", guarded, detector=FrozenMap(declared), inputs=RANGE)]
    models += [] if detector is None else [model_of("guard", detector)]
    dataset = Dataset("test", Role.DATASET, value=parts, purpose="test", reader=FileReader())
    return Subject("plant", models=tuple(models), datasets=(dataset,))


RANGE = FrozenMap({"part": FrozenMap({"range": (-4, 4)})})


def measure(guarded, detector, parts, declared=ALARM, **params):
    return detection.function(subject_of(guarded, detector, parts, declared), DetectionParams(eps=EPS, **params))


def notes_of(measured):
    return {note.id for note in measured.notes}


def test_a_detector_that_sees_the_plain_attack_is_got_past_by_one_that_knows_it(parts):
    found = measure(model, guard, parts)
    values = {name: value.value for name, value in found.measurements.items()}
    assert values["clean_accuracy"] == 1
    assert values["detection_rate"] > 0.9
    assert values["false_positive_rate"] == 0
    assert values["robust_accuracy"] == 0
    within = (np.abs(parts[0][:, 0]) < 0.59).mean()
    assert 1 - values["adaptive_detection_rate"] == pytest.approx(within, abs=0.06)
    assert values["guarded_accuracy"] == pytest.approx(values["adaptive_detection_rate"])
    assert found.facts["adaptive"] == "search"
    assert {"detection.note.known", "detection.note.no-gradients"} <= notes_of(found)


def test_the_same_seed_gives_the_same_bytes(parts):
    assert measure(model, guard, parts, samples=60) == measure(model, guard, parts, samples=60)


def test_a_detector_of_low_numbers_is_the_same_detector(parts):
    declared = {"model": "guard", "threshold": -0.1, "flags": "below"}
    above, below = measure(model, guard, parts), measure(model, lambda x: -guard(x), parts, declared)
    assert above.measurements == below.measurements


def test_a_detector_that_always_or_never_raises_an_alarm_is_called_so(parts):
    blind, nervous = (measure(model, lambda x, v=value: np.full(len(x), v), parts) for value in (0.0, 1.0))
    assert blind.measurements["detection_rate"].value == blind.measurements["adaptive_detection_rate"].value == 0
    assert nervous.measurements["false_positive_rate"].value == nervous.measurements["detection_rate"].value == 1
    assert all("detection.note.constant" in notes_of(found) for found in (blind, nervous))


def test_answers_that_are_not_finite_are_alarms(parts):
    found = measure(model, lambda x: np.where(np.abs(x[:, 2]) > 0.1, np.nan, 0), parts)
    assert found.measurements["detection_rate"].value > 0.9


def test_where_nothing_is_broken_nothing_was_detected(parts):
    found = detection.function(subject_of(model, guard, parts), DetectionParams(eps=1e-6))
    assert found.measurements["adversarial_inputs"].value == 0
    assert not found.measurements["detection_rate"].finite
    assert "detection.note.nothing-to-detect" in notes_of(found)


def test_no_detector_or_one_that_is_not_there_is_not_assessed(parts):
    for declared, text in (({}, "aigov.yaml"), ({"model": "other", "threshold": 0.1}, "other")):
        with pytest.raises(MissingInputError) as error:
            measure(model, guard, parts, declared)
        assert text in say(error.value.message)


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"model": "guard", "threshold": float("nan")}, "nan"),
        ({"model": "guard", "threshold": "high"}, "high"),
        ({"model": "guard", "threshold": True}, "True"),
        ({"model": "m", "threshold": 0.1}, "another model"),
        ({"model": "guard", "threshold": 0.1, "flags": "beside"}, "beside"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(parts, declared, text):
    with pytest.raises(UnsupportedInputError) as error:
        measure(model, guard, parts, declared)
    assert text in say(error.value.message)


def test_a_detector_that_does_not_fit_or_is_too_slow_is_refused(parts):
    def broken(x):
        raise ValueError

    def slow(x):
        time.sleep(0.5)
        return guard(x)

    for detector, text in ((lambda x: np.zeros((len(x), 3)), "200x3"), (broken, "ValueError"), (slow, "slow")):
        with pytest.raises(UnsupportedInputError) as error:
            measure(model, detector, parts, seconds=2.0)
        assert text in say(error.value.message)


@pytest.mark.parametrize("params", [{"budget": "metres"}, {"eps": 0.0}, {"queries": 0}, {"seconds": -1.0}])
def test_parameters_out_of_range_are_refused_by_name(parts, params):
    with pytest.raises(UnsupportedInputError) as error:
        detection.function(subject_of(model, guard, parts), DetectionParams(**params))
    assert next(iter(params)) in say(error.value.message)


def test_the_check_keeps_its_contract(parts):
    clean, faulty = subject_of(model, guard, parts), subject_of(model, lambda x: 0 * guard(x), parts)
    params = DetectionParams(eps=EPS, samples=40)
    assert_check(detection, clean=clean, faulty=faulty, missing=subject_of(model, guard, parts, {}), params=params)


def test_a_detector_is_declared_in_aigov_yaml_by_the_name_of_a_model(parts, linear_onnx, tmp_path):
    for name, file in (("m", linear_onnx(WEIGHTS)), ("guard", linear_onnx(WATCHED, "Abs"))):
        (tmp_path / f"{name}.onnx").write_bytes(file.path.read_bytes())
    np.savez(tmp_path / "test.npz", x=parts[0], y=parts[1])
    text = "apiVersion: aigov/v1\nkind: Subject\ndatasets: [{name: test, role: test, path: test.npz}]\nmodels:\n"
    guarded = "  - {name: m, path: m.onnx, detector: {model: guard, threshold: 0.1, flags: above}, inputs: {part: {range: [-4, 4]}}}\n"
    (tmp_path / "aigov.yaml").write_text(
        text + guarded + "  - {name: guard, path: guard.onnx, task: anomaly-detection}"
    )
    subject = load_subject(tmp_path / "aigov.yaml")
    assert subject.model("m").detector == FrozenMap({"model": "guard", "threshold": 0.1, "flags": "above"})
    found = detection.function(subject, DetectionParams(eps=EPS, samples=40))
    assert found.measurements["detection_rate"].value > 0.9
    (tmp_path / "aigov.yaml").write_text(text + "  - {name: m, path: m.onnx, detector: {model: guard}}")
    with pytest.raises(InputError) as error:
        load_subject(tmp_path / "aigov.yaml")
    assert "threshold" in say(error.value.message)


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_both_in_files_are_attacked_by_their_gradients_in_the_sandbox(parts, linear_onnx):
    pytest.importorskip("torch")
    subject = subject_of(linear_onnx(WEIGHTS), linear_onnx(WATCHED, "Abs", "guard.onnx"), parts)
    found = detection.function(subject, DetectionParams(eps=EPS))
    assert "landlock" in found.facts["sandbox"]
    assert found.facts["adaptive"] == "gradients"
    assert found.measurements == run(subject, DetectionParams(eps=EPS)).measurements
    within = (np.abs(parts[0][:, 0]) < 0.6).mean()
    assert 1 - found.measurements["adaptive_detection_rate"].value == pytest.approx(within, abs=0.04)
    assert found.measurements["detection_rate"].value > 0.9


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_classifier_of_scikit_learn_is_a_detector_and_a_mixture_of_files_and_objects_none(
    parts, linear_onnx, file_at, tmp_path
):
    import skops.io
    from sklearn.tree import DecisionTreeClassifier

    moved = parts[0] + np.float32([0, 0, EPS, 0]) * np.sign(-parts[0][:, :1])
    trained = DecisionTreeClassifier(max_depth=2).fit(np.concatenate([parts[0], moved]), np.repeat([0, 1], 200))
    skops.io.dump(trained, tmp_path / "guard.skops")
    declared = {"model": "guard", "threshold": 0.5}
    subject = subject_of(linear_onnx(WEIGHTS), file_at(tmp_path / "guard.skops"), parts, declared)
    found = detection.function(subject, DetectionParams(eps=EPS, samples=40))
    assert found.facts["adaptive"] == "search"
    assert found.measurements["detection_rate"].value > 0.9
    with pytest.raises(UnsupportedInputError):
        measure(linear_onnx(WEIGHTS), guard, parts)
