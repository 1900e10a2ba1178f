"""Detectors as data: the declarative files of `detectors/`, read once and compiled."""

from __future__ import annotations

import re
import re._parser as parser  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from aigov import FrozenMap, Tier, UnsupportedInputError, msg
from aigov.redact import Mask
from aigov_checks.data import asked, patterns
from aigov_checks.data.detector import WINDOW, Detector
from aigov_checks.data.names import NAMES, people
from aigov_checks.data.regional import REGIONAL
from aigov_checks.data.secret_values import SECRET_VALUES
from aigov_checks.data.shared_gates import SharedGate, shared
from aigov_checks.data.validators import VALIDATORS

_FILES = (
    "china",
    "documents",
    "money",
    "contact",
    "person",
    "accounts",
    "place",
    "presidio",
    "secrets",
    "passwords",
    "tokens",
)
_VALIDATORS = FrozenMap({**VALIDATORS, **REGIONAL, **NAMES, **SECRET_VALUES})
_NEVER = b"\xff\xfe\xff\xfe\xff\xfe"
"""A gate that passes nowhere: bytes of no text."""
MOST = 120
"""Detectors of a family; each has a bit of its own."""
_AROUND = 16
_ADDRESS = 200
"""Bytes before a match in which an address may begin that it is a part of."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What `words.yaml` says: macros, their wider forms in gates, and groups of words."""

    macros: Mapping[str, str]
    gates: Mapping[str, str]
    groups: Mapping[str, Sequence[str]]
    shared: Mapping[str, SharedGate]
    family: str


@cache
def load(family: str, entities: tuple[str, ...] = (), types: tuple[str, ...] = ()) -> tuple[Detector, ...]:
    """Return the detectors of one family (`pii` or `secrets`), by precedence, with those Presidio entities.

    Types of devices, such as `internal-ip`, take part only where they are asked for.
    """
    words = _read("words")
    macros = vocabulary()
    documents = [document for document in map(_read, _FILES) if document["family"] == family]
    found = [
        entry
        for document in documents
        for entry in document["detectors"]
        if entry.get("entity", "") in {"", *entities} and (not entry.get("asked") or entry["type"] in types)
    ]
    known = {entry.get("entity") for entry in found}
    found += [asked.entry(entity) for entity in entities if entity not in known]
    if len(found) > MOST:
        raise UnsupportedInputError(msg("data.too-many-detectors", count=len(found), most=MOST))
    ordered = sorted(found, key=lambda entry: entry["precedence"])
    gates = {**macros, **words["gates"]}
    wide = {name: pattern for document in documents for name, pattern in document.get("gates", {}).items()}
    words_ = _Vocabulary(macros, gates, words["cues"], shared(wide, gates), family)
    return tuple(_detector(entry, words_, 1 << index) for index, entry in enumerate(ordered))


@cache
def vocabulary() -> FrozenMap[str, str]:
    """Return the macros of the patterns."""
    return FrozenMap({**people().macros, **_read("words")["macros"]})


@cache
def categories() -> FrozenMap[str, FrozenMap[str, str]]:
    """Return the class of each type under each standard; under `other` that of types which have none of their own."""
    document = _read("categories")
    found = {type_: FrozenMap(group["classes"]) for group in document["groups"].values() for type_ in group["types"]}
    return FrozenMap({**found, "other": FrozenMap(document["other"])})


def column_gate(detectors: Sequence[Detector]) -> bytes:
    """Return the words that a JSON key must hold for its value to be looked at as a column."""
    names = sorted({name.removeprefix("=") for detector in detectors for name in detector.column_names})
    shortest = [name for name in names if not any(other in name for other in names if other != name)]
    return b"|".join(re.escape(name.encode()).replace(rb"\ ", rb"[_. /-]{0,4}") for name in shortest)


def _read(name: str) -> dict[str, Any]:  # parsed YAML
    text = files("aigov_checks.data").joinpath("detectors", f"{name}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def _detector(
    entry: Mapping[str, Any],  # parsed YAML
    words: _Vocabulary,
    bit: int,
) -> Detector:
    macros = words.macros
    core = patterns.expand(entry["pattern"], macros)
    boundary = entry.get("boundary", "word")
    behind = tuple(words.shared[name] for name in entry.get("gates", ()))
    gate = _NEVER if behind else patterns.expand(entry.get("gate", entry["pattern"]), words.gates)
    edge = "none" if behind or "gate" in entry else boundary
    reject = [word for group in entry.get("reject", ()) for word in words.groups[group]]
    reject += entry.get("reject_words", ())
    before = _optional(entry, "reject_before", macros)
    return Detector(
        type=entry["type"],
        version=entry.get("version", 1),
        bit=sum(gate.bit for gate in behind) or bit,
        core=core,
        apart=boundary,
        boundary=edge,
        plain=words.family == "pii" and boundary != "address" and "entity" not in entry,
        automaton=patterns.automaton_gate(gate, edge, written="gate" in entry),
        fallback=patterns.fallback_gate(gate, edge, written="gate" in entry),
        shared=behind,
        tier=Tier(entry["tier"]),
        precedence=entry["precedence"],
        validator=_VALIDATORS[entry["validator"]] if "validator" in entry else None,
        cues=_words(entry["cues"]) if entry.get("cue") == "required" else None,
        reject=tuple(word.lower().encode() for word in reject),
        reject_before=before,
        reject_reach=min(_ADDRESS, _width(before)) if before is not None else 0,
        reject_value=_optional(entry, "reject_value", macros),
        window=entry.get("window", WINDOW),
        reach=entry.get("reach", 0),
        column_names=tuple(entry.get("columns", ())),
        columns=_columns(entry["columns"]) if "columns" in entry else None,
        column_value=_optional(entry, "column_value", macros),
        entity=entry.get("entity", ""),
        mask=Mask(**entry.get("mask", {})),
        category=categories().get(entry["type"]) or categories()["other"],
    )


def _optional(entry: Mapping[str, Any], key: str, macros: Mapping[str, str]) -> re.Pattern[bytes] | None:
    return re.compile(patterns.expand(entry[key], macros)) if key in entry else None


def _width(pattern: re.Pattern[bytes]) -> int:
    """Return how many bytes a pattern looks at, with those of its look-arounds."""
    return int(parser.parse(pattern.pattern).getwidth()[1]) + _AROUND


def _words(words: Sequence[str]) -> re.Pattern[bytes]:
    """Return a pattern of cue words; those in Latin letters must not be a part of a longer word."""
    each = (f"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word) for word in words)
    return re.compile("|".join(each).encode(), re.IGNORECASE)


def _columns(names: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern of words in the name of a column; `=name` must be all of it."""
    whole = [rf"^{re.escape(name[1:])}$" for name in names if name.startswith("=")]
    words = [name for name in names if not name.startswith("=")]
    parts = [rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name) for name in words]
    return re.compile("|".join(whole + parts))
