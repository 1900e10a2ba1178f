"""Check digits of many candidates at once: each function may let a wrong value through, and never stops a right one."""

from __future__ import annotations

import re._parser as parser  # type: ignore[import-not-found]  # the standard library's own, which has no stubs
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from aigov_checks.data.detector import Detector

VectorCheck = Callable[[Any, Any], Any]
"""From the bytes of a block and the ends of candidates in it to a mask of those that may hold (numpy arrays)."""
_BESIDE = 2
"""Bytes that a boundary may have consumed after the value."""
_INVALID = 255
_LONGEST_CARD = 23
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CARD_LENGTHS = np.isin(np.arange(_LONGEST_CARD + 1), range(13, 20))
_BETWEEN_DIGITS = np.zeros(256, bool)
_BETWEEN_DIGITS[np.frombuffer(b" -.", np.uint8)] = True
_LUHN = np.array([range(10), (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)], np.uint8)
"""What a digit counts, as it is and doubled."""


def check_of(detector: Detector) -> VectorCheck | None:
    """Return the check of a detector whose value is all that its gate matched between two boundaries."""
    if detector.boundary not in {"word", "number"} or detector.group or detector.validator is None:
        return None
    name = detector.validator.__name__
    if name == "bank_card":
        return bank_cards
    if name not in _FIXED or parser.parse(detector.core).getwidth() != (_FIXED[name][0],) * 2:
        return None
    width, holds = _FIXED[name]
    return lambda view, ends: _beside(view, ends, lambda at: holds(_windows(view, at, width)))


def bank_cards(view: Any, ends: Any) -> Any:  # numpy arrays
    """Luhn over 13 to 19 digits, read from the end through spaces, hyphens and dots."""
    return _beside(view, ends, lambda at: _luhn(view, at))


def _beside(view: Any, ends: Any, holds: Callable[[Any], Any]) -> Any:  # numpy arrays
    """Try each place where the value may have ended before its boundary: after a letter or digit, before none."""
    tried = np.concatenate([ends - beside for beside in range(_BESIDE + 1)])
    following = _LETTERS_AND_DIGITS[view[np.minimum(tried, len(view) - 1)]] & (tried < len(view))
    last = _LETTERS_AND_DIGITS[view[np.maximum(tried - 1, 0)]] & ~following
    found = np.zeros(len(tried), bool)
    found[last] = holds(tried[last])
    return found.reshape(_BESIDE + 1, len(ends)).any(axis=0)


def _windows(view: Any, ends: Any, width: int) -> Any:  # numpy arrays
    """Return the `width` bytes before each end, one row each; what stands before the block is a zero byte."""
    at = ends[:, None] + np.arange(-width, 0)
    rows = view[np.maximum(at, 0)]
    rows[at < 0] = 0
    return rows


def _luhn(view: Any, ends: Any) -> Any:  # numpy arrays
    window = _windows(view, ends, _LONGEST_CARD)[:, ::-1]  # from the last digit back
    symbols = window - ord("0")  # wraps around for what stands before "0"
    digit = symbols <= 9  # noqa: PLR2004
    counted = digit & np.logical_and.accumulate(digit | _BETWEEN_DIGITS[window], axis=1)
    digits = np.cumsum(counted, axis=1, dtype=np.uint8)
    worth = _LUHN[digits + 1 & 1, np.where(counted, symbols, 0)]
    holds = np.cumsum(worth, axis=1, dtype=np.uint8) % 10 == 0
    return (counted & holds & _CARD_LENGTHS[digits]).any(axis=1)


def _table(symbols: bytes) -> Any:  # numpy array
    """Return the value of each byte: its place in `symbols`, or `_INVALID`."""
    table = np.full(256, _INVALID, np.int64)
    table[np.frombuffer(symbols, np.uint8)] = np.arange(len(symbols))
    return table


_DIGITS = _table(b"0123456789")
_LETTERS_AND_DIGITS = np.zeros(256, bool)
_LETTERS_AND_DIGITS[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)] = True
_LETTERS = _table(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_USCC = _table(b"0123456789ABCDEFGHJKLMNPQRTUWXY")
_VIN = np.full(256, _INVALID, np.int64)
_VIN[np.frombuffer(b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ", np.uint8)] = [
    *range(10),
    *(*range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)),
]
_TAIWAN = np.full(256, _INVALID, np.int64)
_TAIWAN[np.frombuffer(b"ABCDEFGHJKLMNPQRSTUVXYWZIO", np.uint8)] = [
    tens + ones * 9 for tens, ones in (divmod(code, 10) for code in range(10, 36))
]


def _resident_ids(rows: Any) -> Any:  # numpy arrays
    """ISO 7064 MOD 11-2 over 17 digits."""
    values = _DIGITS[rows[:, :17]]
    check = np.frombuffer(b"10X98765432", np.uint8)[values @ _ID_WEIGHTS % 11]
    return (values != _INVALID).all(axis=1) & ((rows[:, 17] & 0xDF == check & 0xDF) | (rows[:, 17] == check))


def _credit_codes(rows: Any) -> Any:  # numpy arrays
    """Mod 31 with weights 3^i (GB 32100-2015)."""
    values = _USCC[rows]
    total = values[:, :17] @ [pow(3, i, 31) for i in range(17)]
    return (values != _INVALID).all(axis=1) & (-total % 31 == values[:, 17])


def _vins(rows: Any) -> Any:  # numpy arrays
    """Mod 11 with the check digit in position 9 (ISO 3779)."""
    values = _VIN[rows]
    check = np.frombuffer(b"0123456789X", np.uint8)[values @ _VIN_WEIGHTS % 11]
    return (values != _INVALID).all(axis=1) & (check == rows[:, 8])


def _taiwan_ids(rows: Any) -> Any:  # numpy arrays
    """Mod 10 over the code of the letter and nine digits."""
    values = np.concatenate([_TAIWAN[rows[:, :1]], _DIGITS[rows[:, 1:]]], axis=1)
    total = values @ [1, 8, 7, 6, 5, 4, 3, 2, 1, 1]
    return (values != _INVALID).all(axis=1) & (total % 10 == 0)


def _organisation_codes(rows: Any) -> Any:  # numpy arrays
    """Mod 11 over eight symbols, a hyphen and the check symbol (GB 11714-1997)."""
    values = _LETTERS[rows[:, :8]]
    check = np.frombuffer(b"0123456789X0", np.uint8)[11 - values @ (3, 7, 9, 10, 5, 8, 4, 2) % 11]
    return (values != _INVALID).all(axis=1) & (check == rows[:, 9])


_FIXED: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "resident_id": (18, _resident_ids),
    "permanent_residence": (18, _resident_ids),
    "uscc": (18, _credit_codes),
    "vin": (17, _vins),
    "tw_id": (10, _taiwan_ids),
    "organisation_code": (10, _organisation_codes),
}
"""By the name of a validator: the width of a value, and its check over rows of bytes."""
