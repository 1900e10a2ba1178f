"""What the tool writes is what its schemas say."""

from __future__ import annotations

import json
import math

import pytest
from builders import TODAY, policy, rule, run, subject
from jsonschema import Draft202012Validator

from aigov import FrozenMap, Interval, Location, Measured, Measurement, NotPerformed, Observation, Occurrence, msg
from aigov.audit import assess
from aigov.codec import dump_assessment, to_json
from aigov.conditions import Answer, Truth
from aigov.formats import observation_json, occurrences_json
from aigov.load.schema import schema_of
from aigov.model import (
    Agreement,
    ArtifactStatus,
    Bar,
    Comparison,
    Condition,
    Crashed,
    Evidence,
    Example,
    Figure,
    Raster,
    Redacted,
    Shade,
    Status,
    Tier,
    Trace,
    Waiver,
)
from aigov.plan import Plan, PlannedRule

OCCURRENCE = Occurrence(
    "cn.resident-id",
    Location("data/日志.jsonl", record=17, line=18, pointer="/note", start=11, end=29, byte_start=4711, byte_end=4729),
    msg("x"),
    Tier.VERIFIED,
    "cn.resident-id@1",
    Redacted("110***"),
    "hmac-sha256:" + "a" * 64,
)
MEASURED = Measured(
    {
        "hits": Measurement(1, "count", Interval(1, math.inf), limits=msg("x")),
        "share": Measurement(0.5, "ratio", Interval(0.4, 0.6, 0.95), n=100),
        "broken": Measurement(math.nan, "number"),
    },
    occurrences=(OCCURRENCE, Occurrence("pickle.global", Location("a.pkl"), msg("y"))),
    artifacts=(ArtifactStatus("a.pkl", "pickle", Status.UNSAFE, msg("z")), ArtifactStatus("b", "", Status.CLEAN)),
    facts=FrozenMap({"seed": 1}),
    comparisons=(Comparison(msg("c"), msg("m"), Agreement.CONTRADICTS, Location("r.yaml", line=3, pointer="/a")),),
    figures=(Figure(msg("t"), msg("c"), msg("x"), msg("y"), (Trace(msg("l"), (0.0, 1.0), (1.0, math.inf)),)),),
    evidence=(Evidence("e.json", "0" * 64, "application/json", msg("d")),),
    notes=(msg("n", value=1),),
    examples=(
        Example(
            msg("t"),
            (msg("l", value=1),),
            rasters=(Raster(msg("r"), 2, 1, Shade.SIGNED, "80ff"),),
            bars=(Bar(msg("b"), 1.0, math.nan, 0.5, "g"),),
        ),
    ),
)
OUTCOMES = [MEASURED, NotPerformed(msg("extra.missing", module="onnx", extra="robustness")), Crashed("ValueError: x")]


def observation(outcome) -> Observation:
    return Observation(
        "t.count#1", "t.count", 1, FrozenMap({"eps": 0.1, "curve": (1.0, 2.0)}), FrozenMap({"a": "0" * 64}), outcome
    )


def errors(value, schema: str) -> list[str]:
    return [
        error.message for error in Draft202012Validator(schema_of(schema)).iter_errors(json.loads(json.dumps(value)))
    ]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_an_observation_is_written_as_its_schema_says(outcome):
    assert errors(observation_json(observation(outcome)), "observation") == []


def test_an_occurrence_is_written_as_its_schema_says():
    written = list(occurrences_json(observation(MEASURED)))
    assert [errors(item, "occurrence") for item in written] == [[], []]
    assert set(written[0]) <= set(schema_of("occurrence")["properties"])


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_an_assessment_is_written_as_its_schema_says(outcome):
    book = policy(rule(), applies=Condition("contains", fact="context.markets", value="CN"))
    planned = PlannedRule(book, book.controls[0], book.controls[0].rules[0], Answer(Truth.TRUE, ()), "t.count#1")
    waiver = Waiver("w", "p", "c", None, (), "", "", None, None, malformed=msg("waivers.blank", key="x"), line=4)
    seen = observation(outcome)
    found = assess(Plan(subject(), (), (planned,)), (book,), (), (waiver,), TODAY, {}, run())
    written = dump_assessment(found) | {"observations": [to_json(seen)]}
    assert errors(written, "assessment") == []


def test_the_schema_of_an_assessment_refuses_what_is_none():
    assert errors({"schema": "aigov/assessment/v1"}, "assessment")
    assert errors({"schema": "aigov/observation/v1", "outcome": "measured"}, "observation")
