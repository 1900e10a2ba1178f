"""`model.faults`: what is broken on purpose, on signals, tables and images."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import Dataset, FrozenMap, MissingInputError, Model, Role, Subject, UnsupportedInputError, say
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.faults import faults
from aigov_checks.model.faults.fault import Channels
from aigov_checks.model.faults.kinds import Kind
from aigov_checks.model.faults.params import FaultParams
from aigov_checks.model.faults.run import FAULTS, run


def subject_of(model, x, y, inputs=None):
    declared = FrozenMap({name: FrozenMap(facts) for name, facts in (inputs or {}).items()})
    return Subject(
        "plant",
        models=(Model("classifier", Role.MODEL, value=model, inputs=declared, classes=("low", "high")),),
        datasets=(Dataset("test", Role.DATASET, value=(x, y), purpose="test", reader=FileReader()),),
    )


def measure(model, x, y, inputs=None, **params):
    return faults.function(subject_of(model, x, y, inputs), FaultParams(**params))


def level_of(x):
    """Call a window high where its mean is above zero."""
    high = x.reshape(len(x), -1).mean(axis=1) > 0
    return np.stack([~high, high], axis=1).astype(float)


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    return (rng.normal(size=(200, 1, 64)) * 0.5 + np.where(y, 1.0, -1.0)[:, None, None]), y


def test_reversed_polarity_ruins_a_model_of_levels_and_jitter_does_not(windows):
    result = measure(level_of, *windows)
    found = {name: measurement.value for name, measurement in result.measurements.items()}
    assert found["clean_accuracy"] == 1
    assert found["fault_accuracy[fault=polarity]"] == 0
    assert found["fault_accuracy[fault=jitter]"] == 1
    assert found["fault_accuracy[fault=missing-channel]"] == pytest.approx(0.5)
    assert found["worst_fault_accuracy"] == 0
    assert found["faults"] == 19
    assert result.facts["worst_fault"] == "polarity"
    assert "reversed polarity" in say(result.notes[0])
    assert "极性接反" in say(result.notes[0], "zh-CN")


def test_the_interval_of_the_worst_fault_holds_for_all_runs_at_once(windows):
    result = measure(level_of, *windows, faults=("noise", "jitter"))
    worst, each = result.measurements["worst_fault_accuracy"], result.measurements["fault_accuracy[fault=noise]"]
    assert worst.value == min(m.value for name, m in result.measurements.items() if name.startswith("fault_accuracy"))
    assert worst.low < each.low
    mean = result.measurements["mean_fault_accuracy"]
    assert mean.low <= worst.value <= mean.value <= mean.high


def test_a_constant_model_is_called_one(windows):
    result = measure(lambda x: np.tile([1.0, 0.0], (len(x), 1)), *windows)
    assert result.measurements["majority_share"].value == 1
    assert "robustness.note.constant" in {note.id for note in result.notes}


def test_the_same_seed_gives_the_same_figures(windows):
    first, second, other = (measure(level_of, *windows, seed=seed) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_rows_of_a_table_and_images_get_faults_of_their_own(windows):
    x, y = windows
    table = measure(level_of, x[:, 0, :8], y)
    assert table.facts["kind"] == "table"
    assert table.measurements["faults"].value == len(FAULTS[Kind.TABLE])
    picture = measure(level_of, x.reshape(200, 8, 8), y, kind="image")
    assert picture.measurements["faults"].value == len(FAULTS[Kind.IMAGE])
    assert picture.measurements["fault_accuracy[fault=misalignment]"].value > 0.9
    assert [len(raster.cells) for raster in picture.examples[0].rasters] == [128, 128, 128]
    assert len(picture.figures) == 1
    assert not table.examples
    last = measure(level_of, np.repeat(x.reshape(200, 8, 8, 1), 3, axis=3), y)
    assert last.facts["kind"] == "image"


def test_who_shows_nothing_gets_the_same_figures_without_a_picture(windows):
    x, y = windows
    for samples, kind in ((x, "signal"), (x.reshape(200, 8, 8), "image")):
        shown, hidden = (measure(level_of, samples, y, kind=kind, evidence=number) for number in (1, 0))
        assert shown.measurements == hidden.measurements
        assert (len(shown.figures), len(shown.examples)) == ((1, 1) if kind == "image" else (2, 0))
        assert (len(hidden.figures), len(hidden.examples)) == (1, 0)
        assert shown.figures[0] == hidden.figures[0]


def test_training_data_are_never_shown(windows):
    data = Dataset("train", Role.DATASET, value=windows, purpose="train", reader=FileReader())
    subject = Subject("plant", models=(Model("m", Role.MODEL, value=level_of),), datasets=(data,))
    found = faults.function(subject, FaultParams(dataset="train"))
    assert found.measurements["worst_fault_accuracy"].value < found.measurements["clean_accuracy"].value
    assert len(found.figures) == 1
    assert not found.examples


def test_one_declared_input_makes_a_row_of_many_values_a_window(windows):
    x, y = windows
    inputs = {"vibration": {"unit": "g", "range": (-4, 4), "sampling_rate": "12 kHz"}}
    assert measure(level_of, x[:, 0], y, inputs).facts["kind"] == "signal"
    with pytest.raises(UnsupportedInputError) as error:
        measure(level_of, x[:, 0], y, {"vibration": {"sampling_rate": "fast"}})
    assert "12 kHz" in say(error.value.message)


def test_a_sensor_saturates_at_its_declared_range(windows):
    x, y = windows
    seen = []

    def watched(values):
        seen.append(np.abs(values).max())
        return level_of(values)

    measure(watched, x, y, {"vibration": {"range": (-4, 4)}}, faults=("bias", "noise", "spike", "emi-burst"))
    assert max(seen) == 4


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"faults": ("rust",)}, "rust"),
        ({"severities": (6.0,)}, "severities"),
        ({"kind": "sound"}, "kind"),
        ({"kind": "image"}, "image"),
        ({"confidence": 1.0}, "confidence"),
        ({"evidence": 2}, "evidence"),
    ],
)
def test_what_cannot_be_done_is_said(windows, params, text):
    x, y = windows
    with pytest.raises(UnsupportedInputError) as error:
        measure(level_of, x[:, 0], y, **params)
    assert text in say(error.value.message)


def test_without_labels_nothing_is_assessed(windows):
    with pytest.raises(MissingInputError):
        measure(level_of, windows[0], None)


@pytest.mark.parametrize("kind", list(Kind))
@given(seed=st.integers(0, 2**32 - 1), channels=st.integers(1, 3), size=st.integers(1, 20))
def test_every_fault_keeps_shape_dtype_and_its_argument(kind, seed, channels, size):
    shape = {Kind.TABLE: (4, channels), Kind.SIGNAL: (4, channels, size), Kind.IMAGE: (4, channels, size, size)}[kind]
    x = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    before = x.copy()
    ones = np.ones(channels)
    about = Channels(0 * ones, ones, -4 * ones, 4 * ones, 100.0)
    for fault in FAULTS[kind]:
        if fault.channels > channels:
            continue
        for severity in (1, 5):
            faulty = fault.inflict(x, severity, about, np.random.default_rng(seed))
            again = fault.inflict(x, severity, about, np.random.default_rng(seed))
            assert faulty.shape == x.shape
            assert faulty.dtype == x.dtype
            assert np.isfinite(faulty).all()
            assert np.array_equal(faulty, again)
            assert np.array_equal(x, before)
            assert not fault.analog or np.abs(faulty).max() <= 4


@pytest.mark.parametrize("kind", list(Kind))
def test_every_fault_changes_something_at_its_worst(kind):
    shape = {Kind.TABLE: (50, 4), Kind.SIGNAL: (50, 4, 128), Kind.IMAGE: (20, 3, 32, 32)}[kind]
    x = np.random.default_rng(1).normal(size=shape)
    channels = shape[1]
    about = Channels(np.zeros(channels), np.ones(channels), np.full(channels, -9.0), np.full(channels, 9.0))
    for fault in FAULTS[kind]:
        faulty = fault.inflict(x, 5, about, np.random.default_rng(0))
        assert not np.allclose(faulty, x), fault.name


def test_an_inspection_line_has_its_corruptions_and_each_grows_with_its_severity():
    rng = np.random.default_rng(2)
    x = np.clip(128 + np.cumsum(rng.normal(size=(40, 1, 64, 64)), axis=3) * 8, 0, 255)
    about = Channels(np.array([128.0]), np.array([40.0]), np.array([0.0]), np.array([255.0]))
    names = {fault.name for fault in FAULTS[Kind.IMAGE]}
    assert {"motion-blur", "defocus-blur", "under-exposure", "over-exposure", "uneven-lighting", "glare"} <= names
    assert {"dust", "droplets", "compression", "vibration", "misalignment"} <= names
    for fault in FAULTS[Kind.IMAGE]:
        changes = [np.abs(fault.inflict(x, k, about, np.random.default_rng(0)) - x).mean() for k in range(1, 6)]
        assert all(more > 0.95 * less for less, more in pairwise(changes)), (fault.name, changes)
        assert changes[-1] > 1.2 * changes[0], (fault.name, changes)


def test_a_lamp_that_fails_on_one_side_darkens_that_side_only():
    x = np.full((30, 1, 16, 16), 200.0)
    about = Channels(np.array([200.0]), np.array([1.0]), np.array([0.0]), np.array([255.0]))
    fault = next(fault for fault in FAULTS[Kind.IMAGE] if fault.name == "uneven-lighting")
    dark = fault.inflict(x, 3, about, np.random.default_rng(0))
    assert dark.max(axis=(1, 2, 3)) == pytest.approx(200)
    assert dark.min(axis=(1, 2, 3)) == pytest.approx(200 * (1 - 0.45))


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_model_in_a_file_runs_in_the_sandbox_with_the_same_figures(windows, tmp_path):
    from onnx import TensorProto, helper, numpy_helper

    value, path = helper.make_tensor_value_info, tmp_path / "m.onnx"
    weights = np.stack([-np.ones(64), np.ones(64)], axis=1).astype(np.float32)
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["out"])]
    graph = helper.make_graph(
        nodes,
        "g",
        [value("x", TensorProto.FLOAT, ["n", 1, 64])],
        [value("out", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    file = File(path, path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    subject = subject_of(None, *windows)
    subject = replace(subject, models=(replace(subject.models[0], found=(file,)),))
    params = FaultParams(faults=("noise", "polarity"), samples=50)
    found, outside = faults.function(subject, params), run(subject, params)
    assert "landlock" in found.facts["sandbox"]
    assert found.measurements == outside.measurements
    assert found.figures == outside.figures
