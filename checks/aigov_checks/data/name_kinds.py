"""What a character or the letters of a word may be in a name, as tables that numpy looks them up in.

They are made of the lists and patterns of the detector files, and hold every character and word of the gates of names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.data import patterns
from aigov_checks.data.names import people
from aigov_checks.data.prefixes import suffixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HAN, SURNAME, GIVEN, MARK, EDGE, ROLE, CUE, CUE_END, VERB, DOT, UPPER, LETTER, DIGIT, TITLE, TITLE_ALONE, NEWLINE = (
    1 << place for place in range(16)
)
"""Kinds of characters, one bit each.

`ROLE` ends every word for somebody's role, `CUE` is a word that a name may follow, `CUE_END` ends a longer one, `VERB`
begins one that may follow a name, `TITLE` begins a title, `TITLE_ALONE` is one; `MARK` may stand between such a word
and a name, `EDGE` beside a name without one.
"""
_LISTS = {
    SURNAME: ("surname", "surname_sure", "surname_title"),
    VERB: ("verb_sure", "verb_zh"),
    TITLE: ("title_zh",),
}
"""Lists whose words begin with a character of that kind."""
_ROLES = ("role_word", "role_tail")
_CUES_ZH = (*_ROLES, "role_open", "weak_zh", "when")
_ROLE_ENDS = "人员者工名字长章签"
_MARK = "，,、@"
_SEPARATOR = "和与及"
"""Beside marks that are an `EDGE` anyway."""
_HAN = range(0x4000, 0xA000)
"""Characters whose UTF-8 begins with E4 to E9."""
_UPPER = range(0xC0, 0x180)
"""Characters whose UTF-8 begins with C3 to C5."""
_UNDECODED = range(0xDCC3, 0xDCC6)
"""The same bytes where they are no UTF-8."""
_ENGLISH = ("role_en", "by_en", "say_en", "title_en", "greet_en", "note", "part")
_CUES = ("by", "is", "and", "name", "from", "to", "cc", "via", "per", "td", "th", "on duty", "in charge")
_FIVE = 31
"""Bits of a letter that do not depend on its case."""
_SHORT = 3


@dataclass(frozen=True, slots=True)
class NameKinds:
    """The tables (numpy arrays)."""

    kinds: Any
    """Kinds of each UTF-16 code unit."""
    cues: Any
    """Whether two characters, by `pair`, end a word of which the last one is a `CUE_END`."""
    roles: Any
    """The same for words for somebody's role, behind which a name follows at once."""
    titles_zh: Any
    """Whether two characters, by `pair`, begin a title."""
    endings: Any
    """Whether three letters, five bits each, may end an English word that a name may follow."""
    titles: Any
    """Whether three letters may end an English title."""
    beginnings: tuple[Any, Any, Any]
    """Whether two letters are a name, three are one, or four begin one."""


@cache
def name_kinds(macros: Mapping[str, str]) -> NameKinds:
    """Return the tables of these macros."""
    known = [name for group in ("first_name", "pinyin_surname") for name in people().lists[group]]
    lists = people().lists
    cues, roles = (
        [word[-2:] for name in names for word in lists[name] if len(word) > 1] for names in (_CUES_ZH, _ROLES)
    )
    return NameKinds(
        _kinds(macros),
        _pairs(cues),
        _pairs(roles),
        _pairs([word[:2] for word in lists["title_zh"] if len(word) > 1]),
        _table((word[-_SHORT:] for word in (*_endings(macros, _ENGLISH), *_CUES)), _SHORT),
        _table((word[-_SHORT:] for word in _endings(macros, ("title_en",))), _SHORT),
        (
            _table((name for name in known if len(name) == 2), 2),  # noqa: PLR2004
            _table((name for name in known if len(name) == _SHORT), _SHORT),
            _table((name[:4] for name in known if len(name) > _SHORT), 4),
        ),
    )


def _kinds(macros: Mapping[str, str]) -> Any:  # numpy array
    table = np.zeros(1 << 16, np.uint16)

    def mark(kind: int, characters: Iterable[str] | range) -> None:
        table[[ord(one) if isinstance(one, str) else one for one in characters]] |= kind

    lists = people().lists
    mark(HAN, _HAN)
    for kind, names in _LISTS.items():
        mark(kind, {word[0] for name in names for word in lists[name]})
    mark(TITLE_ALONE, {word for word in lists["title_zh"] if len(word) == 1})
    cues = {word for name in _CUES_ZH for word in lists[name]}
    mark(CUE, {word for word in cues if len(word) == 1} | {*_ROLE_ENDS})
    mark(ROLE, {word for name in _ROLES for word in lists[name] if len(word) == 1} | {*_ROLE_ENDS})
    mark(CUE_END, {word[-1] for word in cues})
    doubles = {word[1] for name in _LISTS[SURNAME] for word in lists[name] if len(word) > 1}
    mark(GIVEN, {*lists["given"], *lists["given_one"], *doubles})
    mark(MARK, {*_single(macros, "mark"), *_single(macros, "open"), *_MARK})
    mark(EDGE, {*_single(macros, "edge"), *_SEPARATOR})
    mark(DOT, _single(macros, "dot"))
    mark(UPPER, [*range(ord("A"), ord("Z") + 1), *_UPPER, *_UNDECODED])
    mark(LETTER, [*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)])
    mark(DIGIT, "0123456789")
    mark(NEWLINE, "\n")
    return table


def _single(macros: Mapping[str, str], name: str) -> set[str]:
    """Return the characters that a macro for single characters matches."""
    pattern = patterns.expand("{{" + name + "}}", macros)
    tried = {*map(chr, range(128)), *pattern.decode(errors="ignore")}
    return {one for one in tried if re.fullmatch(pattern, one.encode())}


def _endings(macros: Mapping[str, str], names: Iterable[str]) -> set[str]:
    found = {word for name in names for word in suffixes(patterns.expand("{{" + name + "}}", macros))}
    return {word.decode("latin-1") for word in found if word[-1:].isalpha()}


def pair(first: Any, second: Any) -> Any:  # numpy arrays of code units
    """Return the place of two characters in a table of pairs, modulo 2^16."""
    return first * np.uint16(31) + second


def _pairs(words: Iterable[str]) -> Any:  # numpy array
    table = np.zeros(1 << 16, bool)
    units = np.array([[ord(letter) for letter in word] for word in words], np.uint16)
    table[pair(units[:, 0], units[:, 1])] = True
    return table


def _table(words: Iterable[str], width: int) -> Any:  # numpy array
    """Return a table of words by five bits a letter; a shorter word stands for all that end with it."""
    table: Any = np.zeros((1 << 5,) * width, bool)
    for word in words:
        table[(..., *(ord(letter) & _FIVE for letter in word))] = True
    return table.reshape(-1)
