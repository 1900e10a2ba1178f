"""Pictures as data: curves, images and bars that a check hands over and that reporters draw."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aigov.i18n import Message


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve of a figure: x and y of equal length, in the units of the figure."""

    label: Message
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as data; reporters draw it."""

    title: Message
    caption: Message
    x_label: Message
    y_label: Message
    traces: tuple[Trace, ...]


class Shade(StrEnum):
    """What the bytes of an image mean."""

    GREY = "grey"
    """One byte a cell, 0 black and 255 white."""
    RGB = "rgb"
    """Three bytes a cell."""
    SIGNED = "signed"
    """One byte a cell, 128 for nothing, 1 for the largest fall and 255 for the largest rise."""


@dataclass(frozen=True, slots=True)
class Raster:
    """An image as data, row by row from the upper left."""

    label: Message
    width: int
    height: int
    shade: Shade
    cells: str
    """The bytes of all cells in hexadecimal, two digits a byte."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one value was moved: from `before` to `after`, of at most `reach` to either side, in its own unit."""

    label: Message
    before: float
    after: float
    reach: float
    unit: str


@dataclass(frozen=True, slots=True)
class Example:
    """One sample before and after a change: what is to be said of it, and curves, images or bars that show it."""

    title: Message
    lines: tuple[Message, ...]
    figures: tuple[Figure, ...] = ()
    rasters: tuple[Raster, ...] = ()
    bars: tuple[Bar, ...] = ()
