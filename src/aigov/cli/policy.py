"""`aigov policy`: find the mistakes of policy files before anything runs, or show one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aigov.cli.policy_allow import allow, allowed
from aigov.cli.settings import complain, current, json_text, tell
from aigov.errors import InputError
from aigov.i18n import Text, msg, say
from aigov.i18n.quantity import write_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aigov.check import Check
    from aigov.model import Bound, Condition, Policy, Rule

SCHEMA = "aigov/policy/v1"


@click.group(name="policy")
def command() -> None:
    """Find the mistakes of policy files, show what a policy asks for, or allow names of one's own."""


command.add_command(allow)
command.add_command(allowed)


@command.command()
@click.argument("paths", metavar="[PATH...]", nargs=-1)
def lint(paths: tuple[str, ...]) -> None:
    """Find every mistake in policy files (default: the installed ones), each with file and line.

    PATH is a file, or the id of an installed policy. Exit code 0 where there is no mistake, else 2.
    """
    from aigov.load.policy import find_policy, shipped_policies  # start-up time
    from aigov.registry import load_checks  # start-up time

    files = tuple(find_policy(path) for path in paths) or shipped_policies()
    checks = load_checks()
    mistakes = [mistake for file in files for mistake in _lint(file, checks)]
    for mistake in mistakes:
        complain(mistake.sentence(current().lang))
    if mistakes:
        tell(msg("policy.lint.mistakes", count=len(mistakes)))
        raise click.exceptions.Exit(2)


@command.command()
@click.argument("name")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
def show(name: str, form: str) -> None:
    """Show the controls and rules of a policy: the id of an installed one, or a file."""
    from aigov.codec import to_json  # start-up time
    from aigov.load.policy import find_policy, load_policy  # start-up time

    policy = load_policy(find_policy(name))
    if form == "json":
        click.echo(json_text({"schema": SCHEMA, **to_json(policy)}, indent=2))
        return
    for line in _lines(policy, current().lang):
        click.echo(_printable(line))


def _lint(file: Path, checks: Mapping[str, Check[Any]]) -> list[InputError]:  # Any: every check has its parameters
    from aigov.load.policy import lint_policy  # start-up time
    from aigov.plan import problems_of  # start-up time

    try:
        found = lint_policy(file)
    except InputError as error:
        return [error]
    references = problems_of(found.policy, checks) if found.policy else ()
    mistakes = sorted((*found.problems, *references), key=lambda error: (error.place.line or 0) if error.place else 0)
    if found.policy and not mistakes:
        rules = sum(len(control.rules) for control in found.policy.controls)
        tell(msg("policy.lint.good", id=found.policy.id, controls=len(found.policy.controls), rules=rules))
    return list(mistakes)


def _lines(policy: Policy, lang: str) -> Iterator[str]:
    yield f"{policy.id} {policy.edition}  {_said(policy.title, lang)}  [{policy.status}]"
    if policy.applies is not None:
        yield f"  {say(msg('policy.show.applies', condition=_condition(policy.applies)), lang)}"
    for control in policy.controls:
        yield ""
        yield f"{control.id}  {_said(control.title, lang)}  [{control.severity.word}]"
        citation = control.citation
        yield f"  {_printable(citation.ref)}  [{citation.verified.value} {citation.checked.isoformat()}]"
        for rule in control.rules:
            yield f"  - {rule.id}: {_rule(rule, lang)}  [{rule.covers.value}]"
        for mapping in control.maps_to:
            yield f"    {mapping.relation} {mapping.framework} {mapping.id}"


def _rule(rule: Rule, lang: str) -> str:
    when = f"  {say(msg('policy.show.when', condition=_condition(rule.when)), lang)}" if rule.when else ""
    if rule.question is not None:
        return f"? {_said(rule.question, lang)}{when}"
    parameters = ", ".join(f"{name}={_value(value)}" for name, value in rule.parameters.items())
    call = f"{rule.check}({_printable(parameters)})" if parameters else str(rule.check)
    return f"{call}: {'; '.join(_bound(bound, lang) for bound in rule.require)}{when}"


def _bound(bound: Bound, lang: str) -> str:
    for sign, value in (("≥", bound.min), ("≤", bound.max), ("=", bound.equals)):
        if value is not None:
            return f"{bound.measurement} {sign} {write_quantity(value, bound.unit or 'number', lang)}"
    return bound.measurement


def _condition(condition: Condition) -> str:
    if condition.of:
        parts = ", ".join(_condition(part) for part in condition.of)
        return f"{condition.op}({parts})"
    return f"{condition.fact} {condition.op} {_value(condition.value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _printable(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _said(text: Text, lang: str) -> str:
    return _printable(say(text, lang))


def _printable(text: str) -> str:
    """Return text without what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)
