"""The figures that a check hands over as data, drawn as line charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov_reports.html.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Chart,
    Line,
    Scale,
    Tick,
    draw,
    drawable,
    nice_ticks,
    span,
    spread_ticks,
)
from aigov_reports.limits import OCCURRENCES_SHOWN, TRACES_DRAWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov import Figure
    from aigov_reports.words import Words


def charts_of(figures: Sequence[Figure], words: Words) -> Iterator[Chart]:
    """Yield a chart a figure that has something to draw."""
    for figure in figures[:OCCURRENCES_SHOWN]:
        lines = tuple(line for line in _lines(figure, words) if line.points)
        if lines:
            yield _chart(figure, lines, words)


def _lines(figure: Figure, words: Words) -> Iterator[Line]:
    for trace in figure.traces[:TRACES_DRAWN]:
        pairs = zip(trace.x, trace.y, strict=False)
        yield Line(words.say(trace.label), tuple((x, y) for x, y in pairs if drawable(x) and drawable(y)))


def _chart(figure: Figure, lines: tuple[Line, ...], words: Words) -> Chart:
    x_low, x_high = span([x for line in lines for x, _ in line.points])
    y_low, y_high = span([y for line in lines for _, y in line.points])
    x, y = Scale(x_low, x_high, LEFT, RIGHT), Scale(y_low, y_high, BOTTOM, TOP)
    paths, labels = draw(lines, (), x, y)
    return Chart(
        title=words.say(figure.title),
        description=words.label("report.list-comma").join(line.label for line in lines),
        caption=words.say(figure.caption),
        x_label=words.say(figure.x_label),
        y_label=words.say(figure.y_label),
        paths=paths,
        levels=(),
        labels=labels,
        x_ticks=spread_ticks([Tick(x(v), f"{v:.4g}") for v in nice_ticks(x_low, x_high)]),
        y_ticks=tuple(Tick(y(v), f"{v:.4g}") for v in nice_ticks(y_low, y_high)),
    )
