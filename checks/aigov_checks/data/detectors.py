"""Detectors as data: the declarative files of `detectors/`, read once and compiled."""

from __future__ import annotations

import re
import re._parser as parser  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from aigov import FrozenMap, Tier, UnsupportedInputError, msg
from aigov.redact import Mask
from aigov_checks.data import asked, patterns
from aigov_checks.data.names import NAMES, people
from aigov_checks.data.prefixes import prefixes, shortest, tree
from aigov_checks.data.regional import REGIONAL
from aigov_checks.data.secret_values import SECRET_VALUES
from aigov_checks.data.shared_gates import SharedGate, shared
from aigov_checks.data.validators import VALIDATORS, Validator

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
_CONNECTED = 6
_NEVER = b"\xff\xfe\xff\xfe\xff\xfe"
"""A gate that passes nowhere: bytes of no text."""
_OPENING = 2
"""Bytes from which on it pays to look for the beginning of a match first."""
_MARKS = b" .:=#_'\"-"
_LINKS = tuple(link.encode() for link in ("：", "号", "为", "是", "编号", "number", "no", "id"))
MOST = 120
"""Detectors of a family; each has a bit of its own."""
LONGEST_NAME = 64
"""Characters of the name of a column beyond which it says nothing."""
WINDOW = 32
"""Bytes before a match in which a cue counts, unless the detector says otherwise."""
_AROUND = 16
_ADDRESS = 200
"""Bytes before a match in which an address may begin that it is a part of."""


@dataclass(frozen=True)  # without slots: its patterns are made when they are first asked for, most of them never
class Detector:
    """One way in which one type of value is written."""

    type: str
    version: int
    bit: int
    """What the gates behind which it looks set in the mask of a line."""
    core: bytes
    """The pattern without its boundary."""
    apart: str
    """The boundary of the pattern."""
    boundary: str
    """The boundary of its gate."""
    plain: bool
    """Whether no quote can belong to a value, so that what matches in a cell also matches in the record."""
    automaton: bytes
    fallback: bytes
    shared: tuple[SharedGate, ...]
    """Gates that it shares with others; its own then never passes."""
    tier: Tier
    precedence: int
    """Where two matches overlap, the lower number wins."""
    validator: Validator | None
    cues: re.Pattern[bytes] | None
    """Words of which one must stand before the value or name its column."""
    reject: tuple[bytes, ...]
    """Words directly before the value that say it is something else."""
    reject_before: re.Pattern[bytes] | None
    """What stands before a value that belongs to something longer, such as the address of a service."""
    reject_reach: int
    """Bytes before a value of which `reject_before` may speak."""
    reject_value: re.Pattern[bytes] | None
    window: int
    """Bytes before a match in which a cue counts."""
    reach: int
    """Bytes up to which a match in plain text goes on over the following lines; 0 where it never does."""
    column_names: tuple[str, ...]
    columns: re.Pattern[str] | None
    """Names of columns whose whole value is checked against `column_value`."""
    column_value: re.Pattern[bytes] | None
    entity: str
    """Presidio entity that decides; empty for our own detectors."""
    mask: Mask
    category: FrozenMap[str, str]

    @cached_property
    def exact(self) -> re.Pattern[bytes]:
        """The pattern that decides."""
        return patterns.exact(self.core, self.apart)

    @cached_property
    def group(self) -> int:
        """Group of `exact` that is the value; 0 for all of it."""
        return self.exact.groupindex.get("value", 0)

    @cached_property
    def opening(self) -> re.Pattern[bytes] | None:
        """Words of which one, in lower case, begins every match; None where a match may begin with anything."""
        return _opening(self.core)

    @property
    def id(self) -> str:
        """Name and version, as evidence shows it."""
        return f"{self.type}@{self.version}"

    def search(self, text: bytes, lower: bytes, position: int) -> re.Match[bytes] | None:
        """Return the first match from `position` on; `lower` is the text in lower case."""
        if self.opening is None:
            return self.exact.search(text, position)
        while (word := self.opening.search(lower, position)) is not None:
            found = self.exact.match(text, word.start())
            if found is not None:
                return found
            position = word.start() + 1
        return None

    def holds(self, value: bytes) -> bool:
        """Say whether the value itself is one, by its check digits and structure."""
        if self.validator is not None and not self.validator(value):
            return False
        return self.reject_value is None or self.reject_value.fullmatch(value) is None

    def refused(self, text: bytes, start: int, column: str) -> bool:
        """Say whether a word directly before the value, or the name of its column, says that it is something else."""
        if self.reject_before is not None and self.reject_before.search(
            text[max(0, start - self.reject_reach) : start]
        ):
            return True
        if not self.reject:
            return False
        before = text[max(0, start - WINDOW) : start].rpartition(b"\n")[2]
        return announced(before, self.reject) or (bool(column) and announced(column_words(column), self.reject))

    def expected_at(self, text: bytes, start: int, column: str) -> bool:
        """Say whether a cue stands before the value or names its column, where one must."""
        if self.cues is None:
            return True
        before = text[max(0, start - self.window) : start].rpartition(b"\n")[2]
        return bool(self.cues.search(before) or self.cues.search(column_words(column)))

    def fills(self, value: bytes) -> bool:
        """Say whether a whole value is what a column named for this type should hold."""
        if self.column_value is None or self.column_value.fullmatch(value) is None:
            return False
        if self.reject_value is not None and self.reject_value.fullmatch(value) is not None:
            return False
        return self.validator is None or self.validator(value)

    def names(self, column: str) -> bool:
        """Say whether a column of that name is expected to hold this type."""
        if self.columns is None or len(column) > LONGEST_NAME:
            return False
        return self.columns.search(column_words(column).decode()) is not None


def announced(before: bytes, words: tuple[bytes, ...]) -> bool:
    """Say whether one of the words stands directly before a value, with at most a few connectors between.

    Done by the ends of strings, because a search for forty words at every position would take most of a scan's time.
    """
    text = before.lower()
    for _ in range(_CONNECTED):
        if text.endswith(words) and any(
            text.endswith(word) and _whole(text, word) for word in _by_last_byte(words)[text[-1]]
        ):
            return True
        bare = text.rstrip(_MARKS)
        if bare == text:
            if not text.endswith(_LINKS):
                return False
            bare = text[: -len(next(link for link in _LINKS if text.endswith(link)))]
        text = bare
    return False


@lru_cache(maxsize=256)
def _by_last_byte(words: tuple[bytes, ...]) -> Mapping[int, tuple[bytes, ...]]:
    return {last: tuple(word for word in words if word[-1] == last) for last in {word[-1] for word in words}}


def _whole(text: bytes, word: bytes) -> bool:
    """Say whether a word at the end of the text is not the end of a longer one."""
    return not word.isascii() or not text[: -len(word)][-1:].isalpha()


@lru_cache(maxsize=1024)
def column_words(column: str) -> bytes:
    """Return the name of a column in lower-case words: `contactName` and `contact_name` become `contact name`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column[-LONGEST_NAME:])
    return re.sub(r"[_\-. /]{1,4}", " ", words).lower().encode(errors="replace")


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


def _opening(core: bytes) -> re.Pattern[bytes] | None:
    words = shortest(prefixes(core))
    plain = all(len(word) >= _OPENING and not word[:1].isdigit() for word in words)
    return re.compile(tree(words)) if plain else None


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
