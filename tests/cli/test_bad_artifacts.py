"""Broken models, data and signatures: a defined verdict with its reason, the right exit code, never a traceback."""

from __future__ import annotations

import json

import numpy as np
import pytest


@pytest.fixture
def files(example):
    """The example's model and test data, to be damaged."""
    with np.load(example / "data/eval.npz") as data:
        x, y = data["x"][:20], data["y"][:20]
    return example / "model/classifier.onnx", example, x, y


def observation(done):
    assert "Traceback" not in done.err
    return json.loads(done.out)


def robustness(aigov, model, data):
    return aigov(
        "check", "model.robustness", "--model", model, "--dataset", data, "--format", "json", "-p", "queries=50"
    )


def test_a_truncated_model_is_suspicious_and_its_robustness_not_assessed(aigov, files):
    model, project, x, y = files
    model.write_bytes(model.read_bytes()[:5000])
    np.savez(project / "d.npz", x=x, y=y)
    scan = aigov("check", "model.serialization", model, "--format", "json")
    assert scan.code == 1
    assert [a["status"] for a in observation(scan)["artifacts"]] == ["suspicious"]
    attack = robustness(aigov, model, project / "d.npz")
    assert attack.code == 3
    assert observation(attack)["outcome"] == "not-performed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, y: (x[:0], y[:0]), ""),
        (lambda x, y: (np.where(np.arange(x.size).reshape(x.shape) == 7, np.nan, x).astype("float32"), y), "finite"),
        (lambda x, y: (x, y + 10), ""),
        (lambda x, y: (x, y[:5]), ""),
        (lambda x, y: (x[:, :, :100], y), ""),
        (lambda x, y: (x.astype(object), y), ""),
    ],
    ids=["empty", "NaN", "labels out of range", "lengths differ", "another shape", "objects"],
)
def test_data_that_do_not_fit_are_not_assessed_with_a_reason(aigov, files, change, words):
    model, project, x, y = files
    x, y = change(x, y)
    np.savez(project / "d.npz", x=x, y=y)
    done = robustness(aigov, model, project / "d.npz")
    found = observation(done)
    assert done.code == 3
    assert found["outcome"] == "not-performed"
    assert "d" in found["reason"]
    assert words in found["reason"]


def test_an_empty_data_set_is_not_clean(aigov, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    done = aigov("check", "data.pii", "empty.jsonl", "--format", "json")
    assert done.code == 3
    assert observation(done)["outcome"] == "not-performed"


def test_a_signature_of_no_bytes_does_not_verify(aigov, example):
    (example / "model/classifier.onnx.sig").write_bytes(b"")
    verify = aigov("verify", example / "model/classifier.onnx", "--public-key", example / "keys/release.pub.pem")
    assert verify.code in (1, 2)
    assert len(verify.err.strip().splitlines()) == 1
    check = aigov("check", "model.signature", example / "aigov.yaml", "--format", "json")
    assert check.code == 1
    assert observation(check)["measurements"]["signature_valid"]["value"] == 0


def test_one_flipped_byte_in_the_weights_is_named(aigov, example):
    model = example / "model/classifier.onnx"
    content = bytearray(model.read_bytes())
    content[-100] ^= 1
    model.write_bytes(content)
    done = aigov("verify", model, "--public-key", example / "keys/release.pub.pem")
    assert done.code == 1
    assert "classifier.onnx" in done.err


def test_a_record_that_is_no_yaml_is_an_input_error_with_its_line(aigov, example):
    (example / "transparency-record.yaml").write_text("system:\n  name: x\n bad: [\n", encoding="utf-8")
    done = aigov("audit", example, "--output", example / "out")
    assert done.code == 2
    assert "transparency-record.yaml:" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not list((example / "out").glob("*"))


def test_a_broken_parquet_is_not_covered_and_cannot_pass(aigov, tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + b"\0" * 100)
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    done = aigov("check", "data.pii", "--dataset", "t.parquet", "--dataset", "t.jsonl", "--format", "json")
    assert done.code == 3
    found = observation(done)
    assert found["measurements"]["records_affected"]["interval"] == [0, "Infinity"]
    assert {a["path"]: a["status"] for a in found["artifacts"]}["t.parquet"] == "not-covered"
