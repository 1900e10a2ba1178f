"""What names are made of: the lists of `people.yaml` as parts of patterns, and words that only look like names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from aigov import FrozenMap

if TYPE_CHECKING:
    from aigov_checks.data.validators import Validator

_TOKEN = re.compile(r"[^\W\d_]+")
_TWO, _THREE = 2, 3


@dataclass(frozen=True, slots=True)
class People:
    """The lists, read once."""

    macros: Mapping[str, str]
    """Parts of patterns, each an alternation over UTF-8 bytes.

    `NAME_start` is one of the first characters of a list, `NAME_end` one of the last.
    """
    lists: Mapping[str, tuple[str, ...]]
    """Words by the name of their list, titles as `title_zh`; characters one by one."""
    given: frozenset[str]
    words_zh: frozenset[str]
    words_en: frozenset[str]
    ambiguous_en: frozenset[str]
    """Words that are also a first name."""


@cache
def people() -> People:
    """Return the lists of `people.yaml`."""
    text = files("aigov_checks.data").joinpath("detectors", "people.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)  # parsed YAML
    characters = {name: "".join(value.split()) for name, value in document["characters"].items()}
    macros = {name: one_of(value) for name, value in characters.items()}
    lists = {name: value.split() for name, value in document["lists"].items()}
    macros |= {name: one_of(words) for name, words in lists.items()}
    macros["pinyin_surnames"] = "(?:" + "|".join(lists["pinyin_surname"]) + ")"
    macros |= {f"{name}_start": one_of(word[0] for word in words) for name, words in lists.items()}
    macros |= {f"{name}_end": one_of(word[-1] for word in words) for name, words in lists.items()}
    macros |= {f"title_{name}": one_of(value.split()) for name, value in document["titles"].items()}
    words = {name: frozenset(value.split()) for name, value in document["words"].items()}
    titles = {f"title_{name}": value.split() for name, value in document["titles"].items()}
    return People(
        FrozenMap(macros),
        FrozenMap({name: tuple(items) for name, items in {**characters, **lists, **titles}.items()}),
        frozenset(characters["given"]),
        words["not_name_zh"],
        words["not_name_en"],
        words["ambiguous_en"],
    )


def one_of(words: Iterable[str]) -> str:
    """Return a pattern of the words as a tree over their bytes, in which the longest word is tried first."""
    return _branch({word.encode() for word in words})


def name_zh(value: bytes) -> bool:
    """A Chinese name that is no common word, such as 安全 or 高温."""
    text = value.decode("utf-8", "replace").replace(" ", "").replace("\u3000", "")
    known = people()
    if text in known.words_zh:
        return False
    begins_with_word = len(text) == _THREE and text[:_TWO] in known.words_zh
    return not begins_with_word or text[_TWO] in known.given


def name_zh_sure(value: bytes) -> bool:
    """A Chinese name of which no two characters in a row are a common word."""
    text = value.decode("utf-8", "replace")
    return not any(text[at : at + _TWO] in people().words_zh for at in range(len(text) - 1))


def name_zh_key(value: bytes) -> bool:
    """A Chinese name, the value of a key, that begins with no common word."""
    text = value.decode("utf-8", "replace")
    return text not in people().words_zh and text[:_TWO] not in people().words_zh


def name_zh_title(value: bytes) -> bool:
    """A surname, or a name, before a title."""
    text = value.decode("utf-8", "replace")
    return text not in people().words_zh


def name_minority(value: bytes) -> bool:
    """A transcribed name in two parts; a mark between digits of a list is none."""
    text = value.decode("utf-8", "replace")
    return not any(part in people().words_zh for part in text.split("·"))


def name_en_or_zh(value: bytes) -> bool:
    """A part of a name in either script."""
    return name_en(value) if value.isascii() else name_zh(value)


def name_en(value: bytes) -> bool:
    """A name in Latin letters without a word of plants, firms or texts in it."""
    tokens = _TOKEN.findall(value.decode("utf-8", "replace").lower())
    first = tokens[0] if len(tokens) > 1 and tokens[0] in people().ambiguous_en else ""
    return bool(tokens) and not any(token in people().words_en and token != first for token in tokens)


def _branch(words: set[bytes]) -> str:
    rests: dict[int, set[bytes]] = defaultdict(set)
    for word in words - {b""}:
        rests[word[0]].add(word[1:])
    last = [byte for byte, rest in rests.items() if rest == {b""}]
    parts = [_literal(byte) + _branch(rest) for byte, rest in sorted(rests.items()) if rest != {b""}]
    if last:
        parts.append(_literal(last[0]) if len(last) == 1 else "[" + "".join(map(_literal, sorted(last))) + "]")
    joined = parts[0] if len(parts) == 1 and b"" not in words else "(?:" + "|".join(parts) + ")"
    return joined + "?" if b"" in words and parts else joined


def _literal(byte: int) -> str:
    """Return a byte of a pattern; `patterns.expand` makes surrogates the bytes that they stand for."""
    return bytes([byte]).decode("utf-8", "surrogateescape")


NAMES: FrozenMap[str, Validator] = FrozenMap(
    {
        function.__name__: function
        for function in (name_zh, name_zh_sure, name_zh_key, name_zh_title, name_minority, name_en, name_en_or_zh)
    },
)
"""Functions that detector files may name."""
