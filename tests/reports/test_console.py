"""What the terminal shows."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest
from assessments import HOSTILE, assessments
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from aigov.cli.console import AuditProgress, make_console, print_assessment, print_observation
from aigov.units import Progress

REPORTS = settings.get_profile("reports")
WRITTEN = (Path("aigov-report/report.html"), Path("aigov-report/assessment.json"))


def shown(assessment, lang="en", width=110, encoding="utf-8", written=WRITTEN):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    print_assessment(assessment, console, lang, written)
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_the_terminal_says_what_the_example_promises(sample_assessment):
    text = shown(sample_assessment)
    assert text.startswith("bearing-fault-classifier 1.2.0   2 policies · 9 controls · 10 rules\n")
    assert "data.pii             1.2 GB  38 occurrences in 1 file" in text
    assert (
        "✗ non-conformant   1 pass · 3 fail · 1 inconclusive · 1 review · 1 not assessed · 1 error · 1 waived" in text
    )
    assert "✗ cn-ai-manufacturing-2026 s7-training-data  high\n    38 records of 120,000" in text
    assert "    data/maintenance-log/2025.jsonl, fields /operator, /note\n" in text
    assert "    See: aigov check data.pii data/maintenance-log/2025.jsonl\n" in text
    assert "? cn-ai-manufacturing-2026 s7-adversarial  high\n" in text
    assert 'pip install "aigov[robustness]"' in text
    assert "Waiver W-2 has no effect: It ended on 2026-06-30." in text
    assert "✓ Passed: baseline integrity" in text
    assert text.endswith("report.html  assessment.json  →  aigov-report/   next: aigov explain data.pii\n")


def test_the_gravest_failure_comes_first(sample_assessment):
    text = shown(sample_assessment)
    assert (
        text.index("s7-training-data  high")
        < text.index("baseline claims  medium")
        < text.index("s7-adversarial  high")
    )


def test_the_terminal_speaks_chinese(sample_assessment):
    text = shown(sample_assessment, "zh-CN")
    assert "✗ 不符合   1 通过 · 3 未通过" in text
    assert "处置：" in text
    assert "console." not in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_no_line_is_wider_than_the_terminal(sample_assessment, width, lang):
    lines = shown(sample_assessment, lang, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip() and not line.strip()]


def test_an_ascii_terminal_gets_ascii_marks(sample_assessment):
    text = shown(sample_assessment, encoding="ascii")
    assert "x non-conformant   1 pass, 3 fail" in text
    assert "->  aigov-report/" in text


@settings(REPORTS)
@given(assessments)
def test_every_assessment_can_be_shown_without_a_control_character(assessment):
    for lang in ("en", "zh-CN"):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown(assessment, lang))
    console = Console(file=io.StringIO(), width=80)
    for observation in assessment.observations:
        print_observation(observation, console, "en")


@pytest.mark.parametrize("payload", HOSTILE)
def test_markup_and_escapes_in_names_stay_text(sample_assessment, payload):
    subject = dataclasses.replace(sample_assessment.subject, name=payload)
    text = shown(dataclasses.replace(sample_assessment, subject=subject))
    assert "\x1b" not in text
    if "[bold red]" in payload:
        assert "[bold red]markup[/] [link=file:///etc/passwd]x[/link] :warning:" in text


def test_a_command_never_names_a_path_that_could_hide_something(sample_assessment):
    pii = sample_assessment.observations[0]
    hits = tuple(
        dataclasses.replace(o, location=dataclasses.replace(o.location, path="data/\x1b[2Jx; rm -rf ~"))
        for o in pii.outcome.occurrences
    )
    hostile = dataclasses.replace(pii, outcome=dataclasses.replace(pii.outcome, occurrences=hits))
    text = shown(dataclasses.replace(sample_assessment, observations=(hostile, *sample_assessment.observations[1:])))
    assert "See: aigov explain data.pii" in text
    spaced = tuple(
        dataclasses.replace(o, location=dataclasses.replace(o.location, path="-a b;c.csv"))
        for o in pii.outcome.occurrences
    )
    odd = dataclasses.replace(pii, outcome=dataclasses.replace(pii.outcome, occurrences=spaced))
    text = shown(dataclasses.replace(sample_assessment, observations=(odd, *sample_assessment.observations[1:])))
    assert "See: aigov check data.pii './-a b;c.csv'" in text


def test_an_observation_is_shown_with_numbers_files_and_places(sample_assessment):
    stream = io.StringIO()
    print_observation(sample_assessment.observations[0], Console(file=stream, width=140), "en")
    text = stream.getvalue()
    assert "records with pii 0.032 % [0.022 %, 0.043 %] 120,000 samples" in " ".join(text.split())
    assert "✗ unsafe  data/maintenance-log/2025.jsonl" in text
    assert "data/maintenance-log/2025.jsonl:18 /operator 4-15" in text
    assert "and 18 more; --format jsonl lists them all" in text


def test_progress_reaches_a_terminal_and_never_a_pipe():
    piped, terminal = io.StringIO(), io.StringIO()
    for stream, is_terminal in ((piped, False), (terminal, True)):
        console = Console(file=stream, force_terminal=is_terminal, width=80, color_system=None)
        with AuditProgress(console, "en") as progress:
            progress(Progress("data.pii", 1, 2))
            progress(Progress("data.pii", 2, 2))
    assert not piped.getvalue()
    assert "data.pii" in terminal.getvalue()


def test_a_quiet_console_says_nothing(capsys, sample_assessment):
    print_assessment(sample_assessment, make_console(quiet=True), "en")
    assert capsys.readouterr() == ("", "")


def test_reports_go_to_stderr_without_colour_when_asked(capsys, monkeypatch, sample_assessment):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_assessment(sample_assessment, make_console(), "en")
    out, err = capsys.readouterr()
    assert not out
    assert "non-conformant" in err
    assert "\x1b[31m" not in err
