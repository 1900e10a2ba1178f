"""Every command as a user types it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from aigov.sandbox import Layer

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_help_names_every_command_and_the_exit_codes(aigov):
    done = aigov("--help")
    assert done.code == 0
    for name in (
        "audit",
        "check",
        "init",
        "list",
        "explain",
        "policy",
        "record",
        "key",
        "sign",
        "verify",
        "report",
        "doctor",
    ):
        assert f"  {name}" in done.out
    assert "130 interrupted" in done.out


def test_an_unknown_command_is_a_usage_error(aigov):
    assert aigov("adit").code == 2


def test_list_names_the_built_in_checks_policies_and_formats(aigov):
    checks = json.loads(aigov("list", "checks", "--format", "json").out)
    policies = json.loads(aigov("list", "policies", "--format", "json").out)
    formats = json.loads(aigov("list", "formats", "--format", "json").out)
    assert {row["id"] for row in checks} >= {
        "data.pii", "data.secrets", "model.serialization", "model.signature", "model.robustness", "record.completeness", "record.claims",
    }  # fmt: skip
    assert {row["id"] for row in policies} >= {"baseline", "cn-ai-manufacturing-2026"}
    assert {row["format"] for row in formats} >= {"html", "json", "sarif", "junit"}


@pytest.mark.parametrize(
    "check",
    [
        "data.pii",
        "data.secrets",
        "model.serialization",
        "model.signature",
        "model.robustness",
        "record.completeness",
        "record.claims",
    ],
)
def test_explain_says_everything_about_a_check_in_both_languages(aigov, check):
    english, chinese = aigov("explain", check), aigov("explain", check, "--lang", "zh-CN")
    for heading in ("What it measures", "Why it matters", "How", "Limits", "References", "Measurements", "Parameters"):
        assert f"\n{heading}\n" in english.out, heading
    assert "测量内容" in chinese.out
    assert "参数" in chinese.out


def test_explain_of_an_unknown_check_names_the_known_ones(aigov):
    done = aigov("explain", "data.pi")
    assert done.code == 2
    assert "data.pii" in done.err


def test_init_writes_a_manifest_that_can_be_audited_and_never_overwrites(aigov, tmp_path):
    (tmp_path / "训练 data").mkdir()
    (tmp_path / "训练 data" / "train.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    first = aigov("init", cwd=tmp_path)
    assert first.code == 0, first.err
    assert "训练 data/train.jsonl" in (tmp_path / "aigov.yaml").read_text(encoding="utf-8")
    assert (tmp_path / ".aigov/schemas/subject.schema.json").is_file()
    audited = aigov("audit", "--format", "json", "--quiet", cwd=tmp_path)
    assert audited.code in (1, 3), audited.err
    second = aigov("init", cwd=tmp_path)
    assert second.code == 2
    assert "--force" in second.err


def test_init_in_an_empty_folder_says_what_it_looks_for(aigov, tmp_path):
    done = aigov("init", tmp_path)
    assert done.code == 2
    assert ".onnx" in done.err


def test_record_validate_names_file_and_line(aigov, tmp_path):
    (tmp_path / "record.yaml").write_text(
        "apiVersion: aigov/v1\nkind: TransparencyRecord\nmodels: 3\n", encoding="utf-8"
    )
    done = aigov("record", "validate", "record.yaml", cwd=tmp_path)
    assert done.code == 2
    assert "record.yaml:3" in done.err


def test_doctor_says_what_is_missing_and_how_to_get_it(aigov):
    complete, without = aigov("doctor"), aigov("doctor", "--format", "json")
    assert complete.code == 0, complete.out
    declared = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {need["extra"] for need in json.loads(without.out)["needs"]} == declared.keys() - {"all"}


def test_doctor_says_what_holds_the_sandbox(aigov):
    english, chinese = aigov("doctor"), aigov("--lang", "zh-CN", "doctor")
    known = json.loads(aigov("doctor", "--format", "json").out)["sandbox"]
    assert sorted([*known["active"], *known["missing"]]) == sorted(Layer)
    for layer in known["active"]:
        assert f"  {layer} " in english.out
    assert english.out.count("missing on this machine") == len(known["missing"])
    assert "沙箱" in chinese.out
    assert "只能访问所需的文件" in chinese.out


def test_check_prints_a_public_observation(aigov, tmp_path):
    (tmp_path / "log.jsonl").write_text('{"note": "call 13800138000"}\n', encoding="utf-8")
    done = aigov("check", "data.pii", "log.jsonl", "--format", "json", cwd=tmp_path)
    assert done.code == 1, done.err
    observation = json.loads(done.out)
    assert observation["schema"] == "aigov/observation/v1"
    assert observation["measurements"]["records_affected"]["value"] == 1
    line = json.loads(aigov("check", "data.pii", "log.jsonl", "--format", "jsonl", cwd=tmp_path).out)
    assert {key: line[key] for key in ("path", "record", "pointer", "start", "end", "type")} == {
        "path": "log.jsonl", "record": 0, "pointer": "/note", "start": 5, "end": 16, "type": "cn.mobile",
    }  # fmt: skip
    assert "13800138000" not in json.dumps(line)


def test_a_redaction_key_makes_two_runs_the_same_to_the_byte(aigov, tmp_path):
    (tmp_path / "log.jsonl").write_text('{"note": "call 13800138000"}\n' * 3, encoding="utf-8")
    (tmp_path / "key").write_text("k" * 32, encoding="utf-8")
    runs = {
        aigov(
            "check",
            "data.pii",
            "log.jsonl",
            "--format",
            "jsonl",
            "--redaction-key",
            "key",
            "--engine",
            engine,
            cwd=tmp_path,
        ).out
        for engine in ("serial", "local:2")
    }
    assert len(runs) == 1
    unkeyed = {aigov("check", "data.pii", "log.jsonl", "--format", "jsonl", cwd=tmp_path).out for _ in range(2)}
    assert len(unkeyed) == 2, "without a key file every run has a key of its own"


def test_a_stored_assessment_is_rendered_again_in_another_language(aigov, tmp_path):
    (tmp_path / "log.jsonl").write_text('{"note": "x"}\n', encoding="utf-8")
    (tmp_path / "aigov.yaml").write_text("datasets: [{name: log, path: log.jsonl}]\n", encoding="utf-8")
    first = aigov("audit", "--output", "out", cwd=tmp_path)
    again = aigov("report", "out", "--format", "html", "--lang", "zh-CN", cwd=tmp_path)
    assert again.code == first.code
    assert 'lang="zh' in again.out
    assert aigov("report", "out", "--format", "json", cwd=tmp_path).out == (tmp_path / "out/assessment.json").read_text(
        encoding="utf-8"
    )


def test_report_of_a_damaged_assessment_is_an_input_error(aigov, tmp_path):
    (tmp_path / "assessment.json").write_text('{"schema": "aigov/assessment/v1"}', encoding="utf-8")
    done = aigov("report", ".", cwd=tmp_path)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_several_subjects_each_have_a_folder_and_one_bad_does_not_stop_the_others(aigov, tmp_path):
    for name in ("one", "two", "bad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.jsonl").write_text('{"note": "x"}\n', encoding="utf-8")
        (tmp_path / name / "aigov.yaml").write_text("datasets: [{name: log, path: log.jsonl}]\n", encoding="utf-8")
    (tmp_path / "bad/aigov.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    done = aigov("audit", "one", "bad", "two", "--output", "out", cwd=tmp_path)
    assert done.code == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "two"]


def test_no_lines_are_never_silent_about_why(aigov, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    done = aigov("check", "data.pii", "empty.jsonl", "--format", "jsonl", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("data.pii: ")
