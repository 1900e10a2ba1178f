"""How a number with a unit is written for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST = 10**300
_STEPS = ("B", "kB", "MB", "GB", "TB")


def write_quantity(value: float, unit: str, lang: str = "en") -> str:
    """Return `value` with its unit: a ratio in percent, counts with separators, bytes in SI steps."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        return f"{'−' if value < 0 else ''}> 10^300"
    if not math.isfinite(value):
        return _not_finite(value, lang)
    if unit == "boolean":
        return _yes_no(bool(value), lang)
    if unit in _WRITERS:
        return _WRITERS[unit](value)
    return f"{_plain(value)} {unit}"


def _not_finite(value: float, lang: str) -> str:
    if math.isnan(value):
        return "不是数" if lang.startswith("zh") else "not a number"
    return "∞" if value > 0 else "−∞"


def _percent(value: float) -> str:
    """Write a percentage with one decimal from 1 to 99.9, two significant digits near 0, and never round up to all."""
    if value == 0 or abs(value) >= 1:
        text = f"{value:.1f}".removesuffix(".0")
        return _almost_all(value) if text == "100" and value < 100 else text  # noqa: PLR2004  # percent
    return f"{value:.2g}" if abs(value) >= 1e-4 else f"{value:.1e}"  # noqa: PLR2004  # below, digits mislead


def _almost_all(value: float) -> str:
    texts = (f"{value:.{decimals}f}" for decimals in range(2, 9))
    return next((text for text in texts if not text.startswith("100")), "> 99.999999")


def _plain(value: float) -> str:
    return (
        f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"  # noqa: PLR2004  # beyond 2^53 digits are noise
    )  # beyond 2^53 digits are noise


def _bytes(value: float) -> str:
    step = 0
    while abs(value) >= 1000 and step < len(_STEPS) - 1:  # noqa: PLR2004  # SI
        value /= 1000
        step += 1
    return f"{value:.3g} {_STEPS[step]}"


def _yes_no(value: bool, lang: str) -> str:  # noqa: FBT001  # it writes a truth value
    if lang.startswith("zh"):
        return "是" if value else "否"
    return "yes" if value else "no"


_WRITERS: Mapping[str, Callable[[float], str]] = {
    "ratio": lambda value: f"{_percent(value * 100)} %",
    "count": lambda value: f"{value:,.0f}",
    "bytes": _bytes,
    "seconds": lambda value: f"{value:,.3g} s",
    "number": _plain,
    "": _plain,
}
