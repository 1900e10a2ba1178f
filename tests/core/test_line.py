"""The straight line with checks of the test's own: plan, observe, judge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from builders import DOC, TODAY, make_check, policy, rule, run, subject

from aigov import (
    FrozenMap,
    Measured,
    Measurement,
    MissingExtraError,
    NotPerformed,
    Split,
    Subject,
    Unit,
    check,
    count,
    flag,
    msg,
    ratio,
    split_check,
)
from aigov.audit import assess
from aigov.engine import Pool, Serial, Task
from aigov.engine.port import Died
from aigov.errors import PolicyError
from aigov.judge import judge
from aigov.model import Bound, Condition, Rule, Text, Verdict
from aigov.observe import observe
from aigov.plan import make_plan, problems_of
from aigov.registry import Installed


@dataclass(frozen=True, slots=True)
class NoParams:
    """None."""

    scale: int = 1


def make(function, measures=None, **more):
    return make_check(function, NoParams, measures, **more)


def verdict_of(the_check, the_rule=None, the_subject=None, **policy_more):
    the_rule = the_rule or rule()
    plan = make_plan([policy(the_rule, **policy_more)], the_subject or subject(), {the_check.id: the_check})
    watched = observe(plan, Serial())
    observations = {o.key: o for o in watched.observations}
    return judge(plan.rules[0], observations.get(plan.rules[0].observation), (), TODAY)


def test_a_measured_value_within_its_bound_passes():
    finding = verdict_of(make(lambda subject, params: Measured({"hits": count(0)})))
    assert finding.verdict is Verdict.PASS
    assert finding.sentence("en") == "hits: 0; the policy allows at most 0."


def test_a_violated_bound_fails_and_says_both_numbers():
    finding = verdict_of(make(lambda subject, params: Measured({"hits": count(38)})))
    assert finding.verdict is Verdict.FAIL
    assert finding.sentence("en") == "hits: 38; the policy allows at most 0."
    assert finding.sentence("zh-CN") == "hits：38；策略最多允许 0。"


def test_an_interval_that_contains_the_bound_is_inconclusive_and_says_how_many_samples_would_do():
    the_check = make(lambda subject, params: Measured({"hits": ratio(222, 300)}), {"hits": "ratio"})
    finding = verdict_of(the_check, rule(require=(Bound("hits", min=0.7),)))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.sentence("en") == (
        "hits: 74 % (68.6 % to 78.9 %, n = 300); the policy requires at least 70 %. 300 samples cannot decide it; about 520 would."
    )


@pytest.mark.parametrize(
    ("function", "verdict", "words"),
    [
        (
            lambda s, p: NotPerformed(msg("observe.no-artifact", role="model", subject="s")),
            Verdict.NOT_ASSESSED,
            "s declares no model.",
        ),
        (lambda s, p: 1 / 0, Verdict.ERROR, "ZeroDivisionError"),
        (lambda s, p: Measured({}), Verdict.ERROR, "declared and produced measurements differ: hits"),
        (lambda s, p: Measured({"hits": ratio(1, 2)}), Verdict.ERROR, "has unit ratio, declared count"),
        (
            lambda s, p: Measured({"hits": Measurement(math.nan, "count")}),
            Verdict.ERROR,
            "not measured as a usable number",
        ),
        (lambda s, p: [], Verdict.ERROR, "the check returned list"),
    ],
)
def test_what_goes_wrong_in_a_check_is_a_visible_verdict(function, verdict, words):
    finding = verdict_of(make(function))
    assert finding.verdict is verdict
    assert words in finding.sentence("en")


SOME = {"hits": "count", "error": "number"}


@pytest.mark.parametrize(
    ("found", "required", "verdict", "words"),
    [
        ({}, (Bound("error", max=1.0),), Verdict.NOT_ASSESSED, "t.count did not measure error here"),
        ({"error": Measurement(0.5, "number")}, (Bound("error", max=1.0),), Verdict.PASS, "error"),
        ({"error": Measurement(math.nan, "number")}, (Bound("error", max=1.0),), Verdict.ERROR, "usable number"),
        (
            {"error": Measurement(0.5, "number"), "error[eps=0.1]": Measurement(0.5, "number")},
            (Bound("error[eps=0.2]", max=1.0),),
            Verdict.NOT_ASSESSED,
            "Of this kind it measured: error, error[eps=0.1]",
        ),
        ({}, (Bound("hits", max=0.0), Bound("error", max=1.0)), Verdict.NOT_ASSESSED, "did not measure error"),
        ({"hits": count(1)}, (Bound("hits", max=0.0), Bound("error", max=1.0)), Verdict.FAIL, "hits"),
    ],
)
def test_a_bound_on_what_an_artifact_does_not_have_is_not_assessed_with_the_reason(found, required, verdict, words):
    some = make(lambda s, p: Measured({"hits": count(0), **found}), SOME, optional=("error",))
    finding = verdict_of(some, rule(require=required))
    assert finding.verdict is verdict
    assert words in finding.sentence("en")
    assert finding.sentence("zh-CN") != finding.sentence("en")


def test_what_a_check_promised_to_measure_always_is_an_error_where_it_is_absent():
    finding = verdict_of(
        make(lambda s, p: Measured({"hits": count(0)}), SOME), rule(require=(Bound("error", max=1.0),))
    )
    assert finding.verdict is Verdict.ERROR
    assert "declared and produced measurements differ: error" in finding.sentence("en")


def test_a_missing_extra_is_not_assessed_with_its_install_line():
    def needs(subject, params):
        raise MissingExtraError.of("art", "robustness")

    finding = verdict_of(make(needs))
    assert finding.verdict is Verdict.NOT_ASSESSED
    assert finding.sentence("en") == 'art is not installed: pip install "aigov[robustness]"'


def test_a_subject_without_the_artifact_is_not_assessed():
    finding = verdict_of(make(lambda s, p: Measured({"hits": count(0)})), the_subject=Subject("s"))
    assert finding.verdict is Verdict.NOT_ASSESSED
    assert finding.sentence("en") == "s declares no data set."


def test_a_rule_without_bounds_is_never_a_pass():
    finding = verdict_of(make(lambda s, p: Measured({"hits": count(0)})), rule(require=()))
    assert finding.verdict is Verdict.ERROR


def test_a_question_awaits_a_person():
    question = Rule("q", question=Text("Was the fallback tested?", "是否测试过后备模式？"))
    finding = verdict_of(make(lambda s, p: Measured({"hits": count(0)})), question)
    assert finding.verdict is Verdict.REVIEW


def test_when_decides_applicability_and_an_undeclared_fact_is_not_assessed():
    the_check = make(lambda s, p: Measured({"hits": count(0)}))
    when = Condition("equals", fact="acts_on_physical", value=True)
    no = verdict_of(the_check, rule(when=when), subject(context=FrozenMap({"acts_on_physical": False})))
    unknown = verdict_of(the_check, rule(when=when))
    assert (no.verdict, unknown.verdict) == (Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSED)
    assert no.sentence("en") == "Does not apply: context.acts_on_physical = false."
    assert unknown.sentence("en") == "Whether it applies is unknown: declare context.acts_on_physical in aigov.yaml."


def test_one_finding_for_every_planned_rule_and_identical_work_runs_once():
    calls = []
    the_check = make(lambda s, p: calls.append(1) or Measured({"hits": count(0)}))
    book = policy(rule("a"), rule("b"), rule("c", parameters=FrozenMap({"scale": 2})))
    plan = make_plan([book], subject(), {the_check.id: the_check})
    watched = observe(plan, Serial())
    assert [o.key for o in watched.observations] == ["t.count#1", "t.count#2"]
    assert len(calls) == 2

    assessment = assess(
        plan, (book,), watched.observations, (), TODAY, {the_check.id: Installed(the_check, "t", "1")}, run()
    )
    assert [f.rule.id for f in assessment.findings] == ["a", "b", "c"]


def test_a_split_check_gives_the_same_whatever_the_order_of_its_units():
    def split(subject, params):
        return [Unit(FrozenMap({"number": n}), FrozenMap({"path": f"p{n}"})) for n in (3, 1, 2, 3)]

    seen = []

    def unit(unit, params):
        seen.append(unit.content["number"])
        return unit.content["number"] * params.scale

    def combine(subject, params, parts):
        return Measured({"hits": count(sum(part.result for part in parts))})

    the_check = split_check(
        id="t.count",
        title="t",
        inputs=("dataset",),
        measures={"hits": "count"},
        params=NoParams,
        parts=Split(split, unit, combine),
        doc=DOC,
    )
    finding = verdict_of(the_check)
    assert finding.sentence("en") == "hits: 9; the policy allows at most 0."
    assert sorted(seen) == [1, 2, 3], "equal content is worked on once"


def test_a_check_that_uses_another_receives_its_observation_even_unplanned():
    base = make(lambda s, p: Measured({"hits": count(7)}))

    @check(id="t.sum", title="t", inputs=("dataset",), measures={"sum": "count"}, params=NoParams, uses=("t.count",))
    def total(subject, params, observed):
        return Measured({"sum": count(int(observed["t.count"].outcome.measurements["hits"].value) + 1)})

    book = policy(rule("r", "t.sum", (Bound("sum", max=0.0),)))
    plan = make_plan([book], subject(), {base.id: base, total.id: total})
    watched = observe(plan, Serial())
    assert [o.check for o in watched.observations] == ["t.count", "t.sum"]
    assert watched.observations[1].outcome.measurements["sum"].value == 8


def listening(id_="t.ear", **more):
    @check(id=id_, title="t", inputs=("dataset",), measures={"heard": "count"}, params=NoParams, **more)
    def ear(subject, params, observed):
        return Measured({"heard": count(len(observed))})

    return ear


def test_a_check_that_listens_is_handed_what_is_planned_and_has_nothing_run_for_it():
    base, ear = make(lambda s, p: Measured({"hits": count(7)})), listening(listens=("t.count", "t.none"))
    known = {base.id: base, ear.id: ear}
    first, second = rule("first", "t.ear", (Bound("heard", max=9.0),)), rule("second", "t.count")
    for rules, heard in (((first,), 0), ((first, second), 1), ((second, first), 1)):
        plan = make_plan([policy(*rules)], subject(), known)
        found = {o.check: o.outcome for o in observe(plan, Serial()).observations}
        assert found["t.ear"].measurements["heard"].value == heard
        assert ("t.count" in found) == bool(heard)
        assert [planned.rule.id for planned in plan.rules] == [one.id for one in rules]


def test_checks_that_listen_to_each_other_wait_for_one_of_them_only():
    one, other = listening("t.one", listens=("t.other", "t.one")), listening("t.other", uses=("t.one",))
    both = rule("a", "t.one", (Bound("heard", max=9.0),)), rule("b", "t.other", (Bound("heard", max=9.0),))
    plan = make_plan([policy(*both)], subject(), {"t.one": one, "t.other": other})
    found = {o.check: o.outcome.measurements["heard"].value for o in observe(plan, Serial()).observations}
    assert found == {"t.one": 0, "t.other": 1}


@pytest.mark.parametrize(
    ("the_rule", "words"),
    [
        (rule(check_id="t.cuont"), "names the check t.cuont"),
        (rule(parameters=FrozenMap({"scael": 1})), "has no parameter scael"),
        (rule(parameters=FrozenMap({"scale": "many"})), "cannot be 'many'; expected integer"),
        (rule(require=(Bound("hist", max=0.0),)), "bounds hist, which t.count does not measure"),
        (rule(require=(Bound("hits", max=0.0, unit="ratio"),)), "bounds hits in ratio; it is measured in count"),
        (rule(require=(Bound("share", max=60.0),)), "a ratio lies between 0 and 1"),
        (rule(require=(Bound("ok", max=1.0),)), "write equals: true"),
    ],
)
def test_every_mistake_of_a_policy_surfaces_before_anything_runs(the_rule, words):
    ran = []
    measures = {"hits": "count", "share": "ratio", "ok": "boolean"}
    the_check = make(
        lambda s, p: ran.append(1) or Measured({"hits": count(0), "share": ratio(0, 1), "ok": flag(True)}), measures
    )
    assert len(problems_of(policy(the_rule), {the_check.id: the_check})) == 1
    with pytest.raises(PolicyError, match=words.replace("(", r"\(")):
        make_plan([policy(the_rule)], subject(), {the_check.id: the_check})
    assert not ran


def die_on_two(task: Task) -> int:
    import os

    if task.body == 2:
        os._exit(9)
    return task.body * 10


@pytest.mark.slow
def test_a_task_that_kills_its_worker_is_reported_and_the_others_keep_their_results():
    results = dict(Pool(2).run(die_on_two, [Task(str(n), n) for n in range(5)]))
    assert {key: value for key, value in results.items() if key != "2"} == {"0": 0, "1": 10, "3": 30, "4": 40}
    assert isinstance(results["2"], Died)


def test_a_crash_never_becomes_a_pass():
    finding = verdict_of(make(lambda s, p: {}["x"]))
    assert finding.verdict is Verdict.ERROR


def test_measurements_come_in_the_order_in_which_the_check_declares_them():
    from aigov.testing import run_check

    found = {"hits[eps=0.1]": count(1), "aa": count(1), "hits[eps=0.02]": count(1), "zz": count(1), "hits": count(1)}
    the_check = make(lambda s, p: Measured(found), {"zz": "count", "hits": "count", "aa": "count"})
    assert list(run_check(the_check, subject()).measurements) == ["zz", "hits", "hits[eps=0.02]", "hits[eps=0.1]", "aa"]
