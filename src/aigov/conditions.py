"""Whether a condition over the context facts of a subject holds, in three values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov.i18n import FrozenMap
    from aigov.model import Condition


class Truth(Enum):
    """Kleene's strong three values; `UNKNOWN` where a fact was not declared."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of a condition and the facts that decided it, as `context.markets = CN, EU`."""

    truth: Truth
    facts: tuple[str, ...]


def evaluate(condition: Condition | None, context: FrozenMap[str, object]) -> Answer:
    """Return whether the condition holds; no condition always holds."""
    if condition is None:
        return Answer(Truth.TRUE, ())
    if condition.op in ("all", "any", "not"):
        return _combine(condition, context)
    name = condition.fact.removeprefix("context.")
    shown = f"context.{name}"
    if condition.op == "exists":
        return Answer(_truth((name in context) == bool(condition.value)), (shown,))
    if name not in context:
        return Answer(Truth.UNKNOWN, (shown,))
    value = context[name]
    return Answer(_truth(_compare(condition, value)), (f"{shown} = {_show(value)}",))


def _combine(condition: Condition, context: FrozenMap[str, object]) -> Answer:
    answers = [evaluate(part, context) for part in condition.of]
    values = [answer.truth.value for answer in answers]
    if condition.op == "not":
        truth = Truth(2 - max(values, default=0))
    elif condition.op == "all":
        truth = Truth(min(values, default=2))
    else:
        truth = Truth(max(values, default=0))
    deciding = [a for a in answers if a.truth is truth or condition.op == "not"]
    return Answer(truth, tuple(dict.fromkeys(fact for answer in deciding for fact in answer.facts)))


def _compare(condition: Condition, value: object) -> bool:
    wanted = condition.value
    match condition.op:
        case "equals":
            return _same(value, wanted)
        case "contains":
            items = value if isinstance(value, tuple | list) else (value,)
            return any(_same(item, wanted) for item in items)
        case "in":
            options = wanted if isinstance(wanted, tuple) else (wanted,)
            return any(_same(value, option) for option in options)
        case _:
            raise ValueError(f"unknown operator {condition.op!r}")  # the policy schema lists them


def _same(one: object, other: object) -> bool:
    """Compare without taking 1 for true."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _truth(value: bool) -> Truth:  # noqa: FBT001  # it lifts a truth value
    return Truth.TRUE if value else Truth.FALSE


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
