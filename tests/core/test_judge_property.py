"""The rule that makes verdicts honest, stated as an equivalence over generated rules and observations."""

from __future__ import annotations

import math

from builders import TODAY, policy, rule
from hypothesis import given
from hypothesis import strategies as st

from aigov import FrozenMap, Interval, Measured, Measurement, NotPerformed, msg
from aigov.conditions import Answer, Truth
from aigov.judge import judge
from aigov.model import Bound, Crashed, Observation, Verdict, Waiver
from aigov.plan import PlannedRule

NUMBERS = st.one_of(st.sampled_from([0.0, 0.5, 1.0, math.nan, math.inf]), st.floats(-2, 2, allow_nan=False))
NAMES = st.sampled_from(["a", "b"])


@st.composite
def measurements(draw):
    value = draw(NUMBERS)
    if draw(st.booleans()):
        return Measurement(value, "number")
    below, above = draw(st.floats(0, 1)), draw(st.one_of(st.floats(0, 1), st.just(math.inf)))
    return Measurement(value, "number", Interval(value - below, value + above, 0.95), draw(st.integers(1, 500)))


@st.composite
def bounds(draw):
    kind = draw(st.sampled_from(["min", "max", "equals"]))
    return Bound(
        draw(NAMES),
        unit=draw(st.sampled_from([None, "number", "ratio"])),
        **{kind: draw(st.floats(-2, 2, allow_nan=False))},
    )


OUTCOMES = st.one_of(
    st.dictionaries(NAMES, measurements()).map(lambda found: Measured(FrozenMap(found))),
    st.just(NotPerformed(msg("x.y"))),
    st.just(Crashed("boom")),
)


def holds(bound: Bound, measurement: Measurement | None) -> bool:
    """The definition, written a second time and differently: every point of the interval satisfies the bound."""
    if measurement is None or not math.isfinite(measurement.value) or bound.unit not in (None, measurement.unit):
        return False
    ends = (measurement.low, measurement.high)
    if any(math.isnan(end) for end in ends):
        return False
    if bound.equals is not None:
        return set(ends) == {bound.equals}
    return all(end >= bound.min for end in ends) if bound.min is not None else all(end <= bound.max for end in ends)


def planned(the_rule, truth=Truth.TRUE):
    book = policy(the_rule)
    return PlannedRule(book, book.controls[0], the_rule, Answer(truth, ()), "k")


def observation(outcome):
    return Observation("k", "t.count", 1, FrozenMap(), FrozenMap({"d": "ab" * 32}), outcome)


@given(OUTCOMES, st.lists(bounds(), max_size=3), st.sampled_from(Truth))
def test_pass_iff_measured_and_every_bound_present_finite_and_holding_over_its_interval(outcome, required, truth):
    finding = judge(planned(rule(require=tuple(required)), truth), observation(outcome), (), TODAY)
    should_pass = (
        truth is Truth.TRUE
        and isinstance(outcome, Measured)
        and len(required) > 0
        and all(holds(bound, outcome.measurements.get(bound.measurement)) for bound in required)
    )
    assert (finding.verdict is Verdict.PASS) == should_pass
    assert finding.sentence("en")
    assert finding.sentence("zh-CN")


@given(OUTCOMES.filter(lambda found: isinstance(found, Measured)), st.lists(bounds(), min_size=1, max_size=3))
def test_what_is_absent_is_not_assessed_and_never_an_error_or_a_pass(measured, required):
    finding = judge(planned(rule(require=tuple(required))), observation(measured), (), TODAY)
    absent = [bound for bound in required if bound.measurement not in measured.measurements]
    there = [bound for bound in required if bound.measurement in measured.measurements]
    rest = (
        judge(planned(rule(require=tuple(there))), observation(measured), (), TODAY).verdict if there else Verdict.PASS
    )
    if absent:
        graver = rest in {Verdict.FAIL, Verdict.ERROR}
        assert finding.verdict is (rest if graver else Verdict.NOT_ASSESSED)
    else:
        assert finding.verdict is rest


@given(OUTCOMES, st.lists(bounds(), max_size=3), st.booleans())
def test_a_waiver_never_changes_a_verdict(outcome, required, covers_the_bytes):
    the_rule = planned(rule(require=tuple(required)))
    digest = "ab" * 32 if covers_the_bytes else "cd" * 32
    waiver = Waiver("w", "p", "c", None, (digest,), "because", "me", TODAY, TODAY)
    without = judge(the_rule, observation(outcome), (), TODAY)
    with_it = judge(the_rule, observation(outcome), (waiver,), TODAY)
    assert (with_it.verdict, with_it.reason) == (without.verdict, without.reason)
    assert (with_it.waiver == "w") == (covers_the_bytes and without.verdict is Verdict.FAIL)


def test_a_rule_whose_observation_is_gone_is_an_error():
    assert judge(planned(rule()), None, (), TODAY).verdict is Verdict.ERROR
