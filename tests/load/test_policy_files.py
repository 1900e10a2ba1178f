"""Policy files: what they mean, and every mistake with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import PolicyError, UsageError
from aigov.load.policy import find_policy, lint_policy, load_policy
from aigov.model import Bound, Condition, Covers, Severity, Stricter, Verification

POLICY = """apiVersion: aigov/v1
kind: Policy
metadata:
  id: plant
  edition: 2026-01-07
  title: {en: Plant, zh: 工厂}
  status: in-force
  issued: 2026-01-07
applies: {any: [{fact: context.markets, contains: CN}, {not: {fact: context.generative, exists: true}}]}
parameters:
  least: {type: ratio, default: 0.6, stricter: higher, why: {en: e, zh: z}}
  most: {type: count, default: 3, stricter: lower}
controls:
  - id: c1
    title: {en: One, zh: 一}
    citation: {ref: ours, verified: primary, checked: "2026-11-23"}
    severity: high
    rules:
      - id: r1
        check: model.robustness
        parameters: {eps: 0.1, floor: $least}
        when: {all: [{fact: context.sector, in: [machinery, energy]}]}
        require:
          - {measurement: robust_accuracy, min: $least}
          - {measurement: clean_accuracy, max: 1}
        covers: full
      - id: r2
        check: data.pii
        severity: critical
        require: [{measurement: records_affected, max: $most, unit: count}, {measurement: good, equals: true}]
      - id: r3
        question: {en: Is it?, zh: 是吗？}
    maps_to: [{framework: cwe, id: CWE-359, relation: related}]
