"""The first screen: the verdict, the counts, and coverage beside the score."""

from __future__ import annotations

from dataclasses import dataclass

from aigov import Assessment, Conclusion, Verdict
from aigov.model import ORDER, Role, Tally
from aigov_reports.words import MARKS, Words

_BAR = 1000
_TONES = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "fail",
    Verdict.INCONCLUSIVE: "open",
    Verdict.REVIEW: "review",
    Verdict.NOT_ASSESSED: "none",
    Verdict.ERROR: "open",
    Verdict.NOT_APPLICABLE: "none",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the stacked bar, in thousandths of its width."""

    tone: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many controls came to one verdict."""

    tone: str
    mark: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Cover:
    """What the first screen says."""

    tone: str
    stamp: str
    stamp_note: str
    bar: tuple[Segment, ...]
    counts: tuple[Count, ...]
    counts_said: str
    not_applicable: int
    waived: int
    coverage: str
    score: str
    contents: str


def tone(verdict: Verdict) -> str:
    """Return the CSS class that colours a verdict; its sign and word stand beside it."""
    return _TONES[verdict]


def cover(assessment: Assessment, words: Words) -> Cover:
    """Return the first screen of an assessment."""
    counted = assessment.tally
    shown = tuple(
        Count(tone(verdict), MARKS[verdict], words.verdict(verdict), counted.counts[verdict])
        for verdict in ORDER
        if verdict is not Verdict.NOT_APPLICABLE and counted.counts[verdict]
    )
    stamp_tone, stamp, note = _stamp(assessment, counted, words)
    return Cover(
        tone=stamp_tone,
        stamp=stamp,
        stamp_note=note,
        bar=_bar(shown, counted.applicable),
        counts=shown,
        counts_said=", ".join(f"{count.count} {count.word}" for count in shown),
        not_applicable=counted.counts[Verdict.NOT_APPLICABLE],
        waived=counted.waived,
        coverage=words.label("report.coverage", assessed=counted.assessed, applicable=counted.applicable),
        score=_score(counted, words),
        contents=_contents(assessment, words),
    )


def _stamp(assessment: Assessment, counted: Tally, words: Words) -> tuple[str, str, str]:
    conclusion = assessment.conclusion
    look, mark, note, count = {
        Conclusion.NON_CONFORMANT: ("fail", "✗", "failed", counted.blocking),
        Conclusion.INCOMPLETE: ("open", "?", "undecided", counted.undecided),
        Conclusion.CONFORMANT: ("pass", "✓", "passed", counted.passed),
    }[conclusion]
    said = words.label(f"report.stamp.{note}", count=count, applicable=counted.applicable)
    return look, f"{mark} {words.label(f'report.conclusion.{conclusion.value}')}", said


def _bar(counts: tuple[Count, ...], applicable: int) -> tuple[Segment, ...]:
    segments, x = [], 0.0
    for count in counts:
        width = _BAR * count.count / applicable
        segments.append(Segment(count.tone, round(x, 2), round(max(1.0, width - 3), 2)))
        x += width
    return tuple(segments)


def _score(counted: Tally, words: Words) -> str:
    if counted.score is None:
        return words.label("report.no-score")
    left = counted.applicable - counted.assessed
    share = words.quantity(counted.score, "ratio")
    said = words.label("report.score", share=share, passed=counted.passed, assessed=counted.assessed)
    return said + (words.label("report.score-silent", count=left) if left else "")


def _contents(assessment: Assessment, words: Words) -> str:
    roles = [artifact.role for artifact in assessment.subject.artifacts if not artifact.absent]
    parts = [
        words.counted("report.models", roles.count(Role.MODEL.value)),
        words.counted("report.datasets", roles.count(Role.DATASET.value)),
        words.counted("report.records", roles.count(Role.RECORD.value)),
        words.counted("report.policies", len(assessment.policies)),
    ]
    return " · ".join(parts)
