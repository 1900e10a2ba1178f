"""What is said about names where no language model looked for them: found where announced, and otherwise open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from aigov import Interval, Measurement, Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aigov_checks.data.split import Params

_NAMES = tuple(f"{base}[type=person-name]" for base in ("occurrences", "records_affected", "affected_share"))


def declared(found: Mapping[str, Measurement], params: Params) -> dict[str, Measurement]:
    """Return the measurements with those of names open upwards, because names in free text are partly covered."""
    if _model(params):
        return dict(found)
    return {name: _open(value) if name in _NAMES else value for name, value in found.items()}


def _open(value: Measurement) -> Measurement:
    high = 1.0 if value.unit == "ratio" else math.inf
    limits = value.limits or msg("data.names-partly")
    return replace(value, interval=Interval(value.low, high), limits=limits)


def notes(family: str, params: Params) -> Iterator[Message]:
    """Yield the note about names: which model looked for them and where, or that none did."""
    if family != "pii" or (params.types and "person-name" not in params.types):
        return
    if not _model(params):
        yield msg("data.names-partly")
        return
    scope = msg(f"data.ner-scope-{getattr(params, 'ner_scope', 'candidates')}")
    yield msg("data.names-by-model", model=_model(params), scope=scope)


def _model(params: Params) -> str:
    return str(getattr(params, "ner", ""))
