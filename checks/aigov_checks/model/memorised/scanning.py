"""Strings of a model through the detectors of `data.pii` and `data.secrets`, and user names out of paths."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from aigov import Json, Tier
from aigov.redact import hide, keyed_digest, mask, public
from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.keys import announces
from aigov_checks.data.recognise import Recogniser
from aigov_checks.model.memorised.limits import MAX_STRING, MAX_STRINGS
from aigov_checks.model.memorised.pieces import Gap, Text, whole_words
from aigov_checks.model.memorised.user_names import CATEGORY, DETECTOR, TIER, TYPE, user_names
from aigov_checks.model.serialization.limits import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aigov_checks.data.recognise import Match

_FULL = 1 << 20
"""Bytes of strings that are looked at together."""
FAMILIES = ("pii", "secrets")
_RANK = {Tier.CONTEXT: 0, Tier.FORMAT: 1, Tier.VERIFIED: 2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which strings count, how many are listed, and the key of their hashes."""

    types: tuple[str, ...]
    min_tier: Tier
    max_listed: int
    key: bytes

    def keeps(self, type_: str, tier: Tier) -> bool:
        """Say whether a type is wanted and a tier sure enough."""
        return _RANK[tier] >= _RANK[self.min_tier] and (not self.types or type_ in self.types)


@dataclass(slots=True)
class _Family:
    """The detectors of one family with the engine that runs them."""

    name: str
    recogniser: Recogniser
    gate: gate.Gate

    def find(self, texts: list[Text]) -> Iterator[tuple[Text, Match]]:
        """Yield the matches in strings, each string by itself."""
        starts = [0, *accumulate(len(text.value) + 1 for text in texts)]
        masks: dict[int, int] = {}
        for start, _, passed in gate.lines(self.gate, b"\n".join(text.value for text in texts)):
            index = bisect_right(starts, start) - 1
            masks[index] = masks.get(index, 0) | passed
        named = {index for index, text in enumerate(texts) if text.column and self.recogniser.expected(text.column)}
        for index in sorted(masks.keys() | named):
            text = texts[index]
            for match in self.recogniser.find(text.value, text.column, masks.get(index, 0)):
                if match.detector.tier is not Tier.CONTEXT or text.column or announces(text.value):
                    yield text, match


@dataclass(slots=True)
class Strings:
    """The strings of one file: how many, and what was found in them."""

    wanted: Wanted
    scanned: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in FAMILIES})
    listed: list[Json] = field(default_factory=list)
    _families: list[_Family] = field(default_factory=list)
    _waiting: list[Text] = field(default_factory=list)
    _size: int = 0

    @property
    def _room(self) -> bool:
        return len(self.listed) < self.wanted.max_listed

    def __post_init__(self) -> None:
        """Compile the detectors; those of Presidio are for data sets."""
        engine = gate.best_engine()
        for name in FAMILIES:
            detectors = load(name)
            self._families.append(_Family(name, Recogniser(detectors), gate.make(detectors, "text", engine)))

    def put(self, text: Text, hear: Callable[[Gap], None]) -> None:
        """Take one string; what is too long is cut where no word is."""
        self.scanned += 1
        if self.scanned > MAX_STRINGS:
            if self.scanned == MAX_STRINGS + 1:
                hear(Gap("strings", text.pointer, text.start))
            return
        for part in _parts(text):
            self._waiting.append(part)
            self._size += len(part.value) + 1
        if self._size > _FULL:
            self.flush()

    def flush(self) -> None:
        """Look at every string that waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        for family in self._families:
            for text, match in family.find(waiting):
                if self.wanted.keeps(match.detector.type, match.detector.tier):
                    self._found(family.name, text, match)
        for text in waiting if self.wanted.keeps(TYPE, TIER) else ():
            for start, end in user_names(text.value):
                self._user(text, start, end)

    def _found(self, family: str, text: Text, match: Match) -> None:
        value = match.value.decode("utf-8", "replace")
        detector = match.detector
        row = self._row(text, match.start, match.end, value)
        masked = hide(value) if family == "secrets" else mask(value, detector.mask)
        about = {"type": detector.type, "tier": detector.tier.value, "detector": detector.id, "masked": masked}
        self._keep(family, {**row, **about, "category": dict(detector.category)})

    def _user(self, text: Text, start: int, end: int) -> None:
        value = text.value[start:end].decode("utf-8", "replace")
        about = {"type": TYPE, "tier": TIER.value, "detector": DETECTOR, "masked": mask(value), "category": CATEGORY}
        self._keep("pii", {**self._row(text, start, end, value), **about})

    def _row(self, text: Text, start: int, end: int, value: str) -> dict[str, Json]:
        before = len(text.value[:start].decode("utf-8", "replace"))
        return {
            "pointer": self.shown(text.pointer) if self._room else "",
            "start": before,
            "end": before + len(text.value[start:end].decode("utf-8", "replace")),
            "byte_start": None if text.start is None else text.start + start,
            "byte_end": None if text.start is None else text.start + end,
            "digest": keyed_digest(value, self.wanted.key) if self.wanted.key else None,
        }

    def shown(self, pointer: str) -> str:
        """Return a pointer as a report may show it: names of keys and members can be what was found."""
        raw = pointer.encode("utf-8", "replace")
        whole = Text(raw, "", None)
        spans = [(match.start, match.end) for family in self._families for _, match in family.find([whole])]
        for start, end in (*spans, *user_names(raw)):
            raw = raw[:start] + b"*" * (end - start) + raw[end:]
        return public(raw.decode("utf-8", "replace"), SHOWN)

    def _keep(self, family: str, row: dict[str, Json]) -> None:
        self.counts[family][row["type"]] += 1
        if self._room:
            self.listed.append({**row, "family": family})


def _parts(text: Text) -> Iterator[Text]:
    """Yield a string in pieces of at most `MAX_STRING` bytes."""
    position = 0
    while len(text.value) - position > MAX_STRING:
        piece = text.value[position : position + MAX_STRING]
        end = whole_words(piece)
        yield Text(piece[:end], text.pointer, None if text.start is None else text.start + position, text.column)
        position += end
    yield Text(text.value[position:], text.pointer, None if text.start is None else text.start + position, text.column)
