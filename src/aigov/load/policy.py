"""A policy file to a Policy: every mistake that can be seen without the installed checks, with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from aigov.errors import InputError, PolicyError
from aigov.i18n import FrozenMap, Message, Text, msg
from aigov.load.bound import (
    Parameters,
    default_problems,
    read_bound,
    read_parameters,
    tighten,
    without_overrides,
    words,
)
from aigov.load.condition import read_condition
from aigov.load.document import Document, load_document
from aigov.load.node import pointer
from aigov.load.schema import problems
from aigov.load.shipped import find_policy, name_of, shipped_policies
from aigov.model import (
    Bound,
    Citation,
    Condition,
    Control,
    Covers,
    Policy,
    Rule,
    Severity,
    Verification,
)
from aigov.model import Mapping as MapsTo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Lint", "find_policy", "lint_policy", "load_policy", "shipped_policies"]

NONE: Mapping[str, float] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Lint:
    """What a policy file holds, and everything that is wrong with it."""

    policy: Policy | None
    """What could be built of it, for further checks; None where the file has not the shape of a policy."""
    problems: tuple[PolicyError, ...]


def load_policy(path: str | Path, overrides: Mapping[str, float] = NONE, *, name: str | None = None) -> Policy:
    """Return the policy in a file; `overrides` are the user's values of its parameters, which may only ask more.

    Reports and errors call the file `name`, or else as given.

    Raises:
        InputError: the file cannot be read.
        PolicyError: it is not a policy, contradicts itself, or an override would loosen it; the first mistake by line.
    """
    found = lint_policy(path, overrides, name=name)
    if found.policy is None or found.problems:
        raise _first(found.problems)
    return found.policy


def lint_policy(path: str | Path, overrides: Mapping[str, float] = NONE, *, name: str | None = None) -> Lint:
    """Return the policy in a file with all its mistakes, in the order of lines.

    Raises:
        InputError: the file cannot be read at all.
    """
    document = load_document(path, name=name or name_of(path))
    wrong = problems(document, "policy")
    if wrong:
        return Lint(None, tuple(_as_policy_error(problem) for problem in wrong))
    reading = _Reading(document)
    parameters = reading.parameters(overrides)
    policy = reading.policy(parameters)
    found = sorted(reading.problems, key=lambda error: (error.place.line or 0) if error.place else 0)
    return Lint(policy, tuple(found))


@dataclass(slots=True)
class _Reading:
    """One policy file on its way to a Policy; mistakes are collected, so that lint can show them all."""

    document: Document
    problems: list[PolicyError] = field(default_factory=list)

    def parameters(self, overrides: Mapping[str, float]) -> Parameters:
        """Return the parameters with their values; the defaults where the overrides cannot be taken."""
        declared = read_parameters(self.document)
        self.problems.extend(_as_policy_error(problem) for problem in default_problems(declared, self.document))
        try:
            return tighten(declared, overrides, self.document)
        except InputError as error:
            self.problems.append(_as_policy_error(error))
            return without_overrides(declared)

    def policy(self, parameters: Parameters) -> Policy:
        """Return the whole policy."""
        root: FrozenMap[str, Any] = self.document.value
        metadata: FrozenMap[str, Any] = root["metadata"]
        controls = tuple(
            self.control(item, parameters, pointer("controls", i)) for i, item in enumerate(root["controls"])
        )
        self.unique("control", [(item["id"], pointer("controls", i)) for i, item in enumerate(root["controls"])])
        return Policy(
            id=metadata["id"],
            edition=str(metadata["edition"]),
            title=words(metadata["title"]),
            status=metadata["status"],
            sha256=self.document.sha256,
            controls=controls,
            issued=_day(metadata.get("issued")),
            applies_from=_day(metadata.get("applies_from")),
            issuer=_words(metadata, "issuer"),
            applies=self.condition(root, "applies", ""),
            parameters=parameters.declared,
            note=_words(metadata, "note"),
            path=self.document.path,
        )

    def control(self, item: FrozenMap[str, Any], parameters: Parameters, at: str) -> Control:
        """Return one control with its rules."""
        citation = item["citation"]
        rules = item["rules"]
        self.unique("rule", [(rule["id"], at + pointer("rules", i)) for i, rule in enumerate(rules)])
        return Control(
            id=item["id"],
            title=words(item["title"]),
            citation=Citation(
                citation["ref"],
                Verification(citation["verified"]),
                _day(citation["checked"]) or date.min,
                citation.get("note", ""),
            ),
            severity=_severity(item["severity"]),
            rules=tuple(self.rule(rule, parameters, at + pointer("rules", i)) for i, rule in enumerate(rules)),
            maps_to=tuple(MapsTo(m["framework"], m["id"], m["relation"]) for m in item.get("maps_to", ())),
        )

    def rule(self, item: FrozenMap[str, Any], parameters: Parameters, at: str) -> Rule:
        """Return one rule; it tests something or asks a question, never both."""
        self.purpose(item, at)
        require = (
            self.bound(bound, parameters, at + pointer("require", i)) for i, bound in enumerate(item.get("require", ()))
        )
        return Rule(
            id=item["id"],
            check=item.get("check"),
            parameters=self.arguments(item, parameters, at),
            when=self.condition(item, "when", at),
            require=tuple(bound for bound in require if bound is not None),
            covers=Covers(item.get("covers", "partial")),
            severity=_severity(item["severity"]) if "severity" in item else None,
            remediation=_words(item, "remediation"),
            question=_words(item, "question"),
            line=self.document.line(at),
        )

    def purpose(self, item: FrozenMap[str, Any], at: str) -> None:
        """Note a rule that can conclude nothing, or two things at once."""
        automated = [key for key in ("check", "require", "parameters") if key in item]
        if "question" in item and automated:
            self.note(msg("policy.question-and-check", rule=item["id"]), at)
        if "question" not in item and not {"check", "require"} <= set(automated):
            self.note(msg("policy.empty-rule", rule=item["id"]), at)

    def arguments(self, item: FrozenMap[str, Any], parameters: Parameters, at: str) -> FrozenMap[str, object]:
        """Return the parameters for the check, with `$name` replaced."""
        found: dict[str, object] = {}
        for name, value in item.get("parameters", FrozenMap()).items():
            found[name] = value
            if isinstance(value, str) and value.startswith("$"):
                try:
                    found[name] = parameters.resolve(value[1:], self.document, at + pointer("parameters", name))
                except InputError as error:
                    self.problems.append(_as_policy_error(error))
        return FrozenMap(found)

    def bound(self, item: FrozenMap[str, Any], parameters: Parameters, at: str) -> Bound | None:
        """Return one bound, or None with a problem noted."""
        try:
            return read_bound(item, parameters, self.document, at)
        except InputError as error:
            self.problems.append(_as_policy_error(error))
            return None

    def condition(self, item: FrozenMap[str, Any], key: str, at: str) -> Condition | None:
        """Return the condition under `key`, or None where there is none or it is wrong."""
        if key not in item:
            return None
        try:
            return read_condition(item[key], self.document, at + pointer(key))
        except InputError as error:
            self.problems.append(_as_policy_error(error))
            return None

    def unique(self, kind: str, ids: list[tuple[str, str]]) -> None:
        """Note every id that was used before."""
        seen: dict[str, int | None] = {}
        for id_, at in ids:
            line = self.document.line(at)
            if id_ in seen:
                self.note(msg(f"policy.duplicate-{kind}", id=id_, first=seen[id_] or 0), at)
            seen.setdefault(id_, line)

    def note(self, message: Message, at: str) -> None:
        """Add a problem."""
        self.problems.append(_as_policy_error(self.document.error(message, at)))


def _first(found: tuple[PolicyError, ...]) -> PolicyError:
    first = found[0]
    if len(found) == 1:
        return first
    more = msg("policy.more", count=len(found) - 1)
    hint = msg("schema.hints", one=first.hint, two=more) if first.hint else more
    return PolicyError(first.message, first.place, hint)


def _as_policy_error(error: InputError) -> PolicyError:
    return PolicyError(error.message, error.place, error.hint)


def _words(item: FrozenMap[str, Any], key: str) -> Text | None:
    return words(item[key]) if key in item else None


def _severity(word: str) -> Severity:
    return Severity[word.upper()]


def _day(value: date | str | None) -> date | None:
    """Return a date that stands with or without quotes; the schema has checked its form."""
    return date.fromisoformat(value) if isinstance(value, str) else value
