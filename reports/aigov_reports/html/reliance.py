"""What a reader may rely on: sentences that hold because something was measured, and limits that always hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Assessment, Measured, NotPerformed, Observation, Status

if TYPE_CHECKING:
    from aigov_reports.words import Words

_SIGNATURE = "model.signature"
_SERIALIZATION = "model.serialization"
_VERIFIED = ("signature_verified", "verified", "signature_valid")
"""Names under which a signature check measures that the signature holds (1) or not (0)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence; `tone` is pass where it assures, fail or none where it does not."""

    tone: str
    text: str


def reliance(assessment: Assessment, words: Words) -> tuple[Statement, ...]:
    """Return what the observations support, then what they never do."""
    return (
        *_about(assessment, _SIGNATURE, words),
        *_about(assessment, _SERIALIZATION, words),
        Statement("plain", words.label("report.rely.repeat")),
        Statement("plain", words.label("report.limits.empirical")),
        Statement("plain", words.label("report.limits.detectors")),
        Statement("plain", words.label("report.limits.certificate")),
    )


def _about(assessment: Assessment, check: str, words: Words) -> tuple[Statement, ...]:
    seen = [observation for observation in assessment.observations if observation.check == check]
    measured = [o for o in seen if isinstance(o.outcome, Measured)]
    if not measured:
        reasons = [words.say(o.outcome.reason) for o in seen if isinstance(o.outcome, NotPerformed)]
        return (Statement("none", words.label(f"report.rely.{check}.unknown") + " ".join(["", *reasons[:1]])),)
    judge = _signature if check == _SIGNATURE else _serialization
    return tuple(judge(observation, words) for observation in measured)


def _signature(observation: Observation, words: Words) -> Statement:
    measured = observation.outcome
    assert isinstance(measured, Measured)  # noqa: S101  # `_about` hands over nothing else
    values = [m.low for name, m in measured.measurements.items() if name in _VERIFIED and m.finite]
    digests = ", ".join(f"sha256:{sha256}" for sha256 in list(observation.inputs.values())[:1])
    if not values:
        return Statement("none", words.label("report.rely.model.signature.unknown"))
    if min(values) >= 1:
        return Statement("pass", words.label("report.rely.model.signature.holds", digest=digests))
    return Statement("fail", words.label("report.rely.model.signature.broken", digest=digests))


def _serialization(observation: Observation, words: Words) -> Statement:
    measured = observation.outcome
    assert isinstance(measured, Measured)  # noqa: S101  # `_about` hands over nothing else
    states = [artifact.status for artifact in measured.artifacts]
    formats = ", ".join(dict.fromkeys(words.fact(artifact.format) for artifact in measured.artifacts))
    worst = [status for status in (Status.UNSAFE, Status.SUSPICIOUS, Status.NOT_COVERED) if status in states]
    if not states:
        return Statement("none", words.label("report.rely.model.serialization.unknown"))
    if not worst:
        return Statement(
            "pass", words.label("report.rely.model.serialization.clean", count=len(states), formats=formats)
        )
    said = f"report.rely.model.serialization.{worst[0].value}"
    looks = {Status.UNSAFE: "fail", Status.SUSPICIOUS: "open"}
    return Statement(looks.get(worst[0], "none"), words.label(said, count=states.count(worst[0])))
