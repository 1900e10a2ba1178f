import json
from pathlib import Path

import jsonschema
import pytest

SCHEMA = json.loads((Path(__file__).parents[1] / "reports" / "vendor" / "sarif-schema-2.1.0.json").read_text())
FILES = {
    "bad.pkl": b"cos\nsystem\n(S'true'\ntR.",
    "good.pkl": b"\x80\x04}\x94.",
    "run.bat": b"@echo off\r\nx\r\n",
    "w.safetensors": b"\x02\0\0\0\0\0\0\0{}",
}


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_folder_of_mixed_formats_has_one_line_a_file_and_fails(aigov, folder):
    result = aigov("check", "model.serialization", str(folder))
    assert result.code == 1
    for name in FILES:
        assert (
            sum(
                line.rstrip().count(name)
                for line in result.out.splitlines()
                if "clean" in line or "unsafe" in line or "suspicious" in line
            )
            == 1
        )


def test_sarif_of_a_check_is_valid_and_names_file_byte_and_reason(aigov, folder):
    result = aigov("check", "model.serialization", str(folder), "--format", "sarif")
    assert result.code == 1
    document = json.loads(result.out)
    assert not [error.message for error in jsonschema.Draft4Validator(SCHEMA).iter_errors(document)]
    results = document["runs"][0]["results"]
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].rpartition("/")[2]: r for r in results}
    assert set(places) == {"bad.pkl", "run.bat"}
    assert places["bad.pkl"]["locations"][0]["physicalLocation"]["region"] == {"byteOffset": 0}
    assert "os.system" in places["bad.pkl"]["message"]["text"]
    assert {r["level"] for r in results} == {"error"}


def test_sarif_of_a_clean_check_has_a_pass_and_exit_code_0(aigov, folder):
    result = aigov("check", "model.serialization", str(folder / "good.pkl"), "--format", "sarif", "--lang", "zh-CN")
    assert result.code == 0
    [found] = json.loads(result.out)["runs"][0]["results"]
    assert (found["kind"], found["level"]) == ("pass", "none")


def test_what_is_not_covered_is_open_in_sarif_and_exit_code_3(aigov, tmp_path):
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07\1\0")
    result = aigov("check", "model.serialization", str(tmp_path), "--format", "sarif")
    assert result.code == 3
    [found] = json.loads(result.out)["runs"][0]["results"]
    assert found["kind"] == "review"
