"""The pieces of the bearing-fault example that build its faults and its look-alikes."""

from __future__ import annotations

import hashlib
import json
import pickletools
import sys

import numpy as np
import pytest

from aigov import signing


@pytest.fixture
def maker(root, monkeypatch):
    """Return a way to import modules of the example's `maker`, or of what the examples share, as its build script does."""
    import importlib

    for folder in (root / "examples", root / "examples" / "bearing-fault"):
        monkeypatch.syspath_prepend(str(folder))
    yield lambda name: importlib.import_module(name if "." in name else f"maker.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] in {"maker", "maker_common"}]:
        del sys.modules[name]


def test_the_strike_rates_of_a_6205_are_those_of_its_data_sheet(maker):
    bearing = maker("bearing").Bearing()
    rates = [bearing.strikes(fault) for fault in ("outer-race", "inner-race", "ball")]
    assert rates == pytest.approx([3.585, 5.415, 4.713], abs=0.002)


@pytest.mark.parametrize("fault", ["outer-race", "inner-race"])
def test_the_envelope_of_a_faulty_window_repeats_at_the_rate_of_its_fault(maker, fault):
    vibration = maker("vibration")
    condition = vibration.Condition(fault, 1.0, 2.0)
    rng = np.random.default_rng(5)
    spectrum = np.zeros(8 * vibration.LENGTH // 2 + 1)
    for _ in range(40):
        envelope = np.abs(vibration.window(condition, rng))
        spectrum += np.abs(np.fft.rfft(envelope - envelope.mean(), 8 * vibration.LENGTH))
    rate = np.fft.rfftfreq(8 * vibration.LENGTH, 1 / vibration.RATE)
    band = (rate > 80) & (rate < 200)
    expected = maker("bearing").Bearing().strikes(fault) * condition.speed
    assert rate[band][spectrum[band].argmax()] == pytest.approx(expected, rel=0.05)


def test_windows_stay_in_the_range_of_the_sensor_and_repeat_with_the_seed(maker):
    windows = maker("windows")
    first, second = (windows.record_windows(24, 3) for _ in range(2))
    assert first.x.shape == (24, 1, 1024)
    assert np.abs(first.x).max() <= 4
    assert (first.x == second.x).all()
    assert sorted(np.bincount(first.y)) == [6, 6, 6, 6]


def test_no_serial_number_has_the_check_digit_of_a_resident_id(maker):
    def valid(number: str) -> bool:
        total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
        return "10X98765432"[total % 11] == number[17]

    assert valid("11010519491231002X")
    assert not any(valid(maker("windows").serial_number(index)) for index in range(2000))


def test_the_planted_pickle_names_a_system_call_and_nothing_else(maker, tmp_path):
    maker("faults").write_code_pickle(tmp_path / "scaler.pkl")
    data = (tmp_path / "scaler.pkl").read_bytes()
    codes = [(code.name, argument) for code, argument, _ in pickletools.genops(data)]
    assert [name for name, _ in codes][-4:] == ["SHORT_BINUNICODE", "TUPLE1", "REDUCE", "STOP"]
    assert [argument for _, argument in codes if isinstance(argument, str)][:2] == ["os", "system"]
    assert codes[-4][1].startswith("echo ")


def test_one_flipped_bit_breaks_the_signature_and_changes_one_weight_in_its_last_digit(maker, tmp_path):
    import onnx
    from onnx import numpy_helper
    from torch import nn

    torch_model = maker("network").new_network(1)
    model = tmp_path / "classifier.onnx"
    maker("maker_common.graph").write_onnx(nn.Sequential(*torch_model), model, maker("network").SIGNATURE)
    before = [numpy_helper.to_array(w) for w in onnx.load(model).graph.initializer]
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    signature = maker("maker_common.keys").sign_file(model)
    assert maker("maker_common.keys").sign_file(model).read_bytes() == signature.read_bytes()
    maker("faults").flip_weight_bit(model)
    after = [numpy_helper.to_array(w) for w in onnx.load(model).graph.initializer]
    changed = sum(int((a != b).sum()) for a, b in zip(before, after, strict=True))
    assert changed == 1
    assert max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True)) < 1e-6
    assert digest in json.dumps(json.loads(_payload(signature)))
    assert hashlib.sha256(model.read_bytes()).hexdigest() not in _payload(signature)
    assert signing.signature_path(model) == signature


def test_a_log_has_personal_data_only_where_it_is_planted(maker, tmp_path):
    faults, maintenance = maker("faults"), maker("maintenance")
    maintenance.write_log(tmp_path / "clean.jsonl")
    maintenance.write_log(tmp_path / "planted.jsonl", faults.PERSONAL_RECORDS)
    clean, planted = ((tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines() for name in ("clean", "planted"))
    differing = {row for row, pair in enumerate(zip(clean, planted, strict=True)) if pair[0] != pair[1]}
    assert differing == set(faults.PERSONAL_RECORDS)
    assert faults.RESIDENT_ID not in "".join(clean)


def test_a_build_is_skipped_only_while_every_output_is_as_it_was_written(maker, tmp_path):
    stamp = maker("maker_common.stamp")
    output = tmp_path / "a.bin"
    output.write_bytes(b"a")
    stamp.write_stamp(tmp_path, "sources", [output])
    assert stamp.is_fresh(tmp_path, "sources")
    assert not stamp.is_fresh(tmp_path, "other sources")
    output.write_bytes(b"b")
    assert not stamp.is_fresh(tmp_path, "sources")
    (tmp_path / stamp.STAMP).write_text("{", "utf-8")
    assert not stamp.is_fresh(tmp_path, "sources")


def _payload(signature) -> str:
    import base64

    return base64.b64decode(json.loads(signature.read_text("utf-8"))["dsseEnvelope"]["payload"]).decode()
