"""Single samples before and after a change: sentences, curves, images cell by cell, and a bar a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import Bar, Raster, Shade
from aigov_reports.html.charts import Chart, drawable, short
from aigov_reports.html.figures import charts_of
from aigov_reports.limits import BARS_DRAWN, CELLS_DRAWN, OCCURRENCES_SHOWN, RASTERS_DRAWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Example, Measured
    from aigov_reports.words import Words

_SIDE, _GAP, _LABEL = 200, 22, 24
_LEVELS = 8
"""Steps of a byte that are drawn as one colour, which keeps the page small; the eye tells no finer ones apart."""
_NOTHING = 128
_FALL, _RISE = (0x21, 0x66, 0xAC), (0xB2, 0x18, 0x2B)
"""Ends of a diverging scale through white that colour-blind readers can tell apart (ColorBrewer RdBu)."""
_BAR_ROW, _BAR_TOP, _BAR_MIDDLE, _BAR_REACH = 26, 24, 262, 92

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Fill:
    """All cells of one colour as one outline."""

    colour: str
    outline: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One image in pixels of the drawing."""

    label: str
    x: float
    width: float
    height: float
    box: str
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class BarRow:
    """One value that was moved, in pixels of the drawing."""

    label: str
    y: int
    x: float
    width: float
    style: str
    said: str


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One example, ready to be written."""

    title: str
    lines: tuple[str, ...]
    charts: tuple[Chart, ...]
    panels: tuple[Panel, ...]
    panels_height: float
    bars: tuple[BarRow, ...]
    bars_height: int


def examples(measured: Measured, words: Words) -> tuple[ExampleView, ...]:
    """Return the examples of an observation."""
    return tuple(_view(example, words) for example in measured.examples[:OCCURRENCES_SHOWN])


def _view(example: Example, words: Words) -> ExampleView:
    panels = tuple(_panels(example.rasters[:RASTERS_DRAWN], words))
    bars = [bar for bar in example.bars[:BARS_DRAWN] if drawable(bar.before) and drawable(bar.after)]
    rows = tuple(_bar(bar, place, words) for place, bar in enumerate(bars))
    return ExampleView(
        title=words.say(example.title),
        lines=tuple(words.say(line) for line in example.lines[:OCCURRENCES_SHOWN]),
        charts=tuple(charts_of(example.figures, words)),
        panels=panels,
        panels_height=max((panel.height for panel in panels), default=0) + _LABEL,
        bars=rows,
        bars_height=_BAR_TOP + _BAR_ROW * len(rows),
    )


def _panels(rasters: tuple[Raster, ...], words: Words) -> Iterator[Panel]:
    """Yield the images that are what they say, side by side."""
    place = 0
    for raster in rasters:
        colours = _colours(raster)
        if colours:
            scale = _SIDE / max(raster.width, raster.height)
            yield Panel(
                label=short(words.say(raster.label)),
                x=place * (_SIDE + _GAP),
                width=round(raster.width * scale, 1),
                height=round(raster.height * scale, 1),
                box=f"0 0 {raster.width} {raster.height}",
                fills=_fills(colours, raster.width),
            )
            place += 1


def _colours(raster: Raster) -> list[Colour]:
    """Return the colour of each cell; nothing where the bytes are no image of that size, or of too large a one."""
    cells, each = raster.width * raster.height, 3 if raster.shade is Shade.RGB else 1
    if min(raster.width, raster.height) < 1 or cells > CELLS_DRAWN or len(raster.cells) != 2 * each * cells:
        return []
    try:
        data = bytes.fromhex(raster.cells)
    except ValueError:
        return []
    match raster.shade:
        case Shade.RGB:
            return [(_step(data[at]), _step(data[at + 1]), _step(data[at + 2])) for at in range(0, len(data) - 2, each)]
        case Shade.GREY:
            return [(_step(value),) * 3 for value in data]
        case Shade.SIGNED:
            return [_diverging(value) for value in data]


def _step(value: int) -> int:
    return round(value / _LEVELS) * _LEVELS if value < 256 - _LEVELS else 255  # a byte


def _diverging(value: int) -> Colour:
    share = min(1.0, abs(round((value - _NOTHING) / _LEVELS)) * _LEVELS / (_NOTHING - _LEVELS))
    end = _RISE if value > _NOTHING else _FALL
    red, green, blue = (round(255 + (channel - 255) * share) for channel in end)
    return red, green, blue


def _fills(colours: list[Colour], width: int) -> tuple[Fill, ...]:
    """Return an outline a colour; neighbours in a row are drawn as one."""
    outlines: dict[Colour, list[str]] = {}
    for start in range(0, len(colours), width):
        row, at = colours[start : start + width], 0
        while at < len(row):
            end = at
            while end < len(row) and row[end] == row[at]:
                end += 1
            outlines.setdefault(row[at], []).append(f"M{at} {start // width}h{end - at}v1h-{end - at}z")
            at = end
    return tuple(
        Fill(f"#{red:02x}{green:02x}{blue:02x}", "".join(parts)) for (red, green, blue), parts in outlines.items()
    )


def _bar(bar: Bar, place: int, words: Words) -> BarRow:
    """Return a bar whose length is the share of what was allowed."""
    change = bar.after - bar.before
    share = max(-1.0, min(1.0, change / bar.reach)) if drawable(bar.reach) and bar.reach > 0 else 0.0
    length = round(abs(share) * _BAR_REACH, 1)
    unit = words.fact(bar.unit)
    said = words.label(
        "report.example.moved",
        change=("+" if change >= 0 else "") + words.quantity(change, unit),
        before=words.quantity(bar.before, ""),
        after=words.quantity(bar.after, unit),
        reach=words.quantity(bar.reach, unit),
    )
    return BarRow(
        label=short(words.say(bar.label)),
        y=_BAR_TOP + _BAR_ROW * place,
        x=_BAR_MIDDLE if share >= 0 else _BAR_MIDDLE - length,
        width=length,
        style="up" if share >= 0 else "down",
        said=said,
    )
