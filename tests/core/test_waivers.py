"""A waiver does something only for these bytes, in time, and complete; everything else is shown and does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import TODAY, policy, rule

from aigov import FrozenMap, Measured, count, msg
from aigov.conditions import Answer, Truth
from aigov.judge import judge
from aigov.model import Observation, Verdict, Waiver, WaiverState
from aigov.plan import PlannedRule
from aigov.waive import uses_of

DIGEST = "ab" * 32
GOOD = Waiver(
    "w", "p", "c", "r", (DIGEST,), "pilot line only", "Li", TODAY - timedelta(days=9), TODAY + timedelta(days=9)
)


def judged(waivers, hits=1, inputs=(("d", DIGEST),)):
    book = policy(rule())
    observation = Observation("k", "t.count", 1, FrozenMap(), FrozenMap(dict(inputs)), Measured({"hits": count(hits)}))
    planned = PlannedRule(book, book.controls[0], book.controls[0].rules[0], Answer(Truth.TRUE, ()), "k")
    finding = judge(planned, observation, waivers, TODAY)
    return finding, uses_of(waivers, (finding,), (observation,), TODAY)


def test_a_good_waiver_leaves_the_fail_and_takes_its_effect():
    finding, uses = judged((GOOD,))
    assert (finding.verdict, finding.waiver) == (Verdict.FAIL, "w")
    assert uses[0].state is WaiverState.ACTIVE


def test_the_day_of_expiry_is_the_last_day():
    assert judged((replace(GOOD, expires=TODAY),))[0].waived
    assert not judged((replace(GOOD, expires=TODAY - timedelta(days=1)),))[0].waived


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"expires": date(2026, 1, 1)}, WaiverState.EXPIRED),
        ({"expires": None}, WaiverState.MALFORMED),
        ({"approved_on": None}, WaiverState.MALFORMED),
        ({"approved_on": TODAY + timedelta(days=1)}, WaiverState.MALFORMED),
        ({"artifacts": ()}, WaiverState.MALFORMED),
        ({"malformed": msg("waiver.incomplete")}, WaiverState.MALFORMED),
        ({"artifacts": ("cd" * 32,)}, WaiverState.UNBOUND),
        ({"rule": "other"}, WaiverState.UNUSED),
        ({"policy": "other"}, WaiverState.UNUSED),
    ],
)
def test_any_other_waiver_is_shown_and_does_nothing(change, state):
    finding, uses = judged((replace(GOOD, **change),))
    assert (finding.verdict, finding.waiver) == (Verdict.FAIL, None)
    assert uses[0].state is state


def test_new_bytes_void_a_waiver():
    finding, uses = judged((GOOD,), inputs=(("d", DIGEST), ("e", "ef" * 32)))
    assert not finding.waived
    assert uses[0].state is WaiverState.UNBOUND


def test_a_waiver_for_what_passes_is_reported_as_unused():
    assert judged((GOOD,), hits=0)[1][0].state is WaiverState.UNUSED
