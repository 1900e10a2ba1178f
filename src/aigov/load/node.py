"""The tree between a parser and a value: what was written, where, and how much it would become."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place
from aigov.i18n import FrozenMap, Message, msg
from aigov.load.scalar import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BREAK = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold; aliases count as often as they are used."""

    size: int = 4_000_000
    """Bytes."""
    depth: int = 64
    nodes: int = 200_000
    key: int = 1_000
    """Characters of a key."""
    pointers: int = 64_000_000
    """Characters of all JSON pointers together."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file with the place of each character."""

    text: str
    path: str
    limits: Limits
    breaks: tuple[int, ...]
    """Offsets just after each line break."""

    @classmethod
    def of(cls, text: str, path: str, limits: Limits) -> Source:
        """Return the text with its line breaks found (LF, CR LF and CR, as editors count)."""
        return cls(text, path, limits, tuple(match.end() for match in _BREAK.finditer(text)))

    def line(self, index: int) -> int:
        """Return the 1-based line of the character at `index`."""
        return bisect_left(self.breaks, index + 1) + 1

    def error(self, message: Message, line: int | None, hint: Message | None = None) -> InputError:
        """Return an error at a line of this file."""
        return InputError(message, Place(self.path, line), hint)


@dataclass(slots=True)
class Node:
    """A scalar, list or mapping while it is being read; `height` and `count` grow with what is added."""

    line: int
    value: Scalar = None
    items: list[tuple[int, Node]] | None = None
    """Line and node of each item of a list."""
    pairs: dict[str, tuple[int, Node]] | None = None
    """Line of the key and node of each value of a mapping."""
    height: int = 1
    count: int = 1
    key: tuple[str, int] | None = None
    """Key that waits for its value, and its line."""
    done: bool = True


@dataclass(slots=True)
class Tree:
    """Builds a node tree from a parser's events, within the limits."""

    source: Source
    root: Node | None = None
    stack: list[Node] = field(default_factory=list)
    total: int = 0

    def add(self, node: Node, line: int) -> None:
        """Put a finished node (a scalar, or what an alias stands for) in its place."""
        self._within(node.height, node.count, line)
        self._place(node, line)

    def open(self, node: Node) -> None:
        """Start a list or mapping."""
        self._within(1, 1, node.line)
        node.done = False
        self._place(node, node.line)
        self.stack.append(node)

    def close(self) -> None:
        """End the innermost list or mapping."""
        node = self.stack.pop()
        node.done = True
        children = [child for _, child in (node.items or (node.pairs or {}).values())]
        node.height = 1 + max((child.height for child in children), default=0)
        node.count = 1 + sum(child.count for child in children)

    @property
    def wants_key(self) -> bool:
        """Whether the next scalar is a key."""
        return bool(self.stack) and self.stack[-1].pairs is not None and self.stack[-1].key is None

    def take_key(self, text: str, line: int) -> None:
        """Remember a key until its value comes.

        Raises:
            InputError: the mapping has it already; names both lines.
        """
        pairs = self.stack[-1].pairs or {}
        if text in pairs:
            first = pairs[text][0]
            raise self.source.error(msg("load.duplicate-key", key=shorten(text), first=first), line)
        if len(text) > self.source.limits.key:
            raise self.source.error(msg("load.key-too-long", key=shorten(text), limit=self.source.limits.key), line)
        self.check_text(text, line)
        self.stack[-1].key = (text, line)

    def check_text(self, text: str, line: int) -> None:
        """Refuse text that no encoding can write."""
        if _SURROGATE.search(text):
            raise self.source.error(msg("load.surrogate"), line)

    def _within(self, height: int, count: int, line: int) -> None:
        self.total += count
        limits = self.source.limits
        if self.total > limits.nodes:
            raise self.source.error(msg("load.too-many-nodes", limit=limits.nodes), line)
        if len(self.stack) + height > limits.depth:
            raise self.source.error(msg("load.too-deep", limit=limits.depth), line)

    def _place(self, node: Node, line: int) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.items is not None:
            parent.items.append((line, node))
        elif parent.pairs is not None and parent.key is not None:
            text, key_line = parent.key
            parent.pairs[text] = (key_line, node)
            parent.key = None


def flatten(root: Node, source: Source) -> tuple[object, FrozenMap[str, int]]:
    """Return the value (FrozenMap, tuple, scalars) and the line of every JSON pointer in it.

    Raises:
        InputError: long keys nested or repeated so often that the pointers alone would fill the memory.
    """
    lines = _Lines(source, source.limits.pointers)
    value = _value(root, "", root.line, lines)
    return value, FrozenMap(lines.found)


def pointer(*keys: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a path of keys and indices."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def shorten(text: str, limit: int = 60) -> str:
    """Return text for a message: one line, printable, at most `limit` characters."""
    clean = "".join(char if char.isprintable() else "·" for char in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


@dataclass(slots=True)
class _Lines:
    source: Source
    room: int
    """Characters that pointers may still take."""
    found: dict[str, int] = field(default_factory=dict)

    def put(self, at: str, line: int) -> None:
        self.found[at] = line
        self.room -= len(at)
        if self.room < 0:
            raise self.source.error(msg("load.keys-too-long"), line)


def _value(node: Node, at: str, line: int, lines: _Lines) -> object:
    lines.put(at, line)
    if node.items is not None:
        return tuple(_children(enumerate(node.items), at, lines))
    if node.pairs is not None:
        return FrozenMap(dict(zip(node.pairs, _children(node.pairs.items(), at, lines), strict=True)))
    return node.value


def _children(entries: Iterable[tuple[str | int, tuple[int, Node]]], at: str, lines: _Lines) -> Iterator[object]:
    for key, (line, child) in entries:
        yield _value(child, at + pointer(key), line, lines)
