"""A waiver file to waivers; a malformed one is kept, shown and does nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from aigov.i18n import FrozenMap, Message, msg
from aigov.load.document import Document, load_document
from aigov.load.node import pointer
from aigov.load.schema import located_problems
from aigov.model import Waiver

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.errors import InputError


def load_waivers(path: str | Path) -> tuple[Waiver, ...]:
    """Return every waiver of a file, in its order; what is wrong with one is in its `malformed`.

    Raises:
        InputError: the file cannot be read, or is no list of waivers.
    """
    document = load_document(path)
    wrong: defaultdict[str, list[InputError]] = defaultdict(list)
    for at, problem in located_problems(document, "waivers"):
        entry = "/".join(at.split("/")[:3]) if at.startswith("/waivers/") else ""
        wrong[entry].append(problem)
    if wrong[""]:
        raise wrong[""][0]
    seen: set[str] = set()
    found = []
    for index, item in enumerate(document.value["waivers"]):
        at = pointer("waivers", index)
        malformed = wrong[at][0].message if at in wrong else _contradiction(item, seen)
        found.append(_waiver(item, document, at, malformed))
        seen.add(found[-1].id)
    return tuple(found)


def _waiver(item: Any, document: Document, at: str, problem: Message | None) -> Waiver:  # as parsed from YAML
    fields: FrozenMap[str, Any] = item if isinstance(item, FrozenMap) else FrozenMap()
    line = document.line(at)
    artifacts = fields.get("artifacts")
    return Waiver(
        id=_text(fields.get("id")) or at.lstrip("/"),
        policy=_text(fields.get("policy")),
        control=_text(fields.get("control")),
        rule=_text(fields.get("rule")) or None,
        artifacts=tuple(_text(digest) for digest in artifacts) if isinstance(artifacts, tuple) else (),
        justification=_text(fields.get("justification")),
        approved_by=_text(fields.get("approved_by")),
        approved_on=_day(fields.get("approved_on")),
        expires=_day(fields.get("expires")),
        malformed=None if problem is None else msg("waivers.malformed", line=line or 0, problem=problem),
        line=line,
    )


def _contradiction(item: FrozenMap[str, Any], seen: set[str]) -> Message | None:
    """Return what is wrong with a waiver that has every field."""
    if item["id"] in seen:
        return msg("waivers.duplicate", id=item["id"])
    for key in ("justification", "approved_by", "id"):
        if not item[key].strip():
            return msg("waivers.blank", key=key)
    if item.get("author", "").strip().casefold() == item["approved_by"].strip().casefold():
        return msg("waivers.self-approved")
    approved, expires = _day(item["approved_on"]), _day(item["expires"])
    if approved is None or expires is None or expires < approved:
        return msg("waivers.expires-first")
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
