"""Looking for rows in bytes, at every offset: a table of hashed words, then exact comparison of what is left.

Cost: one pass of table look-ups over the bytes whatever the number of rows, and one digest for each place where the
word of a row stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aigov import need
from aigov_checks.model.memorised.limits import MAX_CANDIDATES
from aigov_checks.model.memorised.rows import WORD, Layout, Rows, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.memorised.pieces import Blob

_STEP = 1 << 22
"""Bytes looked at together; a multiple of 8."""
_FACTOR = 0x9E3779B97F4A7C15
"""The golden ratio in 64 bits, odd (Knuth, The Art of Computer Programming 3, section 6.4)."""
_FEWEST, _MOST = 16, 26
"""Bits of the table: 64 KiB to 64 MiB."""


@dataclass(frozen=True, slots=True)
class Found:
    """The first place of one row."""

    dataset: int
    row: int
    form: str
    pointer: str
    start: int | None
    end: int | None
    """Bytes in the file, where they stand in it as they are."""


@dataclass(slots=True, eq=False)
class Search:
    """All rows of all data sets, and where each was seen first."""

    rows: tuple[Rows, ...]
    found: dict[tuple[int, int], Found] = field(default_factory=dict)
    candidates: int = 0
    exhausted: bool = False
    """Whether a file had more places to compare than are compared."""
    _layouts: tuple[Layout, ...] = ()
    _keys: Any = None  # numpy array: words in order
    _of: tuple[int, ...] = ()
    """Index of the layout of each word."""
    _anchors: tuple[int, ...] = ()
    """Offset of each word in its row."""
    _table: Any = None  # numpy array of bool
    _shift: Any = None  # numpy scalar

    def __post_init__(self) -> None:
        """Build the table."""
        np = need("numpy", "robustness")
        self._layouts = tuple(layout for rows in self.rows for layout in rows.layouts)
        if not self._layouts:
            return
        words = np.concatenate([layout.words for layout in self._layouts])
        anchors = np.concatenate([layout.anchors for layout in self._layouts])
        of = np.concatenate([np.full(len(layout.words), i) for i, layout in enumerate(self._layouts)])
        different = np.unique(np.rec.fromarrays([words, of, anchors], names="word,of,anchor"))
        self._keys = different["word"].copy()
        self._of, self._anchors = tuple(different["of"].tolist()), tuple(different["anchor"].tolist())
        bits = min(_MOST, max(_FEWEST, int(np.ceil(np.log2(len(self._keys)))) + 5))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, dtype=bool)
        self._table[self._slots(self._keys)] = True

    def look(self, blob: Blob) -> None:
        """Look for every row in the bytes of a blob."""
        if self._table is None or self.exhausted:
            return
        names = blob.names()
        for position, key in self._candidates(blob.data):
            self.candidates += 1
            if self.candidates > MAX_CANDIDATES:
                self.exhausted = True
                return
            layout = self._layouts[self._of[key]]
            start = position - self._anchors[key]
            end = start + layout.size
            if start < 0 or end > len(blob.data):
                continue
            for row in layout.rows.get(digest(blob.data[start:end].tobytes()), ()):
                place = Found(layout.dataset, row, layout.form, names.of(start), blob.at(start), blob.at(end))
                self.found.setdefault((layout.dataset, row), place)

    def _candidates(self, data: memoryview) -> Iterator[tuple[int, int]]:
        """Yield each position where a word of a row stands, with every index of that word in the keys."""
        np = need("numpy", "robustness")
        for begin in range(0, len(data) - WORD + 1, _STEP):
            piece = data[begin : begin + _STEP + WORD - 1]
            for shift in range(min(WORD, len(piece) - WORD + 1)):
                words = np.frombuffer(piece, "<u8", (len(piece) - shift) // WORD, shift)
                hits = np.flatnonzero(np.take(self._table, self._slots(words)))
                if not len(hits):
                    continue
                low = np.searchsorted(self._keys, words[hits], "left")
                high = np.searchsorted(self._keys, words[hits], "right")
                true = low < high
                ranges = zip(hits[true].tolist(), low[true].tolist(), high[true].tolist(), strict=True)
                for hit, first, last in ranges:
                    for key in range(first, last):
                        yield begin + shift + hit * WORD, key

    def _slots(self, words: Any) -> Any:  # numpy arrays
        np = need("numpy", "robustness")
        return ((words * np.uint64(_FACTOR)) >> self._shift).view(np.int64)
