"""Hostile YAML and JSON: name, bytes, the message that refuses it and the line that it must name.

The museum only grows. Run as a script with a folder to have the files written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple


class Exhibit(NamedTuple):
    """One hostile file."""

    name: str
    data: bytes
    message: str
    line: int | None


def _laughs() -> bytes:
    rows = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(rows).encode()


def _long_chain() -> bytes:
    """Few bytes, many gigabytes of JSON pointers: a chain of long keys around an alias that is used often."""
    chain = "".join(f"{'k' * 900}: {{" for _ in range(50)) + "end: [" + "1," * 1000 + "1]" + "}" * 50
    return f"a: &a {{{chain}}}\nb: [{', '.join(['*a'] * 150)}]\n".encode()


def _deep(opening: str, count: int = 100_000) -> bytes:
    return (opening * count).encode()


EXHIBITS = (
    Exhibit("tab-mapping.yaml", b"a:\n\tb: 1\n", "load.tab", 2),
    Exhibit("tab-after-spaces.yaml", b"a:\n  b: 1\n  \tc: 2\n", "load.tab", 3),
    Exhibit("tab-list.yaml", b"a:\n\t- b\n", "load.tab", 2),
    Exhibit("tab-continuation.yaml", b"a: b\n\tc: d\n", "load.tab", 2),
    Exhibit("duplicate-key.yaml", b"a: 1\nb: 2\na: 3\n", "load.duplicate-key", 3),
    Exhibit("duplicate-quoted.yaml", b"a: 1\n'a': 3\n", "load.duplicate-key", 2),
    Exhibit("duplicate-nested.yaml", b"x:\n- {a: 1,\n   a: 2}\n", "load.duplicate-key", 3),
    Exhibit("duplicate.json", b'{"a": 1,\n "a": 2}', "load.duplicate-key", 2),
    Exhibit("billion-laughs.yaml", _laughs(), "load.too-many-nodes", 6),
    Exhibit("recursive-list.yaml", b"x: 1\na: &a [*a]\n", "load.recursive-alias", 2),
    Exhibit("recursive-mapping.yaml", b"a: &a\n  b: *a\n", "load.recursive-alias", 2),
    Exhibit("unknown-alias.yaml", b"a: *b\n", "load.unknown-alias", 1),
    Exhibit("alias-as-key.yaml", b"a: &a x\n*a : 1\n", "load.complex-key", 2),
    Exhibit("anchored-key.yaml", b"&a a: 1\n", "load.anchored-key", 1),
    Exhibit("long-pointers.yaml", _long_chain(), "load.keys-too-long", 1),
    Exhibit("long-key.yaml", b"? " + b"k" * 1001 + b"\n: 1\n", "load.key-too-long", 1),
    Exhibit("deep-flow.yaml", _deep("["), "load.too-deep", 1),
    Exhibit("deep-mapping.yaml", _deep("{a: "), "load.too-deep", 1),
    Exhibit("deep-block.yaml", _deep("- "), "load.too-deep", 1),
    Exhibit("deep.json", _deep("["), "load.too-deep", 1),
    Exhibit(
        "deep-by-alias.yaml",
        b"a: &a " + b"[" * 40 + b"]" * 40 + b"\nb: " + b"[" * 40 + b"*a" + b"]" * 40,
        "load.too-deep",
        2,
    ),
    Exhibit("many-keys.yaml", b"".join(b"k%d: 1\n" % i for i in range(250_000)), "load.too-many-nodes", 200_000),
    Exhibit(
        "many-keys.json",
        b"{" + b",\n".join(b'"k%d": 1' % i for i in range(250_000)) + b"}",
        "load.too-many-nodes",
        200_000,
    ),
    Exhibit("too-large.yaml", b"#" * 4_000_001, "load.too-large", None),
    Exhibit("nul.yaml", b"a: 1\nb: x\x00y\n", "load.control-character", 2),
    Exhibit("escape.yaml", b"a: \x1b[31mred\n", "load.control-character", 1),
    Exhibit("latin-1.yaml", b"a: 1\nb: \xe9\n", "load.not-utf8", 2),
    Exhibit("gbk.yaml", "a: 1\n\nb: 轴承".encode("gbk"), "load.not-utf8", 3),
    Exhibit("utf-16.yaml", "a: 1".encode("utf-16"), "load.not-utf8", 1),
    Exhibit("surrogate.json", b'{"a": 1,\n"b": "\\ud800"}', "load.surrogate", 2),
    Exhibit("surrogate-key.json", b'{"\\ud800": 1}', "load.surrogate", 1),
    Exhibit("python-object.yaml", b"a: 1\nb: !!python/object/apply:os.system [id]\n", "load.tag", 2),
    Exhibit("python-name.yaml", b"%TAG !e! tag:yaml.org,2002:\n---\na: !e!python/name:os.system x\n", "load.tag", 3),
    Exhibit("own-tag.yaml", b"a: !secret x\n", "load.tag", 1),
    Exhibit("binary.yaml", b"a: !!binary aGk=\n", "load.tag", 1),
    Exhibit("set.yaml", b"a: !!set {x, y}\n", "load.tag", 1),
    Exhibit("wrong-tag.yaml", b"a: !!int x\n", "load.tag", 1),
    Exhibit("merge-key.yaml", b"a: &a {x: 1}\nb:\n  <<: *a\n", "load.merge-key", 3),
    Exhibit("list-as-key.yaml", b"? [a, b]\n: 1\n", "load.complex-key", 1),
    Exhibit("several-documents.yaml", b"a: 1\n---\nb: 2\n", "load.several-documents", 2),
    Exhibit("empty.yaml", b"", "load.empty", None),
    Exhibit("only-comments.yaml", b"# nothing\n", "load.empty", None),
    Exhibit("blank.json", b" \n ", "load.empty", None),
    Exhibit("infinite.yaml", b"a: 1\nb: .inf\n", "load.not-finite", 2),
    Exhibit("nan.yaml", b"a: .NaN\n", "load.not-finite", 1),
    Exhibit("overflow.yaml", b"a: 1e999\n", "load.not-finite", 1),
    Exhibit("overflow.json", b'{"a": [1,\n1e999]}', "load.not-finite", 2),
    Exhibit("huge-integer.yaml", b"a: " + b"9" * 1_000_000, "load.not-finite", 1),
    Exhibit("unclosed-quote.yaml", b"a: 'x\n", "load.syntax", 2),
    Exhibit("unclosed-flow.yaml", b"a: [1, 2\nb: 3\n", "load.syntax", 2),
    Exhibit("colon-in-plain.yaml", b"a: b: c\n", "load.syntax", 1),
    Exhibit("bad-indent.yaml", b"a:\n  b: 1\n c: 2\n", "load.syntax", 3),
    Exhibit("trailing-comma.json", b'{"a": 1,\n}', "load.json-expected", 2),
    Exhibit("no-comma.json", b"[1\n2]", "load.json-expected", 2),
    Exhibit("bare-key.json", b"{a: 1}", "load.json-expected", 1),
    Exhibit("nan.json", b'{"a": NaN}', "load.json-expected", 1),
    Exhibit("two-values.json", b"{}\n{}", "load.json-expected", 2),
    Exhibit("cut-off.json", b'{"a": [1, 2', "load.json-expected", 1),
    Exhibit("cut-off-text.json", b'{"a":\n"x', "load.syntax", 2),
    Exhibit("leading-zero.json", b"[01]", "load.json-expected", 1),
)


if __name__ == "__main__":
    for exhibit in EXHIBITS:
        (Path(sys.argv[1]) / exhibit.name).write_bytes(exhibit.data)
