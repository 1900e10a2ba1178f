"""JSON (RFC 8259) with the line of every value; the standard library's decoder does not tell lines."""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out; the decoder itself uses it
from typing import TYPE_CHECKING

from aigov.i18n import msg
from aigov.load.node import Node, Source, Tree, shorten
from aigov.load.scalar import NotANumberError, plain

if TYPE_CHECKING:
    from aigov.errors import InputError
    from aigov.load.scalar import Scalar

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,9})?", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+|[^\s,:\[\]{}]+")
_OPEN = {"[": "]", "{": "}"}


def read_json(source: Source) -> Node | None:
    """Return the tree of a JSON text, or None for an empty one.

    Raises:
        InputError: bad syntax, a duplicate key, or a limit; with the line.
    """
    if not source.text.strip():
        return None
    tree = Tree(source)
    at = _after_value(tree, _skip(source, 0))
    while tree.stack:
        at = _after_member(tree, at)
    if at != len(source.text):
        raise _expected(source, at, "end-of-file")
    return tree.root


def _after_value(tree: Tree, at: int) -> int:
    """Read one scalar, or open one list or mapping, and return where the next token starts."""
    source = tree.source
    char = source.text[at : at + 1]
    line = source.line(at)
    if char in _OPEN:
        tree.open(Node(line, items=[]) if char == "[" else Node(line, pairs={}))
        at = _skip(source, at + 1)
        return at if source.text[at : at + 1] == _OPEN[char] else _first_member(tree, at)
    value, at = _scalar(tree, at, line)
    tree.add(Node(line, value), line)
    return _skip(source, at)


def _first_member(tree: Tree, at: int) -> int:
    return _after_value(tree, _after_key(tree, at) if tree.wants_key else at)


def _after_member(tree: Tree, at: int) -> int:
    """Read a comma with the next member, or the end of the innermost list or mapping."""
    source = tree.source
    closing = "]" if tree.stack[-1].items is not None else "}"
    char = source.text[at : at + 1]
    if char == closing:
        tree.close()
        return _skip(source, at + 1)
    if char != ",":
        raise _expected(source, at, "comma")
    return _first_member(tree, _skip(source, at + 1))


def _after_key(tree: Tree, at: int) -> int:
    source = tree.source
    if source.text[at : at + 1] != '"':
        raise _expected(source, at, "key")
    text, end = _string(source, at)
    tree.take_key(text, source.line(at))
    end = _skip(source, end)
    if source.text[end : end + 1] != ":":
        raise _expected(source, end, "colon")
    return _skip(source, end + 1)


def _scalar(tree: Tree, at: int, line: int) -> tuple[Scalar, int]:
    source = tree.source
    if source.text[at : at + 1] == '"':
        text, end = _string(source, at)
        tree.check_text(text, line)
        return text, end
    number = _NUMBER.match(source.text, at)
    if number:
        try:
            return plain(number.group()), number.end()
        except NotANumberError as error:
            raise source.error(msg("load.not-finite", value=shorten(number.group())), line) from error
    word = _WORD.match(source.text, at)
    if word is None or word.group() not in _WORDS:
        raise _expected(source, at, "value")
    return _WORDS[word.group()], word.end()


def _string(source: Source, at: int) -> tuple[str, int]:
    try:
        text, end = scanstring(source.text, at + 1)
    except JSONDecodeError as error:
        raise source.error(msg("load.syntax", problem=error.msg), source.line(error.pos)) from error
    return text, end


def _skip(source: Source, at: int) -> int:
    match = _SPACE.match(source.text, at)
    return at if match is None else match.end()


def _expected(source: Source, at: int, what: str) -> InputError:
    found = source.text[at : at + 20].split("\n")[0]
    place = source.line(min(at, max(len(source.text) - 1, 0)))
    return source.error(msg("load.json-expected", what=msg(f"load.json.{what}"), found=shorten(found, 20)), place)
