"""Policies and a subject to the work that must be done; every mistake of a policy surfaces here, before any work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

from aigov.check import Check
from aigov.conditions import Answer, Truth, evaluate
from aigov.errors import Place, PolicyError, UsageError
from aigov.i18n import msg
from aigov.model import Bound, Control, Policy, Rule, Subject, base_name
from aigov.parameters import make_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One observation to make: a check with its parameters, and the keys of what it builds on."""

    key: str
    check: Check[Any]  # Any: every check has parameters of its own
    params: Any  # the check's own dataclass
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One finding to reach, with whether its policy and its `when` apply."""

    policy: Policy
    control: Control
    rule: Rule
    applies: Answer
    observation: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to do, in order: a check comes after those whose observations it uses."""

    subject: Subject
    checks: tuple[PlannedCheck, ...]
    rules: tuple[PlannedRule, ...]


def make_plan(policies: Sequence[Policy], subject: Subject, checks: Mapping[str, Check[Any]]) -> Plan:
    """Return the plan of an audit.

    Raises:
        PolicyError: a policy names what does not exist; all its mistakes are in `problems_of`.
    """
    seen: set[str] = set()
    for policy in policies:
        if policy.id in seen:
            raise PolicyError(msg("plan.duplicate-policy", policy=policy.id), Place(policy.path))
        seen.add(policy.id)
        for problem in problems_of(policy, checks):
            raise problem
    planned: list[PlannedCheck] = []
    rules = [_plan_rule(policy, control, rule, subject, checks, planned) for policy, control, rule in _rules(policies)]
    return Plan(subject, _with_listeners(planned), tuple(rules))


def plan_check(
    subject: Subject, check: Check[Any], params: Any, checks: Mapping[str, Check[Any]]
) -> Plan:  # Any: the check's dataclass
    """Return the plan that runs one check without a policy, and before it those that it uses."""
    planned: list[PlannedCheck] = []
    _plan_check(check, params, checks, planned)
    return Plan(subject, tuple(planned), ())


def problems_of(policy: Policy, checks: Mapping[str, Check[Any]]) -> tuple[PolicyError, ...]:
    """Return every reference of a policy that no installed check satisfies, in the order of its lines."""
    return tuple(
        problem
        for control in policy.controls
        for rule in control.rules
        for problem in _rule_problems(policy, rule, checks)
    )


def _rules(policies: Iterable[Policy]) -> Iterable[tuple[Policy, Control, Rule]]:
    return ((policy, control, rule) for policy in policies for control in policy.controls for rule in control.rules)


def _plan_rule(  # noqa: PLR0913, PLR0917  # the loop of make_plan, named
    policy: Policy,
    control: Control,
    rule: Rule,
    subject: Subject,
    checks: Mapping[str, Check[Any]],
    planned: list[PlannedCheck],
) -> PlannedRule:
    applies = _applies(policy, rule, subject)
    if rule.check is None or applies.truth is not Truth.TRUE:
        return PlannedRule(policy, control, rule, applies, None)
    check = checks[rule.check]
    key = _plan_check(check, make_parameters(check, rule.parameters), checks, planned)
    return PlannedRule(policy, control, rule, applies, key)


def _applies(policy: Policy, rule: Rule, subject: Subject) -> Answer:
    whole = evaluate(policy.applies, subject.context)
    if whole.truth is Truth.FALSE:
        return whole
    return evaluate(rule.when, subject.context)


def _plan_check(
    check: Check[Any], params: Any, checks: Mapping[str, Check[Any]], planned: list[PlannedCheck]
) -> str:  # Any: the check's dataclass
    """Add an observation unless the same one is planned already, and return its key."""
    for done in planned:
        if done.check.id == check.id and done.params == params:
            return done.key
    uses = tuple(_use(checks[used], checks, planned) for used in check.uses if used in checks)
    key = f"{check.id}#{1 + sum(done.check.id == check.id for done in planned)}"
    planned.append(PlannedCheck(key, check, params, uses))
    return key


def _use(check: Check[Any], checks: Mapping[str, Check[Any]], planned: list[PlannedCheck]) -> str:
    """Return what a dependent check is handed: the first planned observation, or one with default parameters."""
    for done in planned:
        if done.check.id == check.id:
            return done.key
    return _plan_check(check, check.params(), checks, planned)


def _with_listeners(planned: Sequence[PlannedCheck]) -> tuple[PlannedCheck, ...]:
    """Return the checks with what those that listen are handed, each after those whose observations it is handed."""
    known = {done.key: done for done in planned}
    for done in planned:
        heard = [first.key for first in map(partial(_first, planned), done.check.listens) if first is not None]
        more = [key for key in heard if key not in done.uses and done.key not in _behind(key, known)]
        known[done.key] = replace(done, uses=(*done.uses, *more))
    ordered: dict[str, PlannedCheck] = {}
    for key in known:
        ordered |= {needed: known[needed] for needed in _behind(key, known) if needed not in ordered}
    return tuple(ordered.values())


def _first(planned: Sequence[PlannedCheck], id_: str) -> PlannedCheck | None:
    return next((done for done in planned if done.check.id == id_), None)


def _behind(key: str, known: Mapping[str, PlannedCheck]) -> tuple[str, ...]:
    """Return a check and everything that it is handed, directly or not, in the order in which it must be done."""
    return tuple(dict.fromkeys([*(found for used in known[key].uses for found in _behind(used, known)), key]))


def _rule_problems(policy: Policy, rule: Rule, checks: Mapping[str, Check[Any]]) -> Iterable[PolicyError]:
    if rule.check is None:
        return
    place = Place(policy.path, rule.line)
    check = checks.get(rule.check)
    if check is None:
        near = get_close_matches(rule.check, checks, n=1)
        hint = msg("plan.did-you-mean", known=near[0]) if near else msg("usage.known", known=tuple(checks))
        yield PolicyError(msg("plan.unknown-check", rule=rule.id, check=rule.check), place, hint)
        return
    try:
        make_parameters(check, rule.parameters)
    except UsageError as error:
        yield PolicyError(msg("plan.bad-parameter", rule=rule.id, problem=error.message), place, error.hint)
    for bound in rule.require:
        problem = _bound_problem(rule, bound, check, place)
        if problem is not None:
            yield problem


def _bound_problem(rule: Rule, bound: Bound, check: Check[Any], place: Place) -> PolicyError | None:
    name = base_name(bound.measurement)
    if name not in check.measures:
        hint = msg("usage.known", known=tuple(check.measures))
        return PolicyError(msg("plan.unknown-measurement", rule=rule.id, check=check.id, name=name), place, hint)
    unit = check.measures[name]
    if bound.unit not in (None, unit):
        return PolicyError(msg("plan.wrong-unit", rule=rule.id, name=name, unit=unit, found=str(bound.unit)), place)
    limits = [value for value in (bound.min, bound.max, bound.equals) if value is not None]
    if unit == "ratio" and any(not 0 <= value <= 1 for value in limits):
        return PolicyError(
            msg("plan.not-a-ratio", rule=rule.id, name=name, value=limits[0]), place, msg("plan.not-a-ratio.hint")
        )
    if unit == "boolean" and (bound.equals not in (0.0, 1.0)):
        return PolicyError(msg("plan.not-a-boolean", rule=rule.id, name=name), place)
    return None
