"""Which lines may hold a name, told from single characters with numpy: wider than every gate of names, and far quicker.

A gate of names costs an automaton much, because surnames are everywhere. Here each character is looked up once, and
only the few places where a surname or capital has the neighbours of a name are looked at more closely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.data.name_kinds import (
    CUE,
    CUE_END,
    DIGIT,
    DOT,
    EDGE,
    GIVEN,
    HAN,
    LETTER,
    MARK,
    NEWLINE,
    ROLE,
    SURNAME,
    TITLE,
    TITLE_ALONE,
    UPPER,
    VERB,
    NameKinds,
    name_kinds,
    pair,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_AROUND = 24
"""Newlines put before and behind the text, so that every place has neighbours."""
_PAD = b"\n\0" * _AROUND
_MARKS = 12
"""Marks between a word and the name that it announces, those of a note such as (sign) included."""
_OTHER = 6
"""Marks of any kind between `by` and a name."""
_NAME_OF = 12
"""Letters of the word in `name of operator`."""
_FIVE = 31
_LIST = tuple(map(ord, ",;&>/"))
_OPENED = MARK | EDGE | ROLE | CUE | CUE_END | NEWLINE


@dataclass(frozen=True, slots=True)
class _Text:
    """Code units of a text and what they may be (numpy arrays)."""

    units: Any
    kinds: Any
    known: NameKinds

    def are(self, at: Any, kind: int) -> Any:
        """Say which of these places are of one of the kinds."""
        return (self.kinds[at] & kind) != 0

    def back(self, at: Any, kind: int, most: int, *, other: bool = False) -> Any:
        """Return the first place before each that is not of this kind, or is `most` before it."""
        at = at - 1
        going = np.flatnonzero(self.are(at, kind) != other)
        for _ in range(most):
            if not len(going):
                break
            at[going] -= 1
            going = going[self.are(at[going], kind) != other]
        return at

    def word(self, at: Any, table: Any, width: int) -> Any:
        """Say whether the letters that begin at each place are in a table."""
        key = np.zeros(len(at), np.int32)
        for place in range(width):
            key = key << 5 | self.units[at + place] & _FIVE
        return table[key]

    def cue(self, at: Any) -> Any:
        """Say whether a Chinese word that a name may follow ends at each place."""
        return self.are(at, CUE) | self.are(at, CUE_END) & self.known.cues[pair(self.units[at - 1], self.units[at])]

    def role(self, at: Any) -> Any:
        """Say whether a word for somebody's role ends at each place."""
        return self.are(at, ROLE) | self.are(at, CUE_END) & self.known.roles[pair(self.units[at - 1], self.units[at])]


def lines_with_places(piece: bytes, macros: Mapping[str, str]) -> Any:
    """Return the numbers of the lines of `piece` that may hold a name, sorted (numpy array)."""
    known = name_kinds(macros)
    data = piece.decode("utf-8", "surrogateescape").encode("utf-16-le", "surrogatepass")
    units = np.frombuffer(b"".join((_PAD, data, _PAD)), np.uint16)
    kinds = np.take(known.kinds, units, mode="clip")
    text = _Text(units, kinds, known)
    at = np.flatnonzero((kinds & (SURNAME | UPPER | DOT | NEWLINE)) != 0)
    here, before = kinds[at], kinds[at - 1]
    surnames = (here & SURNAME) != 0
    found = np.concatenate(
        (
            _announced(text, at[surnames & ((before & _OPENED) != 0)]),
            _titled(text, at[surnames]),
            _dotted(text, at[(here & DOT) != 0]),
            _latin(text, at[((here & UPPER) != 0) & ((before & (LETTER | DIGIT)) == 0)]),
        )
    )
    newlines = at[(here & NEWLINE) != 0][_AROUND:]
    lines = np.zeros(len(newlines) + 1, bool)
    lines[np.searchsorted(newlines, found)] = True
    return np.flatnonzero(lines)


def spans(numbers: Any, newlines: Any, size: int) -> tuple[list[int], list[int]]:
    """Return where lines begin and end, the newline left out, in a text of that size with these newlines."""
    bounds = np.concatenate(([-1], newlines, [size]))
    return (bounds[numbers] + 1).tolist(), bounds[numbers + 1].tolist()


def spans_with_places(piece: bytes, macros: Mapping[str, str]) -> tuple[list[int], list[int]]:
    """Return where the lines that may hold a name begin and end."""
    newlines = np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("\n"))
    return spans(lines_with_places(piece, macros), newlines, len(piece))


