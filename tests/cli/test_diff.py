import json

import numpy as np
import pytest


@pytest.fixture
def models(tmp_path):
    one = np.arange(12, dtype="<f4").reshape(3, 4)
    np.savez(tmp_path / "a.npz", w=one, b=one[0])
    np.savez_compressed(tmp_path / "same.npz", w=one, b=one[0])
    np.savez(tmp_path / "other.npz", w=one + np.float32(0.25), b=one[0])
    (tmp_path / "text.md").write_text("# no model\n")
    return tmp_path


def test_the_same_weights_are_exit_code_0(aigov, models):
    result = aigov("diff", str(models / "a.npz"), str(models / "same.npz"))
    assert (result.code, "weights." in result.out) == (0, False)


def test_changed_weights_are_exit_code_1_and_say_by_how_much(aigov, models):
    result = aigov("diff", str(models / "a.npz"), str(models / "other.npz"), "--format", "json")
    assert result.code == 1
    document = json.loads(result.out)
    assert document["measurements"]["max_abs_difference"]["value"] == 0.25
    assert [(d["type"], d["pointer"]) for d in document["differences"]] == [("weights.changed", "w")]


def test_what_cannot_be_compared_is_exit_code_3_and_what_is_not_there_2(aigov, models):
    assert aigov("diff", str(models / "a.npz"), str(models / "text.md")).code == 3
    result = aigov("diff", str(models / "a.npz"), str(models / "gone.npz"))
    assert (result.code, "Traceback" in result.err) == (2, False)


def test_the_manifest_is_written_as_evidence(aigov, models):
    result = aigov("check", "model.weights", str(models / "a.npz"), "--evidence", str(models / "out"))
    assert result.code == 0
    [path] = (models / "out" / "evidence").iterdir()
    document = json.loads(path.read_text())
    assert {t["name"] for t in document["tensors"]} == {"w", "b"}
