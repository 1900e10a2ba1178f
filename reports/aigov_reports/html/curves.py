"""Measurements named `name[argument=value]` drawn as curves, with their intervals and what a policy requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from aigov import Finding, Measured, Measurement, Observation
from aigov.model import base_name
from aigov_reports.html.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Chart,
    Level,
    Line,
    Scale,
    Tick,
    draw,
    drawable,
    nice_ticks,
    span,
    spread_ticks,
)
from aigov_reports.limits import TRACES_DRAWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aigov_reports.words import Words

_NAME = re.compile(r"(?P<base>[^\[\]]{1,200})\[(?P<argument>[^=\[\]]{1,200})=(?P<value>[^\]]{1,60})\]")
_SPREAD = 8
"""A largest argument this many times the smallest but zero is drawn on a root scale."""
_SAID = 12


@dataclass(frozen=True, slots=True)
class _At:
    base: str
    name: str
    x: float
    measurement: Measurement


def drawn_names(measured: Measured) -> frozenset[str]:
    """Return the names of the measurements that a chart shows."""
    return frozenset(at.name for family in _families(measured).values() for at in family)


def curves(observation: Observation, measured: Measured, resting: tuple[Finding, ...], words: Words) -> Iterator[Chart]:
    """Yield a chart a family of curves over the same argument in the same unit."""
    for (argument, unit), family in _families(measured).items():
        bases = tuple(dict.fromkeys(at.base for at in family))[:TRACES_DRAWN]
        levels = _levels(bases, unit, resting, words)
        found = {base: _line(observation.check, base, family, words) for base in bases}
        lines = tuple(line for line in found.values() if len(line.points) > 1)
        if not lines:
            continue
        x = _x_scale(family)
        y = _y_scale(unit, family, levels)
        paths, labels = draw(lines, levels, x, y)
        ticks = (0, 0.25, 0.5, 0.75, 1) if unit == "ratio" else nice_ticks(y.low, y.high)
        names = words.label("report.list-comma").join(line.label for line in lines)
        yield Chart(
            title=words.label("report.curve.title", names=names, argument=words.fact(argument)),
            description=_said(family, words),
            caption=words.label("report.curve.caption") + _unknown(found.values(), words),
            x_label=_argument(argument, measured, words),
            y_label="",
            paths=paths,
            levels=tuple(y(level.y) for level in levels),
            labels=labels,
            x_ticks=spread_ticks([Tick(x(v), f"{v:.4g}") for v in sorted({at.x for at in family})]),
            y_ticks=tuple(Tick(y(v), words.quantity(v, unit)) for v in ticks),
        )


def _families(measured: Measured) -> dict[tuple[str, str], tuple[_At, ...]]:
    found: dict[tuple[str, str], list[_At]] = {}
    for name, measurement in measured.measurements.items():
        match = _NAME.fullmatch(name)
        if match is None or not drawable(measurement.value):
            continue
        try:
            x = float(match["value"])
        except ValueError:
            continue
        if drawable(x):
            found.setdefault((match["argument"], measurement.unit), []).append(_At(match["base"], name, x, measurement))
    ordered = {key: tuple(sorted(family, key=lambda at: at.x)) for key, family in found.items()}
    return {key: family for key, family in ordered.items() if len({at.x for at in family}) > 1}


def _argument(argument: str, measured: Measured, words: Words) -> str:
    """Return what the curve runs over: for the size of a change its words, and its unit where one is known."""
    if argument != "eps":
        return words.fact(argument)
    unit = words.fact(measured.facts.get("unit", ""))
    return words.label("report.curve.eps-unit", unit=unit) if unit else words.label("report.curve.eps")


def _unknown(lines: Iterable[Line], words: Words) -> str:
    """Return which curves are not drawn, because nothing is known of them."""
    names = [line.label for line in lines if len(line.points) <= 1]
    said = words.label("report.curve.unknown", names=words.label("report.list-comma").join(names))
    return f" {said}" if names else ""


def _is_known(measurement: Measurement) -> bool:
    """Whether a share was measured at all: one that may be anything from none to all was not."""
    anything = measurement.interval is not None and measurement.low <= 0 and measurement.high >= 1
    return not (anything and measurement.unit == "ratio" and measurement.limits is not None)


def _line(check: str, base: str, family: tuple[_At, ...], words: Words) -> Line:
    mine = list(takewhile(lambda at: _is_known(at.measurement), (at for at in family if at.base == base)))
    bands = [
        (at.x, at.measurement.low, at.measurement.high)
        for at in mine
        if at.measurement.interval is not None and drawable(at.measurement.low) and drawable(at.measurement.high)
    ]
    return Line(words.measurement(check, base), tuple((at.x, at.measurement.value) for at in mine), tuple(bands))


def _levels(bases: tuple[str, ...], unit: str, resting: tuple[Finding, ...], words: Words) -> tuple[Level, ...]:
    found: dict[float, Level] = {}
    for finding in resting:
        for bound in finding.rule.require:
            value = next((v for v in (bound.min, bound.max, bound.equals) if v is not None), None)
            matches = base_name(bound.measurement) in bases and bound.unit in {None, unit}
            if matches and value is not None and drawable(value):
                found.setdefault(
                    value, Level(words.label("report.curve.required", bound=words.quantity(value, unit)), value)
                )
    return tuple(found.values())[:TRACES_DRAWN]


def _x_scale(family: tuple[_At, ...]) -> Scale:
    low, high = span([at.x for at in family])
    positive = [at.x for at in family if at.x > 0]
    root = low >= 0 and bool(positive) and high / min(positive) >= _SPREAD
    return Scale(low, high, LEFT, RIGHT, root=root)


def _y_scale(unit: str, family: tuple[_At, ...], levels: tuple[Level, ...]) -> Scale:
    ends = [end for at in family for end in (at.measurement.value, at.measurement.low, at.measurement.high)]
    values = [end for end in ends if drawable(end)] + [level.y for level in levels]
    low, high = span([*values, 0.0, 1.0] if unit == "ratio" else values)
    return Scale(low, high, BOTTOM, TOP)


def _said(family: tuple[_At, ...], words: Words) -> str:
    points = []
    for at in family[:_SAID]:
        interval = words.interval(at.measurement)
        value = words.quantity(at.measurement.value, at.measurement.unit)
        points.append(f"{at.name}: {value}" + (f" ({interval})" if interval else ""))
    return words.fact("; ".join(points))