def _announced(text: _Text, at: Any) -> Any:
    """Return the surnames behind a cue or an edge."""
    han, given = text.are(at + 1, HAN), text.are(at + 1, GIVEN)
    second, third = text.are(at + 2, GIVEN), text.are(at + 3, GIVEN)
    bare = [~text.are(at + place, HAN) for place in (2, 3)]
    ends = [~text.are(at + place, HAN) | text.are(at + place, VERB) for place in (2, 3, 4)]
    whole = given & (ends[0] | second & (ends[1] | third & ends[2]))
    found = (text.are(at - 1, EDGE | NEWLINE) | text.cue(at - 1)) & whole
    found |= text.role(at - 1) & han & (given | bare[0] | bare[1])
    spaced = (text.units[at + 1] == ord(" ")) | (text.units[at + 1] == ord("　"))
    marked = np.flatnonzero(text.are(at - 1, MARK) & ~found & (han | spaced))
    word = text.back(at[marked], MARK, _MARKS)
    found[marked] = text.cue(word) | text.are(word, LETTER | MARK)
    return at[found]


def _titled(text: _Text, at: Any) -> Any:
    """Return the titles behind a surname, with a given name between or none."""
    found = []
    for place in (1, 2, 3, 4):
        title = at[text.are(at + place, TITLE)] + place
        longer = text.known.titles_zh[pair(text.units[title], text.units[title + 1])]
        found.append(title[longer | text.are(title, TITLE_ALONE)])
        at = at[text.are(at + place, GIVEN)]
    return np.concatenate(found)


def _dotted(text: _Text, at: Any) -> Any:
    return at[text.are(at - 1, HAN) & text.are(at + 1, HAN)]


def _latin(text: _Text, at: Any) -> Any:
    """Return the capitals that begin a known name or stand behind a cue."""
    units = text.units
    found = _known_name(text, at)
    found |= _listed(units[at - 1]) | (units[at - 1] == ord(" ")) & _listed(units[at - 2])
    word = text.back(at, MARK, _MARKS)
    letter = text.are(word, LETTER)
    announced = letter & text.word(word - 2, text.known.endings, 3) | text.are(word, MARK) | text.cue(word)
    found |= announced & text.are(at - 1, MARK)
    named = np.flatnonzero(letter & ~found)
    found[named] = _name_of_or_tag(text, word[named])
    other = np.flatnonzero(~letter & ~text.are(word, HAN | DIGIT | NEWLINE))
    before = text.back(word[other] + 1, LETTER | DIGIT | HAN | NEWLINE, _OTHER, other=True)
    found[other] |= (units[before] | 32 == ord("y")) & (units[before - 1] | 32 == ord("b"))
    stop = other[units[word[other]] == ord(".")]
    found[stop] |= _title(text, word[stop] - 1)
    return at[found]


def _listed(units: Any) -> Any:
    """Say which code units stand before a further name of a list."""
    found = units == _LIST[0]
    for mark in _LIST[1:]:
        found |= units == mark
    return found


def _title(text: _Text, end: Any) -> Any:
    """Say whether the word that ends at a place may be a title: it begins with a capital."""
    begin = text.back(end + 1, LETTER | UPPER, _NAME_OF) + 1
    return text.are(begin, UPPER) & text.word(end - 2, text.known.titles, 3)


def _name_of_or_tag(text: _Text, end: Any) -> Any:
    """Say whether the word that ends at a place stands behind `name of`, or is the name of a tag."""
    before = text.back(end + 1, LETTER, _NAME_OF)
    units = text.units
    name_of = (units[before] == ord(" ")) & (units[before - 1] | 32 == ord("f")) & (units[before - 2] | 32 == ord("o"))
    return name_of | (units[before] == ord("<")) | (units[before] == ord("/"))


def _known_name(text: _Text, at: Any) -> Any:
    """Say where a first name of the lists, or a Chinese surname in Latin letters, begins."""
    two, three, four = text.known.beginnings
    key = (text.units[at] & _FIVE).astype(np.int32) << 5 | text.units[at + 1] & _FIVE
    found = two[key] & ~text.are(at + 2, LETTER)
    key = key << 5 | text.units[at + 2] & _FIVE
    found |= three[key] & ~text.are(at + 3, LETTER)
    return found | four[key << 5 | text.units[at + 3] & _FIVE]
