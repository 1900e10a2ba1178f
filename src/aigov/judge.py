"""Rule, observation and waivers to a finding; pure, and the only place where verdicts are made."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, assert_never

from aigov.conditions import Truth
from aigov.estimates import estimate, numbers_of
from aigov.i18n import FrozenMap, Message, Quantity, msg
from aigov.intervals import CONFIDENCE, samples_to_settle
from aigov.model import (
    Bound,
    Crashed,
    Finding,
    Measured,
    Measurement,
    NotPerformed,
    Observation,
    Rule,
    Verdict,
    Waiver,
    base_name,
)
from aigov.waive import active_waiver

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from aigov.plan import PlannedRule


_KNOWN = 12
"""Measurements that a sentence names at most."""


class Hold(Enum):
    """Whether a bound holds over the whole interval of its measurement."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"
    MISSING = "missing"
    """Not measured: only some models and data sets have it, or this point of a curve was not asked for."""
    UNUSABLE = "unusable"
    """Not a number, or in another unit."""


def judge(planned: PlannedRule, observation: Observation | None, waivers: Sequence[Waiver], today: date) -> Finding:
    """Return the finding of one rule. `pass` only if every bound holds over its whole interval."""
    verdict, reason = _verdict(planned, observation)
    waiver = active_waiver(planned, observation, waivers, today) if verdict is Verdict.FAIL else None
    key = observation.key if observation else None
    return Finding(planned.policy.id, planned.control, planned.rule, verdict, reason, key, waiver)


def hold(bound: Bound, measurement: Measurement | None) -> Hold:
    """Test a bound against the whole interval of a measurement."""
    if measurement is None:
        return Hold.MISSING
    if not _usable(bound, measurement):
        return Hold.UNUSABLE
    low, high = measurement.low, measurement.high
    if bound.equals is not None:
        return _three(low == high == bound.equals, bound.equals < low or bound.equals > high)
    if bound.min is not None:
        return _three(low >= bound.min, high < bound.min)
    if bound.max is not None:
        return _three(high <= bound.max, low > bound.max)
    return Hold.UNUSABLE


def _usable(bound: Bound, measurement: Measurement) -> bool:
    """Whether it is a number within its interval, in the unit of the bound."""
    known = measurement.finite and bound.unit in (None, measurement.unit)
    return known and measurement.low <= measurement.value <= measurement.high


def _three(holds: bool, violated: bool) -> Hold:  # noqa: FBT001  # the two answers to one question
    return Hold.HOLDS if holds else Hold.VIOLATED if violated else Hold.UNDECIDED


def _verdict(planned: PlannedRule, observation: Observation | None) -> tuple[Verdict, Message]:
    facts = planned.applies.facts
    if planned.applies.truth is Truth.FALSE:
        return Verdict.NOT_APPLICABLE, msg("judge.not-applicable", facts=facts)
    if planned.applies.truth is Truth.UNKNOWN:
        return Verdict.NOT_ASSESSED, msg("judge.unknown-fact", facts=facts)
    if planned.rule.question is not None:
        return Verdict.REVIEW, msg("judge.review", question=planned.rule.question)
    if observation is None:
        return Verdict.ERROR, msg("judge.no-observation")
    return _judge_outcome(planned.rule, observation)


def _judge_outcome(rule: Rule, observation: Observation) -> tuple[Verdict, Message]:
    match observation.outcome:
        case NotPerformed(reason):
            return Verdict.NOT_ASSESSED, msg("judge.not-assessed", reason=reason)
        case Crashed(error):
            return Verdict.ERROR, msg("judge.crashed", check=observation.check, error=error)
        case Measured() as measured:
            return _judge_bounds(rule, observation.check, measured)
        case _:
            assert_never(observation.outcome)


