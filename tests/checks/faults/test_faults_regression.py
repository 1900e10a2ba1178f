"""`model.faults` on models that predict a value: the error at fault time."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from aigov import Dataset, FrozenMap, Measured, Model, Role, Subject, UnsupportedInputError, say
from aigov.load.arrays import FileReader
from aigov.units import kept_promise
from aigov_checks.model.faults import faults
from aigov_checks.model.faults.params import FaultParams

INPUTS = {f"f{place}": {"unit": "bar", "range": (-6, 6)} for place in range(4)}


def measure(model, x, y, output=None, **params):
    declared = FrozenMap({name: FrozenMap(facts) for name, facts in INPUTS.items()})
    found = FrozenMap(output if output is not None else {"unit": "°C", "tolerance": 0.5})
    subject = Subject(
        "plant",
        models=(Model("sensor", Role.MODEL, value=model, inputs=declared, task="regression", output=found),),
        datasets=(Dataset("test", Role.DATASET, value=(x, y), purpose="test", reader=FileReader()),),
    )
    return faults.function(subject, FaultParams(**params))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    return x, 3 * x[:, 0] + x[:, 1]


def test_the_error_at_fault_time_is_measured_for_each_fault(rows):
    result = measure(lambda x: 3 * x[:, 0] + x[:, 1], *rows, faults=("bias", "missing-channel", "quantisation"))
    assert isinstance(kept_promise(faults, result), Measured)
    found = {name: measurement.value for name, measurement in result.measurements.items()}
    assert found["rmse"] == 0
    assert found["clean_accuracy"] == 1
    each = {name: found[f"fault_rmse[fault={name}]"] for name in ("bias", "missing-channel", "quantisation")}
    assert found["worst_fault_rmse"] == max(each.values()) > each["quantisation"] > 0
    assert found["worst_fault_accuracy"] < found["fault_accuracy[fault=quantisation]"]
    worst = result.measurements["worst_fault_rmse"]
    assert worst.low < worst.value < worst.high
    assert result.facts["output_unit"] == "°C"
    assert result.facts["tolerance"] == 0.5
    assert "stay within the tolerance" in say(result.notes[0])
    assert "容许误差" in say(result.notes[0], "zh-CN")


def test_a_bias_shifts_a_linear_model_by_its_weights(rows):
    x, _y = rows
    result = measure(lambda rows: 3 * rows[:, 0], x, 3 * x[:, 0], faults=("bias",), severities=(2.0,))
    from aigov_checks.model.faults.tables import TABLE_FAULTS

    level = next(fault for fault in TABLE_FAULTS if fault.name == "bias").levels[1]
    assert result.measurements["fault_rmse[fault=bias]"].value <= 3 * level * x[:, 0].std() * 1.01


def test_live_and_filed_boosted_trees_suffer_alike(rows, tmp_path):
    import hashlib

    from aigov.model import File

    x, y = rows
    model = xgboost.XGBRegressor(n_estimators=20, max_depth=3, n_jobs=1).fit(x, y)
    model.save_model(tmp_path / "m.json")
    data = (tmp_path / "m.json").read_bytes()
    file = File(tmp_path / "m.json", "m.json", len(data), hashlib.sha256(data).hexdigest())
    declared = {"task": "regression", "output": FrozenMap({"tolerance": 0.5})}
    dataset = Dataset("test", Role.DATASET, value=(x, y), purpose="test", reader=FileReader())
    subject = Subject("plant", models=(Model("s", Role.MODEL, found=(file,), **declared),), datasets=(dataset,))
    asked = {"faults": ("noise", "stuck-at"), "severities": (1.0, 5.0)}
    filed, live = faults.function(subject, FaultParams(**asked)), measure(model, x, y, {"tolerance": 0.5}, **asked)
    assert filed.measurements["worst_fault_rmse"].value > filed.measurements["rmse"].value
    assert filed.measurements["rmse"] == live.measurements["rmse"]


def test_values_that_are_not_finite_count_as_wrong_and_leave_the_error_open(rows):
    x, y = rows
    result = measure(lambda rows: np.where(rows[:, 0] > 1, np.nan, rows[:, 1]), x, y, faults=("bias",))
    assert result.measurements["rmse"].high == float("inf")
    assert result.measurements["rmse"].limits.id == "robustness.note.not-finite"
    assert result.measurements["clean_accuracy"].value < 1


def test_a_classifier_has_no_error_of_values(rows):
    x, y = rows
    subject = Subject(
        "plant",
        models=(Model("c", Role.MODEL, value=lambda rows: np.stack([rows[:, 0], rows[:, 1]], axis=1)),),
        datasets=(Dataset("test", Role.DATASET, value=(x, (y > 0).astype(int)), purpose="test", reader=FileReader()),),
    )
    result = faults.function(subject, FaultParams(faults=("bias",)))
    assert isinstance(kept_promise(faults, result), Measured)
    assert "rmse" not in result.measurements


def test_a_missing_tolerance_is_named(rows):
    with pytest.raises(UnsupportedInputError) as error:
        measure(lambda rows: rows[:, 0], *rows, output={})
    assert error.value.message.id == "robustness.no-tolerance"


def test_a_detector_that_goes_blind_under_a_fault_is_measured_as_a_classifier(rows):
    x, _ = rows
    y = np.where(x[:, 0] > 1, -1, 1)
    subject = Subject(
        "plant",
        models=(
            Model(
                "d",
                Role.MODEL,
                value=lambda rows: rows[:, 0],
                task="anomaly-detection",
                output=FrozenMap({"threshold": 1.0}),
            ),
        ),
        datasets=(Dataset("test", Role.DATASET, value=(x, y), purpose="test", reader=FileReader()),),
    )
    result = faults.function(subject, FaultParams(faults=("polarity",), severities=(5.0,)))
    assert result.measurements["clean_accuracy"].value == 1
    assert result.measurements["worst_fault_accuracy"].value < 0.8
