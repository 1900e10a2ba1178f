"""Whatever is wrong with the input: one line on stderr with file, line and hint, the right exit code, no traceback, no half report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

BOMB = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 8))
MANIFEST = "metadata: {name: s}\ndatasets:\n  - {name: log, role: train, path: log.jsonl}\npolicies: [baseline]\n"


@pytest.fixture
def project(tmp_path):
    """A folder with Chinese characters and a space in its name, and a subject in it."""
    folder = tmp_path / "三号线 project"
    folder.mkdir()
    (folder / "log.jsonl").write_text('{"note": "bearing replaced"}\n', encoding="utf-8")
    (folder / "aigov.yaml").write_text(MANIFEST, encoding="utf-8")
    return folder


def one_error(done, *words):
    """Assert a single line of error that holds all the words, and nothing of Python."""
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert len(lines) == 1, done.err
    for word in words:
        assert word in lines[0], (word, lines[0])
    assert not done.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata:\n\tname: x\n", ("aigov.yaml:2", "TAB")),
        ("metadata: {name: x}\nmetadata: {name: y}\n", ("aigov.yaml:2", "metadata")),
        (BOMB, ("aigov.yaml:",)),
        ("datasets: [{name: log, path: log.jsonl, rolle: train}]\n", ("aigov.yaml:1", "rolle")),
        ("datasets: [{name: log, path: ../secret.jsonl}]\n", ("aigov.yaml:1", "../secret.jsonl", "--allow-outside")),
        ("datasets: [{name: log, path: /etc/passwd}]\n", ("aigov.yaml:1", "--allow-outside")),
        ("datasets: [{name: log, path: log.jsonl}]\npolicies: [basline]\n", ("basline",)),
        ("", ("aigov.yaml",)),
        ("[" * 5000, ("aigov.yaml",)),
    ],
)  # fmt: skip
def test_a_bad_manifest_is_one_line_with_its_place(aigov, project, text, words):
    (project / "aigov.yaml").write_text(text, encoding="utf-8")
    one_error(aigov("audit", project), *words)
    assert not (project / "aigov-report").exists()


def test_an_empty_folder_says_how_to_begin(aigov, tmp_path):
    one_error(aigov("audit", tmp_path), "aigov.yaml", "aigov init")


def test_a_missing_path_is_named(aigov, tmp_path):
    one_error(aigov("audit", tmp_path / "没有"), "没有")
    one_error(aigov("check", "data.pii", tmp_path / "none.jsonl"), "none.jsonl")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("check: data.pi, require: [{measurement: records_affected, max: 0}]", ("acme.yaml:8", "data.pi", "data.pii")),
        ("check: data.pii, require: [{measurement: records_afected, max: 0}]", ("acme.yaml:8", "records_afected")),
        ("check: data.pii, require: [{measurement: affected_share, max: 60}]", ("acme.yaml:8", "ratio")),
        (
            "check: data.pii, require: [{measurement: records_affected, max: 0, unit: ratio}]",
            ("acme.yaml:8", "measured in count"),
        ),
        (
            "check: data.pii, parameters: {tipes: [x]}, require: [{measurement: records_affected, max: 0}]",
            ("acme.yaml:8", "tipes"),
        ),
        ("check: data.pii", ("acme.yaml:8",)),
    ],
)
def test_a_mistake_in_a_policy_is_found_before_anything_runs(aigov, project, rule, words):
    (project / "acme.yaml").write_text(
        "apiVersion: aigov/v1\nkind: Policy\nmetadata: {id: acme, edition: '1', title: {en: A, zh: 甲}, status: in-force}\ncontrols:\n"
        "  - id: c\n    title: {en: C, zh: 丙}\n    citation: {ref: own, verified: primary, checked: 2026-11-23}\n"
        f"    rules: [{{id: r, {rule}}}]\n    severity: high\n",
        encoding="utf-8",
    )
    one_error(aigov("audit", project, "--policy", "acme.yaml"), *words)
    lint = aigov("policy", "lint", "acme.yaml", cwd=project)
    assert lint.code == 2
    assert words[0] in lint.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "pdf"), ("pdf", "html")),
        (("--engine", "spark"), ("spark", "local")),
        (("--as-of", "tomorrow"), ("tomorrow",)),
        (("--set", "x"), ("x",)),
        (("--set", "no_such=1"), ("no_such",)),
        (("--waivers", "none.yaml"), ("none.yaml",)),
    ],
)
def test_a_wrong_option_is_named_with_what_is_known(aigov, project, arguments, words):
    one_error(aigov("audit", project, *arguments, "--output", project / "out"), *words)


def test_a_folder_that_cannot_be_written_is_said_before_the_work(aigov, project):
    blocked = project / "out"
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    began = time.monotonic()
    one_error(aigov("audit", project, "--output", blocked), "out", "--output")
    assert time.monotonic() - began < 20
    assert blocked.read_text(encoding="utf-8") == "a file where a folder should be"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no files, from root neither")
def test_a_read_only_folder_is_refused(aigov, project):
    one_error(aigov("audit", project, "--output", "/proc/self/reports"), "/proc/self/reports", "--output")


def test_one_format_goes_to_stdout_and_nothing_else_does(aigov, project):
    import json

    done = aigov("audit", project, "--format", "json")
    assert json.loads(done.out)["schema"] == "aigov/assessment/v1"
    assert "conformant" in done.err or "incomplete" in done.err
    assert not (project / "aigov-report").exists()


def test_quiet_says_nothing_on_stderr(aigov, project):
    assert not aigov("audit", project, "--format", "json", "--quiet").err


def test_the_format_never_changes_the_code(aigov, project):
    codes = {aigov("audit", project, "--format", name, "--quiet").code for name in ("json", "html", "sarif", "junit")}
    assert len(codes) == 1


def test_an_interrupted_audit_leaves_no_report(project, tmp_path):
    line = '{"note": "' + "call 13800138000, " * 8 + '"}\n'
    with (project / "log.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines([line] * 600_000)  # half a minute of work
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "aigov",
        "audit",
        str(project),
        "--policy",
        "cn-ai-manufacturing-2026",
        "--output",
        str(out),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "AIGOV_LANG": "en"})
    while not out.exists() and process.poll() is None:  # the folder is made before the work begins
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert b"Interrupted" in err
    assert not list(out.iterdir())
