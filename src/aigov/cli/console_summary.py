"""The first and the last line, and one line an observation between."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from aigov.estimates import numbers_of
from aigov.i18n import Message, title_of
from aigov.model import Assessment, Crashed, Measured, NotPerformed, Observation, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aigov.cli.console_voice import Voice

_NUMBERS = 3
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_COUNTERS = frozenset({"occurrences", "occurrences_total"})


def header(assessment: Assessment, voice: Voice) -> Line:
    """Return the subject with how much was planned."""
    counts = (
        voice.counted("console.policies", len(assessment.policies)),
        voice.counted("console.controls", len(assessment.control_verdicts())),
        voice.counted("console.rules", len(assessment.findings)),
    )
    subject = voice.plain(f"{assessment.subject.name} {assessment.subject.version}")
    return Line.assemble((subject, "bold"), "   ", (voice.plain(voice.sign(" · ", ", ").join(counts)), "dim"))


def looked(assessment: Assessment, voice: Voice) -> Padding:
    """Return one line an observation: the check, how much it read, and what it saw."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    sizes = {name: size for artifact in assessment.subject.artifacts for name, size, _ in artifact.files}
    for observation in assessment.observations:
        read = sum(sizes.get(path, 0) for path in observation.inputs)
        size = voice.bytes(read) if read else ""
        table.add_row(Line(voice.plain(observation.check), "cyan"), Line(size, "dim"), headline(observation, voice))
    return Padding(table, (0, 0, 0, 2), expand=False)


def headline(observation: Observation, voice: Voice) -> Line:
    """Return what an observation says, on one line."""
    match observation.outcome:
        case NotPerformed() as missing:
            return Line(voice.label("console.not-performed", reason=voice.say(missing.reason)), "dim")
        case Crashed() as crashed:
            return Line(voice.label("console.crashed", error=crashed.error), "magenta")
        case Measured() as measured:
            words = title_of(f"headline.{observation.check}", "", voice.lang)
            given = numbers_of(measured)
            if words and set(_PLACEHOLDER.findall(words)) <= set(given):
                return Line(voice.say(Message(f"headline.{observation.check}", given)))
            numbers = [
                f"{voice.measured_name(observation.check, name)} {voice.measurement(measurement)}"
                for name, measurement in measured.measurements.items()
                if "[" not in name and name not in _COUNTERS and measurement.unit != "bytes"
            ]
            said = [*_occurrences(measured, voice), *numbers[:_NUMBERS]]
            return Line(voice.sign(" · ", ", ").join(said))


def total_of(measured: Measured) -> int:
    """Return how many occurrences there are, listed or not: what the check counted, and never less than it lists."""
    counted = (measured.measurements.get(name) for name in ("occurrences", "occurrences_total"))
    totals = (int(m.value) for m in counted if m is not None and math.isfinite(m.value))
    return max(len(measured.occurrences), *totals, 0)


def written_files(assessment: Assessment, written: Sequence[Path], voice: Voice) -> Line | None:
    """Return where the reports are and what to do next, or nothing where there is neither."""
    line = Line()
    if written:
        arrow = voice.sign("→", "->")
        names = "  ".join(path.name for path in written)
        line.append(voice.plain(f"{names}  {arrow}  {written[0].parent}/"), "bold")
        line.append("   ")
    command = _next(assessment)
    if command:
        line.append(voice.label("console.next", command=command), "dim")
    return line if line.plain.strip() else None


def _occurrences(measured: Measured, voice: Voice) -> list[str]:
    total = total_of(measured)
    if not total:
        return []
    files = voice.counted("console.files", len({occurrence.location.path for occurrence in measured.occurrences}))
    return [voice.label("console.occurrences.one" if total == 1 else "console.occurrences", count=total, files=files)]


def _next(assessment: Assessment) -> str:
    undecided = (finding for finding in assessment.open if finding.verdict is not Verdict.ERROR)
    check = next((finding.rule.check for finding in (*assessment.failed, *undecided) if finding.rule.check), None)
    return f"aigov explain {check}" if check else ""
