"""Small valid values of the vocabulary, for tests to vary."""

from __future__ import annotations

from datetime import UTC, date, datetime

from aigov.check import check
from aigov.model import (
    Bound,
    Citation,
    Control,
    Dataset,
    FrozenMap,
    Policy,
    Role,
    Rule,
    Run,
    Severity,
    Subject,
    Text,
    Verification,
)

HITS_AT_MOST_0 = (Bound("hits", max=0.0),)
TODAY = date(2026, 11, 23)
DOC = "What it measures\nx\nWhy it matters\nx\nHow\nx\nLimits\nx\nReferences\nx\n"


def rule(name: str = "r", check_id: str | None = "t.count", require=HITS_AT_MOST_0, **more) -> Rule:
    return Rule(name, check_id, require=require, **more)


def policy(*rules: Rule, **more) -> Policy:
    citation = Citation("ours", Verification.PRIMARY, TODAY)
    control = Control("c", Text("control", "控制"), citation, Severity.HIGH, rules)
    return Policy("p", "1", Text("policy", "策略"), "in-force", "0" * 64, (control,), **more)


def subject(**more) -> Subject:
    return Subject("s", datasets=(Dataset("d", Role.DATASET, value=[1]),), **more)


def make_check(function, params, measures=None, id_="t.count", **more):
    return check(id=id_, title="t", inputs=("dataset",), measures=measures or {"hits": "count"}, params=params, **more)(
        function
    )


def run() -> Run:
    moment = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    return Run(moment, moment, "0.1.0", "3.11", "Linux x86_64", "serial", FrozenMap())
