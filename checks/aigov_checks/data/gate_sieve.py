"""Where a gate may match, told with numpy from the bytes at the first places of a match or from its opening.

Both sieves let through every place at which a gate matches. The first pass takes a few bytes of every place through
tables of eight buckets (as "Teddy" in Hyperscan does, Wang et al., NSDI 2019); the second one looks closely at the few
places that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov_checks.data.patterns import EDGE
from aigov_checks.data.positions import ANY, options, positions

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    Gate = tuple[int, re.Pattern[bytes]]

_BUCKETS = 8
_DENSE = 4
"""Bytes that are looked at at every place."""
_WIDTH = 24
"""Bytes of a match that are looked at where its first ones fit."""
_THINNED = frozenset({5, 6, 7, 9, 12, 16})
"""Bytes after which places that fit no more are dropped."""
_PATTERNS = 63
"""Patterns that a sieve tells apart."""
_ALNUM = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_HEAD = 3
"""Bytes of an opening by which it is looked for."""
_LONGEST = 9
"""Bytes of an opening that its hash is made of."""
_KEPT = np.uint32(14)
"""Bits of a hash that are left out in a table."""
_WORD, _LONGER = 1, 2
_SPREAD = np.uint32(0x9E3779B1)

Sets = list[frozenset[int]]


@dataclass(frozen=True, slots=True)
class FirstBytes:
    """Tables of patterns by the bytes at the first places of their matches."""

    before: bytes
    """Buckets of which a match may stand behind a byte."""
    dense: tuple[bytes, ...]
    """Buckets to which each byte belongs, by place."""
    sparse: Any
    """Patterns, one bit each, to which each byte belongs, by place (numpy array; the first place stands before)."""
    gates: tuple[Gate, ...]
    """The gate that each bit belongs to."""

    def candidates(self, piece: bytes) -> Iterator[tuple[int, tuple[Gate, ...]]]:
        """Yield where a gate may match, in order, and the gates that may."""
        at, masks = self.places(piece)
        known = {mask: self._of(mask) for mask in np.unique(masks).tolist()}
        for place, mask in zip(at.tolist(), masks.tolist(), strict=True):
            yield place, known[mask]

    def _of(self, mask: int) -> tuple[Gate, ...]:
        return tuple(dict.fromkeys(gate for bit, gate in enumerate(self.gates) if mask >> bit & 1))

    def places(self, piece: bytes) -> tuple[Any, Any]:
        """Return where a gate may match, in order, and the bits of the patterns that may (numpy arrays)."""
        size = len(piece)
        padded = b"".join((b"\n", piece, b"\n" * _WIDTH))
        fits = np.frombuffer(padded.translate(self.before), np.uint8)[:size]
        for place, table in enumerate(self.dense, 1):
            fits = fits & np.frombuffer(padded.translate(table), np.uint8)[place : place + size]
        at = np.flatnonzero(fits != 0)
        view = np.frombuffer(padded, np.uint8)
        masks = self.sparse[0][view[at]]
        for place in range(1, _WIDTH + 1):
            if place in _THINNED:
                kept = masks != 0
                at, masks = at[kept], masks[kept]
            masks &= self.sparse[place][view[at + place]]
        kept = masks != 0
        return at[kept], masks[kept]


@dataclass(frozen=True, slots=True)
class Openings:
    """Tables of the words with which patterns begin."""

    heads: Any
    """Whether three bytes may begin a word, by their hash (numpy array)."""
    words: tuple[Any, ...]
    """Whether two, three and so on bytes may be a word or begin a longer one, by their hash (numpy arrays)."""

    def places(self, lower: bytes) -> Any:
        """Return where a word may begin in a text in lower case, in order (numpy array)."""
        view = np.frombuffer(lower + b"\n" * _LONGEST, np.uint8)
        at = np.flatnonzero(np.take(self.heads, _head(view)[: len(lower)], mode="clip"))
        key = view[at].astype(np.uint32) << 9
        found = []
        for place, table in enumerate(self.words, 1):
            key = _longer(key, view[at + place])
            known = table[key >> _KEPT]
            found.append(at[known & _WORD != 0])
            longer = np.flatnonzero(known & _LONGER)
            at, key = at[longer], key[longer]
        return np.sort(np.concatenate(found))


def first_bytes(gates: Sequence[Gate]) -> FirstBytes:
    """Return the tables of gates; before a match of one that begins with `patterns.EDGE` is no letter or digit."""
    each = [(gate, found) for gate in gates for found in options(gate[1].pattern, _WIDTH)]
    if len(each) > _PATTERNS:
        each = [(gate, positions(gate[1].pattern, _WIDTH)) for gate in gates]
    rows = [([_before(gate)], found) for gate, found in each]
    sparse = np.zeros((_WIDTH + 1, 256), np.int64)
    for bit, (before, found) in enumerate(rows):
        for place, members in enumerate([*before, *found]):
            sparse[place, list(members)] |= 1 << bit
    buckets = _buckets([[*before, *found[:_DENSE]] for before, found in rows])
    behind, *dense = _dense(buckets)
    return FirstBytes(behind, tuple(dense), sparse, tuple(gate for gate, _ in each))


def _before(gate: Gate) -> frozenset[int]:
    return ANY - _ALNUM if gate[1].pattern.startswith(EDGE) else ANY


def openings(words: Sequence[bytes]) -> Openings:
    """Return the tables of words of two bytes or more, in lower case."""
    heads = np.zeros(1 << 16, bool)
    tables = tuple(np.zeros(1 << 32 - _KEPT, np.uint8) for _ in range(1, _LONGEST))
    cut = [word[:_LONGEST] for word in words]
    for size in {len(word) for word in cut}:
        letters = np.frombuffer(b"".join(word for word in cut if len(word) == size), np.uint8).reshape(-1, size)
        first = letters[:, :_HEAD] if size >= _HEAD else _with_any(letters)
        heads[_head(first.reshape(-1))[::_HEAD]] = True
        key = letters[:, 0].astype(np.uint32) << 9
        for place in range(1, size):
            key = _longer(key, letters[:, place])
            tables[place - 1][key >> _KEPT] |= _WORD if place == size - 1 else _LONGER
    return Openings(heads, tables)


def _with_any(pairs: Any) -> Any:  # numpy arrays
    """Return each pair with every byte behind it."""
    return np.concatenate(
        [np.repeat(pairs, 256, axis=0), np.tile(np.arange(256, dtype=np.uint8), len(pairs))[:, None]], axis=1
    )


def _head(view: Any) -> Any:  # numpy arrays
    """Return a hash of the three bytes at each place."""
    wide = view.astype(np.uint16)
    return (wide[:-2] | wide[1:-1] << 8) * np.uint16(0x9E37) + wide[2:] * np.uint16(0x79B1)


def _longer(key: Any, byte: Any) -> Any:  # numpy arrays
    """Return the hash of what has one byte more."""
    return ((key ^ key >> 15) + byte) * _SPREAD


def _buckets(rows: list[Sets]) -> list[Sets]:
    """Return at most eight rows: those are joined that together let little more of a text through than apart."""
    table = np.array([[[byte in members for byte in range(256)] for members in row] for row in rows])
    often = np.array([_often(byte) for byte in range(256)])
    alive = list(range(len(rows)))
    share = (table @ often).prod(axis=1)
    more = np.full((len(rows), len(rows)), np.inf)

    def compare(row: int) -> None:
        others = [other for other in alive if other != row]
        more[row, others] = ((table[row] | table[others]) @ often).prod(axis=1) - share[row] - share[others]
        more[others, row] = more[row, others]

    for row in alive:
        compare(row)
    while len(alive) > _BUCKETS:
        kept, gone = sorted(divmod(int(more.argmin()), len(rows)))
        table[kept] |= table[gone]
        share[kept] = (table[kept] @ often).prod()
        alive.remove(gone)
        more[gone] = more[:, gone] = np.inf
        compare(kept)
    return [[frozenset(np.flatnonzero(members).tolist()) for members in table[row]] for row in alive]


def _often(byte: int) -> float:
    """Return about how often a byte is in logs and reports."""
    if byte in b"0123456789":
        return 0.03
    if byte in b"abcdefghijklmnopqrstuvwxyz ":
        return 0.01
    return 0.04 if 0xE4 <= byte <= 0xE9 else 0.002  # noqa: PLR2004  # the first bytes of Chinese characters


def _dense(buckets: list[Sets]) -> list[bytes]:
    """Return for each place the buckets to which each byte belongs."""
    return [
        bytes(sum(1 << bit for bit, row in enumerate(buckets) if byte in row[place]) for byte in range(256))
        for place in range(len(buckets[0]))
    ]