def _judge_bounds(rule: Rule, check: str, measured: Measured) -> tuple[Verdict, Message]:
    """Return the verdict over all bounds: a violation fails, then what is unusable, then what is missing, then open.

    What a check promises to measure always is there, or the check has crashed; so what is missing is what this artifact
    does not have.
    """
    if not rule.require:
        return Verdict.ERROR, msg("judge.no-bounds")
    tested = [(bound, measured.measurements.get(bound.measurement)) for bound in rule.require]
    for outcome, verdict in (
        (Hold.VIOLATED, Verdict.FAIL),
        (Hold.UNUSABLE, Verdict.ERROR),
        (Hold.MISSING, Verdict.NOT_ASSESSED),
        (Hold.UNDECIDED, Verdict.INCONCLUSIVE),
    ):
        hit = [(bound, measurement) for bound, measurement in tested if hold(bound, measurement) is outcome]
        if hit:
            return verdict, _because(verdict, check, hit, measured)
    return Verdict.PASS, _because(Verdict.PASS, check, tested, measured)


def _because(
    verdict: Verdict, check: str, tested: Sequence[tuple[Bound, Measurement | None]], measured: Measured
) -> Message:
    sentences = tuple(_sentence(verdict, check, bound, measurement, measured) for bound, measurement in tested)
    return msg("judge.sentences", sentences=sentences)


def _sentence(
    verdict: Verdict, check: str, bound: Bound, measurement: Measurement | None, measured: Measured
) -> Message:
    name = msg(f"measurement.{base_name_of(bound)}", name=bound.measurement)
    if measurement is None:
        return _missing(name, check, bound, measured)
    if not measurement.finite or verdict is Verdict.ERROR:
        return msg("judge.unusable", name=name)
    statement = _statement(check, bound, measurement, measured)
    if verdict is Verdict.INCONCLUSIVE:
        return msg(
            "judge.open",
            statement=statement,
            bound=_required(bound, measurement.unit),
            why=_why_open(bound, measurement),
        )
    return msg(f"judge.{verdict.value}", statement=statement, bound=_required(bound, measurement.unit))


def _missing(name: Message, check: str, bound: Bound, measured: Measured) -> Message:
    """Return the sentence about what was not measured, with what there is of its kind."""
    base = base_name_of(bound)
    known = tuple(found for found in measured.measurements if base_name(found) == base)
    if not known:
        return msg("judge.not-measured", name=name, check=check)
    return msg("judge.not-measured-point", name=name, measurement=bound.measurement, check=check, known=known[:_KNOWN])


def base_name_of(bound: Bound) -> str:
    """Return the declared name of the bound's measurement."""
    return base_name(bound.measurement)


def _statement(check: str, bound: Bound, measurement: Measurement, measured: Measured) -> Message:
    """Return the sentence of a check about one of its numbers, with all its numbers at hand."""
    name = msg(f"measurement.{base_name_of(bound)}", name=bound.measurement)
    numbers = {**numbers_of(measured), "name": name, "value": estimate(measurement)}
    return Message(f"says.{check}.{bound.measurement}", FrozenMap(numbers))


def _required(bound: Bound, unit: str) -> Message:
    if bound.equals is not None:
        return msg("bound.equals", value=Quantity(bound.equals, unit))
    if bound.min is not None:
        return msg("bound.min", value=Quantity(bound.min, unit))
    return msg("bound.max", value=Quantity(bound.max or 0.0, unit))


def _why_open(bound: Bound, measurement: Measurement) -> Message:
    if measurement.limits is not None:
        return measurement.limits
    limit = next((value for value in (bound.min, bound.max, bound.equals) if value is not None), None)
    if measurement.unit != "ratio" or measurement.n is None or limit is None:
        return msg("judge.interval-contains-bound")
    confidence = (measurement.interval.confidence if measurement.interval else None) or CONFIDENCE
    enough = samples_to_settle(measurement.value, limit, confidence)
    if enough is None:
        return msg("judge.too-close", n=measurement.n)
    return msg("judge.samples", n=measurement.n, enough=max(enough, measurement.n + 1))
