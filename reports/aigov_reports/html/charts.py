"""Line charts as geometry: templates write them as SVG without a drawing library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov_reports.limits import POINTS_DRAWN

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 660, 262
LEFT, RIGHT, TOP, BOTTOM = 62, 470, 14, 206
_LABEL_GAP = 15
_TICK_GAP = 34
_LARGEST = 1e150
"""Beyond it differences overflow; such points are not drawn, the table still has them."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve in the units of the data, with an optional band (x, low, high)."""

    label: str
    points: tuple[Point, ...]
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line that a policy requires."""

    label: str
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in pixels, with its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Path:
    """A curve in pixels."""

    style: str
    points: str
    band: str
    dots: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Text at the right end of a line."""

    style: str
    text: str
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished drawing."""

    title: str
    description: str
    caption: str
    x_label: str
    y_label: str
    paths: tuple[Path, ...]
    levels: tuple[float, ...]
    labels: tuple[Label, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A mapping from data to pixels; `root` spreads small values apart."""

    low: float
    high: float
    start: float
    end: float
    root: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (value - self.low) / (self.high - self.low)
        share = math.sqrt(max(0.0, share)) if self.root else share
        return round(self.start + share * (self.end - self.start), 1)


def drawable(value: float) -> bool:
    """Whether a value can be placed on an axis."""
    return math.isfinite(value) and abs(value) < _LARGEST


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of the values, widened where they are all the same."""
    low, high = min(values), max(values)
    if high > low and math.isfinite(1 / (high - low)):
        return low, high
    margin = max(abs(low) * 0.1, 0.5)
    return low - margin, low + margin


def nice_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return at most seven round values within [low, high]."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)  # noqa: PLR2004  # ticks
    first = math.ceil(low / step)
    return tuple((first + i) * step for i in range(7) if (first + i) * step <= high + step * 1e-9)


def draw(
    lines: Sequence[Line], levels: Sequence[Level], x: Scale, y: Scale
) -> tuple[tuple[Path, ...], tuple[Label, ...]]:
    """Return the curves in pixels and the labels at their ends, moved apart where they would overlap."""
    paths, labels = [], []
    for i, line in enumerate(lines):
        points = [(x(px), y(py)) for px, py in thinned(line.points)]
        dots = tuple(points) if len(points) <= 40 else ()  # noqa: PLR2004  # a dot a pixel would be a smear
        paths.append(Path(f"s{i % 6}", _pixels(points), _band(line, x, y), dots))
        labels.append(Label(f"s{i % 6}", short(line.label), points[-1][1]))
    labels += [Label("bound", short(level.label), y(level.y)) for level in levels]
    return tuple(paths), _apart(labels)


def spread_ticks(ticks: Sequence[Tick]) -> tuple[Tick, ...]:
    """Return the ticks whose labels do not run into the one before."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda tick: tick.at):
        if not kept or tick.at - kept[-1].at >= _TICK_GAP:
            kept.append(tick)
    return tuple(kept)


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return the points, or where there are too many the lowest and the highest of each stretch, in order."""
    if len(points) <= POINTS_DRAWN:
        return list(points)
    size = math.ceil(2 * len(points) / POINTS_DRAWN)
    kept: list[Point] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        lowest = min(range(len(stretch)), key=lambda i: stretch[i][1])
        highest = max(range(len(stretch)), key=lambda i: stretch[i][1])
        kept += [stretch[i] for i in sorted({lowest, highest})]
    return kept


def _band(line: Line, x: Scale, y: Scale) -> str:
    if len(line.band) < 2:  # noqa: PLR2004  # an area needs two ends
        return ""
    upper = [(x(px), y(high)) for px, _, high in line.band]
    lower = [(x(px), y(low)) for px, low, _ in reversed(line.band)]
    return _pixels(upper + lower)


def _pixels(points: Sequence[Point]) -> str:
    return " ".join(f"{px:g},{py:g}" for px, py in points)


def _apart(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Return the labels from the top, none over another, and none below the axis while there is room above."""
    moved: list[float] = []
    ordered = sorted(labels, key=lambda label: label.y)
    for label in ordered:
        moved.append(label.y if not moved else max(label.y, moved[-1] + _LABEL_GAP))
    for above, place in enumerate(reversed(range(len(moved)))):
        moved[place] = min(moved[place], max(BOTTOM, TOP + _LABEL_GAP * (len(moved) - 1)) - _LABEL_GAP * above)
    return tuple(Label(label.style, label.text, y) for label, y in zip(ordered, moved, strict=True))


def short(text: str) -> str:
    """Return what fits beside a drawing."""
    width, kept = 0, ""
    for character in text:
        width += 2 if ord(character) > 0x2E7F else 1  # noqa: PLR2004  # CJK is twice as wide
        if width > 24:  # noqa: PLR2004  # signs
            return kept + "…"
        kept += character
    return kept
