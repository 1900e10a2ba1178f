"""`when` and `applies` of a policy file to a Condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov.i18n import FrozenMap, msg
from aigov.load.node import pointer
from aigov.model import Condition

if TYPE_CHECKING:
    from aigov.load.document import Document

_GROUPS = ("all", "any", "not")
_TESTS = ("equals", "contains", "in", "exists")


def read_condition(value: FrozenMap[str, Any], document: Document, at: str) -> Condition:
    """Return the condition at a JSON pointer; the schema has checked the kinds of its values.

    Raises:
        InputError: it is not exactly one of `all`, `any`, `not`, or a fact with exactly one test.
    """
    groups = [key for key in _GROUPS if key in value]
    tests = [key for key in _TESTS if key in value]
    if len(groups) == 1 and len(value) == 1:
        return _group(groups[0], value[groups[0]], document, at)
    if not groups and len(tests) == 1 and "fact" in value:
        return Condition(tests[0], fact=value["fact"], value=value[tests[0]])
    raise document.error(msg("policy.condition"), at, msg("policy.condition.hint"))


def _group(op: str, parts: Any, document: Document, at: str) -> Condition:  # as parsed from YAML
    if op == "not":
        return Condition(op, (read_condition(parts, document, at + pointer(op)),))
    return Condition(op, tuple(read_condition(part, document, at + pointer(op, i)) for i, part in enumerate(parts)))
