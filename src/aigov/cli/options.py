"""Option values that need more than a type."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, UsageError
from aigov.i18n import msg
from aigov.model import Assessment, Conclusion, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER = "never"
SEVERITIES = (*(severity.word for severity in Severity), NEVER)
_LONGEST_KEY = 65_536
_SHORTEST_KEY = 16


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """Return `name=value` texts as a dictionary.

    Raises:
        UsageError: one has no `=`.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(msg("usage.bad-pair", text=text))
        found[name.strip()] = value
    return found


def numbers(texts: Sequence[str]) -> dict[str, float]:
    """Return `name=number` texts as a dictionary.

    Raises:
        UsageError: one is not of that form.
    """
    try:
        return {name: float(value) for name, value in pairs(texts).items()}
    except ValueError as error:
        raise UsageError(msg("usage.bad-pair", text=", ".join(texts))) from error


def day(text: str | None) -> date | None:
    """Return an ISO date.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(msg("usage.bad-date", text=text)) from error


def redaction_key(path: str | None) -> bytes | None:
    """Return the content of a key file of at least 16 bytes; None without a path.

    Raises:
        InputError: it cannot be read or is too short.
    """
    if path is None:
        return None
    from aigov.load.document import read_bytes  # start-up time

    key = read_bytes(path, _LONGEST_KEY).strip()
    if len(key) < _SHORTEST_KEY:
        raise InputError(msg("redact.short-key", bytes=_SHORTEST_KEY), Place(path))
    return key


def exit_code(assessment: Assessment, fail_on: str) -> int:
    """Return 1 where something unwaived failed at or above `fail_on`, 3 where something is open, else 0."""
    if fail_on != NEVER and assessment.blocking(Severity[fail_on.upper()]):
        return 1
    judged_nothing = assessment.conclusion is Conclusion.INCOMPLETE
    return 3 if assessment.open or judged_nothing else 0
