"""Findings as paragraphs: what blocks, what is open, and the rest in a line each."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from aigov.model import Assessment, Finding, Measured, Verdict, WaiverState
from aigov.redact import public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.cli.console_voice import Voice

_SHOWN = 50
_NAMED = 8
_PATHS = 3
_WITHOUT_EFFECT = frozenset({WaiverState.EXPIRED, WaiverState.UNBOUND, WaiverState.MALFORMED})


def blocking(assessment: Assessment, voice: Voice) -> Iterator[RenderableType]:
    """Yield every fail that is not waived, gravest first, with where it is and what to do."""
    yield from _some(tuple(_paragraph(assessment, finding, voice) for finding in assessment.failed[:_SHOWN]))
    yield from _hidden(len(assessment.failed), voice)


def open_questions(assessment: Assessment, voice: Voice) -> Iterator[RenderableType]:
    """Yield what is undecided as paragraphs, then what was not assessed with its reason."""
    decided = tuple(f for f in assessment.open if f.verdict is not Verdict.NOT_ASSESSED)
    missing = tuple(f for f in assessment.open if f.verdict is Verdict.NOT_ASSESSED)
    yield from _some(tuple(_paragraph(assessment, finding, voice) for finding in decided[:_SHOWN]))
    yield from _hidden(len(decided), voice)
    yield from _some(tuple(_line(finding, voice) for finding in missing[:_SHOWN]))
    yield from _hidden(len(missing), voice)


def quiet_results(assessment: Assessment, voice: Voice) -> Iterator[RenderableType]:
    """Yield waived fails, waivers without effect, and the passed controls in one line."""
    waived = tuple(f for f in assessment.findings if f.verdict is Verdict.FAIL and f.waived)
    if waived:
        yield Line(voice.label("console.waived-heading"), "bold")
    for finding in waived[:_SHOWN]:
        note = voice.label("console.waiver", id=finding.waiver or "")
        yield Group(_line(finding, voice), Padding(Line(note, "dim"), (0, 0, 0, 4), expand=False))
    for use in assessment.waivers[:_SHOWN]:
        if use.state in _WITHOUT_EFFECT:
            yield Line(
                voice.label("console.waiver-without-effect", id=use.waiver.id, reason=voice.say(use.reason)), "yellow"
            )
    passed = [f"{policy} {f.control.id}" for policy, f in assessment.control_verdicts() if f.verdict is Verdict.PASS]
    if passed:
        yield _passed(passed, voice)


def _some(parts: tuple[RenderableType, ...]) -> Iterator[RenderableType]:
    yield from parts
    if parts:
        yield ""


def _hidden(count: int, voice: Voice) -> Iterator[RenderableType]:
    if count > _SHOWN:
        yield Line(voice.label("console.more-findings", count=count - _SHOWN), "dim")


def _passed(passed: list[str], voice: Voice) -> Line:
    controls = ", ".join(passed[:_NAMED])
    line = Line.assemble(voice.mark(Verdict.PASS), " ", voice.label("console.passed", controls=controls))
    if len(passed) > _NAMED:
        line.append(" ").append(voice.label("console.more-controls", count=len(passed) - _NAMED), "dim")
    return line


def _line(finding: Finding, voice: Voice) -> Line:
    name = voice.plain(f"{finding.policy} {finding.control.id}")
    return Line.assemble(voice.mark(finding.verdict), " ", (name, "bold"), "  ", voice.say(finding.reason))


def _paragraph(assessment: Assessment, finding: Finding, voice: Voice) -> Group:
    name = voice.plain(f"{finding.policy} {finding.control.id}")
    severity = voice.label(f"console.severity.{finding.severity.word}")
    title = Line.assemble(voice.mark(finding.verdict), " ", (name, "bold"), "  ", (severity, "dim"))
    lines = [Line(voice.say(finding.reason))]
    lines += [Line(text, "dim") for text in _where(assessment, finding, voice)]
    if finding.rule.question is not None:
        lines.append(Line(voice.label("console.answer", question=voice.say(finding.rule.question))))
    if finding.rule.remediation is not None:
        lines.append(Line(voice.label("console.do", what=voice.say(finding.rule.remediation))))
    command = _command(assessment, finding)
    if command:
        lines.append(Line(voice.label("console.see", command=command), "cyan"))
    return Group(title, *(Padding(line, (0, 0, 0, 4), expand=False) for line in lines))


def _paths(assessment: Assessment, finding: Finding) -> dict[str, dict[str, None]]:
    """Return each path of a finding's occurrences with the fields in it, in order of appearance."""
    observation = assessment.observation(finding.observation)
    found: dict[str, dict[str, None]] = {}
    if observation is None or not isinstance(observation.outcome, Measured):
        return found
    for occurrence in observation.outcome.occurrences:
        fields = found.setdefault(occurrence.location.path, {})
        if occurrence.location.pointer is not None:
            fields[occurrence.location.pointer] = None
    return found


def _where(assessment: Assessment, finding: Finding, voice: Voice) -> Iterator[str]:
    found = _paths(assessment, finding)
    for path, fields in list(found.items())[:_PATHS]:
        named = ", ".join(list(fields)[:_NAMED])
        yield voice.plain(f"{path}, {voice.label('console.fields', fields=named)}" if named else path)
    if len(found) > _PATHS:
        yield voice.label("console.more-files", count=len(found) - _PATHS)


def _command(assessment: Assessment, finding: Finding) -> str:
    """Return a command that is safe to paste: paths with anything invisible in them are not named."""
    check = finding.rule.check
    if check is None or public(check) != check:
        return ""
    paths = list(_paths(assessment, finding))
    if not paths or len(paths) > _PATHS or any(not path or public(path) != path for path in paths):
        return f"aigov explain {shlex.quote(check)}"
    named = " ".join(shlex.quote(f"./{path}" if path.startswith("-") else path) for path in paths)
    return f"aigov check {shlex.quote(check)} {named}"