"""


@pytest.fixture
def write(tmp_path):
    def make(text: str = POLICY):
        path = tmp_path / "policy.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_a_policy_is_read_whole(write):
    policy = load_policy(write())
    assert (policy.id, policy.edition, policy.title.zh, policy.issued) == (
        "plant",
        "2026-01-07",
        "工厂",
        date(2026, 1, 7),
    )
    assert policy.applies == Condition(
        "any",
        (
            Condition("contains", fact="context.markets", value="CN"),
            Condition("not", (Condition("exists", fact="context.generative", value=True),)),
        ),
    )
    assert policy.parameters["least"].stricter is Stricter.HIGHER
    (control,) = policy.controls
    assert control.citation.verified is Verification.PRIMARY
    assert control.citation.checked == date(2026, 11, 23)
    first, second, question = control.rules
    assert first.require == (Bound("robust_accuracy", min=0.6, unit="ratio"), Bound("clean_accuracy", max=1.0))
    assert dict(first.parameters) == {"eps": 0.1, "floor": 0.6}
    assert first.when.of[0].value == ("machinery", "energy")
    assert (first.line, first.covers, first.severity) == (19, Covers.FULL, None)
    assert second.require[1] == Bound("good", equals=1.0, unit="boolean")
    assert (second.severity, second.covers) == (Severity.CRITICAL, Covers.PARTIAL)
    assert question.question.zh == "是吗？"


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [
        ("  - id: c1\n", "  - id: c1\n    titles: x\n", "schema.unknown-key", 15),
        ("kind: Policy", "kind: Polic", "schema.wrong", 2),
        ("severity: high", "severity: severe", "schema.wrong", 17),
        ("verified: primary", "verified: yes", "schema.wrong", 16),
        ('checked: "2026-11-23"', "checked: soon", "schema.wrong", 16),
        ("title: {en: One, zh: 一}", "title: {en: One}", "schema.required", 15),
        ("min: $least", "min: sixty", "schema.wrong", 24),
        ("min: $least", "min: null", "schema.wrong", 24),
        ("fact: context.sector", "fact: sector", "schema.wrong", 22),
        ("id: r2", "id: r1", "policy.duplicate-rule", 27),
        ("min: $least}", "min: $last}", "policy.unknown-parameter", 24),
        ("floor: $least", "floor: $last", "policy.unknown-parameter", 21),
        ("max: 1}", "max: 1, min: 0}", "policy.one-limit", 25),
        ("max: 1}", "unit: ratio}", "policy.one-limit", 25),
        ("max: 1}", "max: true}", "policy.boolean-limit", 25),
        ("min: $least", "max: $least", "policy.wrong-direction", 24),
        ("default: 0.6", "default: 60", "policy.bad-default", 11),
        ("default: 3", "default: 2.5", "policy.bad-default", 12),
        ("        question: {en: Is it?, zh: 是吗？}\n", "", "policy.empty-rule", 31),
        ("        check: data.pii\n", "", "policy.empty-rule", 27),
        ("        check: data.pii\n", "        check: data.pii\n        question: {en: a, zh: b}\n", "policy.question-and-check", 27),
        ("{all: [{fact: context.sector, in: [machinery, energy]}]}", "{fact: context.sector}", "policy.condition", 22),
        ("{all: [{fact: context.sector, in: [machinery, energy]}]}", "{equals: x}", "policy.condition", 22),
        ("{all: [{fact: context.sector,", "{any: [{fact: context.a, exists: true}], all: [{fact: context.sector,", "policy.condition", 22),
        ("in: [machinery, energy]}", "in: [machinery], equals: x}", "policy.condition", 22),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(write, old, new, message, line):
    assert old in POLICY
    path = write(POLICY.replace(old, new, 1))
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert (caught.value.message.id, caught.value.place.line) == (message, line)
    assert not caught.value.sentence("zh-CN").startswith(message)


def test_a_control_id_that_is_used_twice_is_an_error(write):
    control = POLICY[POLICY.index("  - id: c1") :]
    with pytest.raises(PolicyError) as caught:
        load_policy(write(POLICY + control))
    assert (caught.value.message.id, caught.value.place.line) == ("policy.duplicate-control", 34)
    assert "first on line 14" in str(caught.value)


def test_lint_finds_every_mistake_in_one_go(write):
    text = POLICY.replace("id: r2", "id: r1").replace("max: 1}", "max: true}").replace("default: 3", "default: -1")
    assert [problem.place.line for problem in lint_policy(write(text)).problems] == [12, 25, 27]


def test_a_user_may_tighten(write):
    policy = load_policy(write(), {"least": 0.8, "most": 0})
    first, second, _ = policy.controls[0].rules
    assert first.require[0].min == 0.8
    assert second.require[0].max == 0.0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"least": 0.59}, "policy.loosened"),
        ({"most": 4}, "policy.loosened"),
        ({"least": float("nan")}, "policy.bad-override"),
        ({"least": float("inf")}, "policy.bad-override"),
        ({"least": 80}, "policy.bad-override"),
        ({"most": -1}, "policy.bad-override"),
        ({"most": 1.5}, "policy.bad-override"),
        ({"leasts": 0.9}, "policy.unknown-parameter"),
    ],
)
def test_a_user_may_not_loosen(write, override, message):
    with pytest.raises(PolicyError) as caught:
        load_policy(write(), override)
    assert caught.value.message.id == message


@given(st.floats())
def test_whatever_a_user_gives_the_bound_is_never_looser(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "tighten.yaml"
    path.write_text(POLICY, encoding="utf-8")
    try:
        policy = load_policy(path, {"least": value})
    except PolicyError:
        assert not 0.6 <= value <= 1
    else:
        assert policy.controls[0].rules[0].require[0].min == value >= 0.6


def test_a_policy_is_found_by_id_or_by_path(tmp_path):
    assert find_policy("baseline").name == "baseline.yaml"
    assert find_policy("own.yaml") == find_policy("own.yaml", None)
    assert find_policy("own.yaml", tmp_path) == tmp_path / "own.yaml"
    with pytest.raises(UsageError) as caught:
        find_policy("baselines")
    assert "Did you mean baseline?" in str(caught.value)


def test_a_file_cannot_take_the_place_of_a_shipped_policy(tmp_path):
    (tmp_path / "baseline").write_text(POLICY, encoding="utf-8")
    assert find_policy("baseline", tmp_path).name == "baseline.yaml"
