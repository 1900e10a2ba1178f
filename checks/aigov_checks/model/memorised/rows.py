"""Training rows as the bytes that a model would hold, and which of them cannot coincide by chance.

A row counts where its distinct values have at least 64 significant bits together, or where it has at least 8 distinct
values whose order takes at least 64 bits (its length times the entropy of its own histogram); an arithmetic progression
never counts. So what is all zero, constant, one-hot or a few small whole numbers does not. A file of a gigabyte has
2^30 places and a data set here at most 2^17 rows in six forms: chance makes one of them in about 2^14 such files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov import need

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH_BITS = 64
WORD = 8
"""Bytes of the part of a row that is looked for first."""
_MANTISSA = (1 << 52) - 1
_VARIED = 8
_BLOCK = 1 << 20
"""Values of rows that are looked at together."""
_RAMP = 1e-4
"""Relative difference of steps that still is rounding, in 32 bits too."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One data set in one form: the bytes of each row by their digest."""

    dataset: int
    form: str
    """Type and byte order in numpy's words, such as `<f8`."""
    size: int
    """Bytes of a row."""
    rows: dict[bytes, list[int]]
    """Digest of a row to the indices of the rows that have these bytes."""
    words: Any  # numpy array of unsigned 64-bit numbers: the part of each row that is looked for first
    anchors: Any  # numpy array: where in the row that part begins


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one data set that are looked for."""

    name: str
    total: int
    checked: int
    """Rows that count, of those that were drawn."""
    plain: int
    """Rows that chance could make."""
    width: int
    layouts: tuple[Layout, ...]


def digest(row: bytes) -> bytes:
    """Return what stands for the bytes of a row."""
    return hashlib.blake2b(row, digest_size=16).digest()


def prepare(index: int, name: str, samples: Any, max_rows: int, seed: int) -> Rows:  # a numpy array
    """Return the rows of samples (n, ...) in every form; where there are more than `max_rows`, that many at random."""
    np = need("numpy", "robustness")
    total = len(samples)
    drawn = np.arange(total)
    if total > max_rows:
        drawn = np.sort(np.random.default_rng(seed).choice(total, max_rows, replace=False))
    values = np.ascontiguousarray(samples[drawn].reshape(len(drawn), -1))
    counted = np.zeros(len(drawn), dtype=bool)
    layouts = []
    for form in _forms(values.dtype):
        layout, enough = _layout(index, form, values, drawn)
        counted |= enough
        if layout is not None:
            layouts.append(layout)
    checked = int(counted.sum())
    return Rows(name, total, checked, len(drawn) - checked, values.shape[1], tuple(layouts))


def _forms(own: Any) -> tuple[str, ...]:  # a numpy dtype
    """Return 32 and 64 bits and the type of the data itself, in both byte orders."""
    plain = own.newbyteorder("<").str
    forms = ["<f8", ">f8", "<f4", ">f4", plain, plain.replace("<", ">")]
    return tuple(dict.fromkeys(forms))


def _layout(index: int, form: str, values: Any, drawn: Any) -> tuple[Layout | None, Any]:  # numpy arrays
    """Return the rows that count in one form (None where there is none), and which those are."""
    np = need("numpy", "robustness")
    size = values.shape[1] * np.dtype(form).itemsize
    counted = np.zeros(len(values), dtype=bool)
    if size < WORD:
        return None, counted
    rows: dict[bytes, list[int]] = {}
    words, anchors = [], []
    for start, block in _blocks(values):
        with np.errstate(over="ignore"):
            cast = block.astype(form)
            bits = significant(cast)
            enough = enough_bits(cast, bits)
        counted[start : start + len(block)] = enough
        if not enough.any():
            continue
        raw = np.frombuffer(cast[enough].tobytes(), dtype=np.uint8).reshape(-1, size)
        at = _anchors(bits[enough], np.dtype(form).itemsize)
        places = at[:, None] + np.arange(WORD)
        words.append(np.take_along_axis(raw, places, axis=1).copy().view("<u8")[:, 0])
        anchors.append(at)
        for row, content in zip(drawn[start : start + len(block)][enough], raw, strict=True):
            rows.setdefault(digest(content.tobytes()), []).append(int(row))
    if not words:
        return None, counted
    return Layout(index, form, size, rows, np.concatenate(words), np.concatenate(anchors)), counted


def _blocks(values: Any) -> Iterator[tuple[int, Any]]:  # numpy arrays
    step = max(1, _BLOCK // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        yield start, values[start : start + step]


def significant(values: Any) -> Any:  # numpy arrays
    """Return for each number the bits of its significand up to the last that is set: 0 for 0, 1, 2 and 0.5."""
    np = need("numpy", "robustness")
    exact = np.ascontiguousarray(values, dtype=np.float64)
    mantissa = exact.view(np.uint64) & np.uint64(_MANTISSA)
    lowest = mantissa & (~mantissa + np.uint64(1))
    trailing = np.frexp(lowest.astype(np.float64))[1] - 1
    return np.where(mantissa == 0, 0, 52 - trailing).astype(np.int64)


def enough_bits(values: Any, bits: Any) -> Any:  # numpy arrays
    """Return for each row whether it says too much to be made by chance; not finite values never do."""
    np = need("numpy", "robustness")
    exact = values.astype(np.float64)
    order = np.argsort(exact, axis=1, kind="stable")
    ordered = np.take_along_axis(exact, order, axis=1)
    first = np.ones(values.shape, dtype=bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    told = np.where(first, np.take_along_axis(bits, order, axis=1), 0).sum(axis=1)
    varied = (first.sum(axis=1) >= _VARIED) & (_order_bits(first) >= ENOUGH_BITS)
    return ((told >= ENOUGH_BITS) | varied) & np.isfinite(exact).all(axis=1) & ~_progression(exact)


def _order_bits(first: Any) -> Any:  # numpy arrays
    """Return for each sorted row, whose distinct values begin where `first` is set, its length times its entropy."""
    np = need("numpy", "robustness")
    length = first.shape[1]
    begins = np.flatnonzero(first.ravel())
    runs = np.diff(np.append(begins, first.size))
    of_rows = np.searchsorted(begins, np.arange(len(first)) * length)
    return length * np.log2(length) - np.add.reduceat(runs * np.log2(runs), of_rows)


def _progression(values: Any) -> Any:  # numpy arrays
    np = need("numpy", "robustness")
    if values.shape[1] <= 2:  # noqa: PLR2004  # two values are always one
        return np.zeros(len(values), dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.diff(values, axis=1)
        return (np.abs(steps - steps[:, :1]) <= _RAMP * np.abs(steps[:, :1])).all(axis=1)


def _anchors(bits: Any, item: int) -> Any:  # numpy arrays
    """Return for each row the offset of the 8 bytes that say most."""
    np = need("numpy", "robustness")
    together = max(1, WORD // item)
    sums = np.lib.stride_tricks.sliding_window_view(bits, together, axis=1).sum(axis=2)
    return sums.argmax(axis=1) * item
