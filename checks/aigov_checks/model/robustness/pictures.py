"""Pictures of one attacked sample: a waveform, an image, or a row of a table, before and after, and the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Bar, Figure, Message, Quantity, Raster, Shade, Trace, UnsupportedInputError, msg
from aigov_checks.model.faults.channels import layout_of, rate_of
from aigov_checks.model.faults.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov_checks.model.robustness.example import Moved
    from aigov_checks.model.robustness.kept import Attack, Kept
    from aigov_checks.model.robustness.predictor import Array

MAX_POINTS = 1024
EXCERPT = 128
"""Values of a long waveform that can be told apart in a drawing."""
MAX_CELLS = 64
"""Cells a side of an image; a larger one is drawn in blocks."""
MAX_BARS = 12
_COLOURS = 3
_MILLISECONDS = 1000


def waveforms(result: Attack, kept: Kept, inputs: Sequence[Moved]) -> tuple[Figure, ...]:
    """Return the line along the last axis that changed most, before and after, and its change on an axis of its own.

    Of a long one there is an excerpt around the largest value as well, since its change shows only there.
    """
    lines, change = kept.x.reshape(-1, kept.x.shape[-1]), kept.change.reshape(-1, kept.x.shape[-1])
    line = int(np.abs(change).sum(axis=1).argmax())
    before, after = lines[line], kept.x_adv.reshape(lines.shape)[line]
    places, x_label = _axis(np.arange(lines.shape[1]), inputs[0])
    unit = result.attacked.budget.unit
    channel = msg("robustness.figure.channel", channel=line + 1, channels=len(lines))
    caption = channel if len(lines) > 1 else msg("robustness.figure.both-caption")
    whole, part = (_around(np.abs(before), length) for length in (MAX_POINTS, EXCERPT))

    def both(title: Message, shown: slice) -> Figure:
        value = msg("robustness.figure.value", unit=unit) if unit else msg("robustness.figure.plain")
        curves = (("robustness.figure.before", before), ("robustness.figure.after", after))
        traces = tuple(Trace(msg(label), _drawn(places[shown]), _drawn(values[shown])) for label, values in curves)
        return Figure(title, caption, x_label, value, traces)

    moved = msg("robustness.figure.change", unit=unit) if unit else msg("robustness.figure.change-plain")
    trace = Trace(msg("robustness.figure.difference-label"), _drawn(places[part]), _drawn(change[line, part]))
    alone = msg("robustness.figure.difference"), msg("robustness.figure.difference-caption")
    excerpt = (both(msg("robustness.figure.excerpt", count=EXCERPT), part),) if len(before) > EXCERPT else ()
    return (both(msg("robustness.figure.both"), whole), *excerpt, Figure(*alone, x_label, moved, (trace,)))


def rasters(result: Attack, kept: Kept, moved: Moved) -> tuple[tuple[Raster, ...], Message]:
    """Return the image before and after and the difference magnified, and how to read it."""
    assert result.model is not None  # noqa: S101  # what says that it is an image
    layout = layout_of(result.model, kept.x.shape, Kind.IMAGE)
    before, after = (layout.spread(values[None])[0] for values in (kept.x, kept.x_adv))
    span = float(result.attacked.budget.low.min()), float(result.attacked.budget.high.max())
    return raster_panels(before, after, span, str(moved.facts.get("unit", "")))


def raster_panels(
    before: Array, after: Array, span: tuple[float, float], unit: str
) -> tuple[tuple[Raster, ...], Message]:
    """Return images (channels, height, width) before and after and their difference, and how to read it.

    `span` holds what is black and what is white.
    """
    before, after = before.astype(np.float64), after.astype(np.float64)
    change, (low, high) = after - before, span
    width = high - low or 1.0
    channels = slice(0, _COLOURS) if len(before) >= _COLOURS else _strongest(change)
    shade = Shade.RGB if len(before) >= _COLOURS else Shade.GREY
    pictures = [
        Raster(label, *_sides(shown), shade, _bytes((shown - low) / width * 255))
        for label, shown in (
            (msg("robustness.figure.before"), _blocks(before[channels])),
            (msg("robustness.figure.after"), _blocks(after[channels])),
        )
    ]
    furthest = _extremes(np.take_along_axis(change, np.abs(change).argmax(axis=0)[None], axis=0))
    largest = float(np.abs(furthest).max()) or 1.0
    label = msg("robustness.figure.difference-label")
    pictures.append(Raster(label, *_sides(furthest), Shade.SIGNED, _bytes(128 + 127 * furthest / largest)))
    size, times = Quantity(largest, unit), max(1, round(width / 2 / largest))
    return tuple(pictures), msg("robustness.example.magnified", size=size, times=times)


def bars(result: Attack, kept: Kept, inputs: Sequence[Moved]) -> tuple[Bar, ...]:
    """Return the features that were moved, the one that was moved furthest for what was allowed first."""
    budget = result.attacked.budget
    before, after, change = kept.x.ravel(), kept.x_adv.ravel(), np.abs(kept.change.ravel())
    reach = budget.reach(kept.multiple).ravel()
    if budget.kinds is not None:  # a category changes or does not
        reach = np.where(budget.kinds.categorical, change, reach)
    share = np.where(reach > 0, change / np.where(reach > 0, reach, 1.0), 0.0)
    named: dict[int, Moved] = {moved.place: moved for moved in inputs if isinstance(moved.place, int)}
    order = [int(place) for place in np.argsort(-share, kind="stable") if change[place] > 0]
    drawn = []
    for place in order[:MAX_BARS]:
        moved = named.get(place)
        label = msg("robustness.figure.feature", name=moved.name if moved else _feature(result, place))
        unit = str(moved.facts.get("unit", "")) if moved else result.attacked.budget.unit
        drawn.append(Bar(label, float(before[place]), float(after[place]), float(reach[place]), unit))
    return tuple(drawn)


def _feature(result: Attack, place: int) -> str:
    """Return the name of a column, or its number."""
    names = result.dataset.features if result.dataset else ()
    return names[place] if len(names) == result.attacked.x[0].size else str(place)


def _around(values: Array, length: int) -> slice:
    """Return the stretch of that length around the largest value."""
    start = max(0, min(int(values.argmax()) - length // 2, len(values) - length))
    return slice(start, start + length)


def _axis(places: Array, moved: Moved) -> tuple[Array, Message]:
    """Return where the values lie: in time where the sampling rate is declared, otherwise their number."""
    try:
        rate = rate_of(moved.facts.get("sampling_rate"), moved.name)
    except UnsupportedInputError:
        rate = None
    if rate is None:
        return places, msg("robustness.figure.place")
    return places * _MILLISECONDS / rate, msg("robustness.figure.time")


def _drawn(values: Array) -> tuple[float, ...]:
    """Return values as exact as a drawing needs; the file of evidence has them whole."""
    return tuple(float(f"{value:.6g}") for value in values)


def _strongest(change: Array) -> slice:
    channel = int(np.abs(change).sum(axis=(1, 2)).argmax())
    return slice(channel, channel + 1)


def _blocks(image: Array) -> Array:
    """Return an image (channels, height, width) of at most `MAX_CELLS` a side; a cell is the mean of its block."""
    side = -(-max(image.shape[1:]) // MAX_CELLS)
    padded = np.pad(image, ((0, 0), (0, -image.shape[1] % side), (0, -image.shape[2] % side)), mode="edge")
    split = padded.reshape(len(image), padded.shape[1] // side, side, padded.shape[2] // side, side)
    return np.asarray(split.mean(axis=(2, 4)))


def _extremes(image: Array) -> Array:
    """Return an image of at most `MAX_CELLS` a side; a cell is the value of its block that is furthest from 0."""
    side = -(-max(image.shape[1:]) // MAX_CELLS)
    padded = np.pad(image, ((0, 0), (0, -image.shape[1] % side), (0, -image.shape[2] % side)))
    split = padded.reshape(len(image), padded.shape[1] // side, side, padded.shape[2] // side, side)
    high, low = split.max(axis=(2, 4)), split.min(axis=(2, 4))
    furthest: Array = np.where(high >= -low, high, low)
    return furthest


def _sides(image: Array) -> tuple[int, int]:
    return image.shape[2], image.shape[1]


def _bytes(values: Array) -> str:
    """Return the cells of an image (channels, height, width), 0 to 255, in hexadecimal, channels last."""
    rounded = np.clip(np.round(np.moveaxis(values, 0, -1)), 0, 255).astype(np.uint8)
    return rounded.tobytes().hex()
