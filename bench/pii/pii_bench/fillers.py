"""Ordinary words and numbers around the values; they carry no label and nothing personal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .draw import Draw


def date(draw: Draw) -> str:
    """Return a day of operation."""
    return f"2025-{draw.between(1, 12):02}-{draw.between(1, 28):02}"


def clock(draw: Draw) -> str:
    """Return a time of day."""
    return f"{draw.between(0, 23):02}:{draw.between(0, 59):02}"


def amount(draw: Draw) -> str:
    """Return a small number."""
    return str(draw.between(2, 480))


def decimal(draw: Draw) -> str:
    """Return a number with one place."""
    return f"{draw.between(10, 900) / 10}"


MAKERS = {"date": date, "clock": clock, "n": amount, "x": decimal}


def fill(draw: Draw, name: str) -> str:
    """Return the filler of that name: a maker's, else a word of the vocabulary."""
    return MAKERS[name](draw) if name in MAKERS else draw.word(name)
