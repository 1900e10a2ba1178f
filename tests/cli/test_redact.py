"""`aigov redact` as a user runs it: a new folder, whole or not at all, and a policy that passes afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

LOG = '{"n": 1, "note": "报修人：张伟，电话13812345678"}\n{"n": 2, "note": "password=Xk9$mPq2vL"}\n{"n": 3}\n'
POLICY = """
apiVersion: aigov/v1
kind: Policy
metadata: {{id: {id}, edition: "1", title: {{en: P, zh: 策}}, status: draft}}
controls:
  - id: {id}
    title: {{en: C, zh: 控}}
    citation: {{ref: ours, verified: primary, checked: 2026-11-23}}
    severity: high
    rules:
      - id: none
        check: {check}
        require: [{{measurement: records_affected, max: 0, unit: count}}]
        covers: partial
        remediation: {{en: R, zh: 改}}
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def aigov(tmp_path, monkeypatch, capsys):
    """Run `aigov ARGUMENTS` in this process, where the detectors are loaded already."""
    from aigov.cli import run

    monkeypatch.chdir(tmp_path)
    for name, value in {"AIGOV_LANG": "en", "COLUMNS": "300", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)

    def call(*arguments):
        capsys.readouterr()
        code = run([*map(str, arguments), *(["--engine", "serial"] if arguments[0] in {"audit", "check"} else [])])
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs/a.jsonl").write_text(LOG, encoding="utf-8")
    (folder / "plain.csv").write_bytes(b"a,b\r\n1,2\r\n")
    return folder


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_copy_has_the_same_tree_and_says_what_was_done(aigov, data, tmp_path):
    done = aigov("redact", "data", "--output", "clean")
    assert done.code == 0, done.err
    assert done.out == ""
    assert "1 files cleaned, 1 copied as they are, 0 left out" in done.err
    assert files(tmp_path / "clean") == ["logs/a.jsonl", "plain.csv", "redaction.json"]
    assert (tmp_path / "clean/plain.csv").read_bytes() == b"a,b\r\n1,2\r\n"
    lines = (tmp_path / "clean/logs/a.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == [
        '{"n": 1, "note": "报修人：**，电话138********"}',
        '{"n": 2, "note": "password=********"}',
        '{"n": 3}',
    ]
    text = (tmp_path / "clean/redaction.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert document["values"] == {"cn.mobile": {"mask": 1}, "password": {"mask": 1}, "person-name": {"mask": 1}}
    assert [file["status"] for file in document["files"]] == ["cleaned", "copied"]
    assert not [value for value in ("13812345678", "张伟", "Xk9$mPq2vL") if value in text]
    for check in ("data.pii", "data.secrets"):
        assert aigov("check", check, "clean").code == 0


def test_every_place_and_records_for_people_are_kept_where_a_folder_is_named(aigov, data, tmp_path):
    more = ("-p", "manual_records=2", "-p", "max_listed=1", "--format", "json", "--evidence", "proof")
    done = aigov("check", "data.pii", "data", *more)
    assert done.code == 1
    evidence = json.loads(done.out)["evidence"]
    assert [path.name for path in tmp_path.glob("proof/*")] == ["evidence"]
    lines = {file["path"]: (tmp_path / "proof" / file["path"]).read_text("utf-8").splitlines() for file in evidence}
    assert [len(found) for found in lines.values()] == [2, 2]
    assert not [line for found in lines.values() for line in found if "13812345678" in line or "张伟" in line]


def test_the_document_is_what_its_schema_says(aigov, data, tmp_path):
    from jsonschema import Draft202012Validator

    from aigov.load.schema import schema_of

    assert aigov("redact", "data", "--output", "clean", "--method", "fake", "--method", "cn.mobile=drop").code == 0
    document = json.loads((tmp_path / "clean/redaction.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema_of("redaction")).validate(document)
    assert document["methods"] == {"cn.mobile": "drop"}


def test_the_same_key_gives_the_same_copy(aigov, data, tmp_path):
    (tmp_path / "key").write_bytes(b"k" * 32)
    for name in ("one", "two"):
        assert aigov("redact", "data", "--output", name, "--method", "pseudonym", "--redaction-key", "key").code == 0
    assert aigov("redact", "data", "--output", "three", "--method", "pseudonym").code == 0
    texts = [(tmp_path / name / "logs/a.jsonl").read_text(encoding="utf-8") for name in ("one", "two", "three")]
    assert texts[0] == texts[1] != texts[2]


def test_a_file_that_cannot_be_cleaned_is_left_out_and_said(aigov, data, tmp_path):
    (data / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    done = aigov("redact", "data", "--output", "clean")
    assert done.code == 3
    assert "scan.png: Files of format png are not read" in done.err
    assert "1 left out" in done.err
    assert "scan.png" not in files(tmp_path / "clean")


@pytest.mark.parametrize("paths", [["data/logs/a.jsonl"], ["data/logs/*.jsonl"], ["data/logs"]])
def test_a_file_a_glob_and_a_folder_keep_their_places(aigov, data, tmp_path, paths):
    assert aigov("redact", *paths, "--output", "clean").code == 0
    assert files(tmp_path / "clean") == ["a.jsonl", "redaction.json"]


def test_nothing_is_overwritten_and_the_source_is_never_written(aigov, data, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("mine", encoding="utf-8")
    before = {path: (data / path).read_bytes() for path in files(data)}
    for output in ("full", "data", "data/clean", "data/logs/deep/er", "data/plain.csv"):
        done = aigov("redact", "data", "--output", output)
        assert done.code == 2, output
        assert "error" in done.err
    assert {path: (data / path).read_bytes() for path in files(data)} == before
    assert files(tmp_path / "full") == ["x"]
    (tmp_path / "link").symlink_to(data)
    assert aigov("redact", "data", "--output", "link/clean").code == 2
    (tmp_path / "empty").mkdir()
    assert aigov("redact", "data", "--output", "empty").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "--output", "clean"], "nowhere"),
        (["data", "--output", "clean", "--method", "shred"], "no method shred"),
        (["data", "--output", "clean", "--method", "cn.mobil=drop"], "cn.mobile"),
        (["data/logs/a.jsonl", "data/other/a.jsonl", "--output", "clean"], "Two files would both be a.jsonl"),
        (["clash", "--output", "clean"], "redaction.json"),
        (["--output", "clean"], "aigov.yaml"),
    ],
)
def test_a_wrong_call_says_what_to_do(aigov, data, tmp_path, arguments, said):
    (data / "other").mkdir()
    (data / "other/a.jsonl").write_text("{}\n", encoding="utf-8")
    (tmp_path / "clash").mkdir()
    (tmp_path / "clash/redaction.json").write_text("{}", encoding="utf-8")
    done = aigov("redact", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "clean").exists()


def test_an_interruption_leaves_nothing(data, tmp_path):
    with (data / "logs/long.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(LOG for _ in range(200_000))
    command = [sys.executable, "-m", "aigov", "redact", str(data), "--output", "clean"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        env={**os.environ, "AIGOV_LANG": "en"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # no threads here
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".clean.*/copy/logs/.step-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    if process.poll() is None:  # Python drops an interruption that comes while it frees the lock of an import
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_data_set_that_failed_its_policy_passes_after_redaction(aigov, data, tmp_path):
    for check in ("data.pii", "data.secrets"):
        (tmp_path / f"{check}.yaml").write_text(POLICY.format(id=f"no-{check[5:]}", check=check), encoding="utf-8")
    (tmp_path / "aigov.yaml").write_text(
        "apiVersion: aigov/v1\nkind: Subject\nmetadata: {name: s, version: 1.0.0}\n"
        "datasets: [{name: d, role: train, path: data}]\npolicies: [data.pii.yaml, data.secrets.yaml]\n",
        encoding="utf-8",
    )
    policies = ("--policy", "data.pii.yaml", "--policy", "data.secrets.yaml")
    assert aigov("audit", ".", *policies, "--output", "before").code == 1
    assert aigov("redact", "--output", "copy").code == 0
    shutil.rmtree(data)
    (tmp_path / "copy/data").rename(data)
    done = aigov("audit", ".", *policies, "--output", "after")
    assert done.code == 0, done.err


@pytest.mark.slow
def test_the_planted_example_passes_on_its_data_after_redaction(aigov, built, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(built / "bearing-fault-planted", project)
    log = project / "data/maintenance-log/2025.jsonl"
    with log.open("a", encoding="utf-8") as stream:
        stream.write('{"note": "historian pwd=Pi-admin7"}\n')

    def failed():
        done = aigov("audit", project, "--format", "json")
        found = json.loads(done.out)["findings"]
        return {f["control"]["id"] for f in found if f["verdict"] == "fail"}

    assert {"s7-training-data", "b1-no-secrets"} <= failed()
    assert aigov("redact", project, "--output", tmp_path / "copy").code == 0
    shutil.rmtree(project / "data")
    (tmp_path / "copy/data").rename(project / "data")
    assert not {"s7-training-data", "b1-no-secrets"} & failed()
