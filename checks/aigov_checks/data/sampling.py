"""Which parts of a corpus are looked at in `mode: sample`: a seeded draw of clusters of records.

A cluster is the records that begin in a range of bytes. All clusters of all files that can be cut are drawn from
together, without replacement and each with the same chance, so that none of what is not drawn need be read. What
cannot be cut (documents, archives, databases, workbooks, quoted CSV) is looked at whole.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Protocol

from aigov import FrozenMap, Unit, UnsupportedInputError, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = "full"
SAMPLE = "sample"
_LARGEST = 64 << 10
_SMALLEST = 1 << 10
"""Bytes of a cluster: as small as the disk allows, since records that stand together are alike."""
_WANTED = 5000
"""Clusters that a small corpus is cut into."""
_FEWEST = 200
"""Clusters that are drawn at least; fewer say little."""


class Drawn(Protocol):
    """What a draw is told."""

    @property
    def mode(self) -> str:
        """`full` or `sample`."""

    @property
    def sample_share(self) -> float:
        """Share of the clusters to draw."""

    @property
    def seed(self) -> int:
        """Seed of the draw."""


def drawn(params: Drawn, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units to scan, those that can be cut with the clusters that were drawn; all of them in full mode.

    Raises:
        UnsupportedInputError: the share is not within (0, 1].
    """
    if not 0 < params.sample_share <= 1:
        raise UnsupportedInputError(msg("corpus.bad-share", share=params.sample_share))
    if params.mode == FULL or params.sample_share == 1:
        return tuple(units)
    ranges = [unit for unit in units if can_be_cut(unit)]
    size = max(_SMALLEST, min(_LARGEST, sum(map(_size, ranges)) // _WANTED))
    clusters = [-(-_size(unit) // size) for unit in ranges]
    number = max(round(params.sample_share * sum(clusters)), min(_FEWEST, sum(clusters)))
    if number == sum(clusters):  # too few to leave any out
        ranges, found = [], []
    else:
        chosen = zip(ranges, _choose(params.seed, ranges, clusters, number), strict=True)
        found = [_with(unit, size, indices, number / sum(clusters)) for unit, indices in chosen if indices]
    for unit in units:
        if unit.content["format"] == "parquet" and not unit.content["reason"]:
            found.append(_of_rows(unit, params))
        elif unit not in ranges:
            found.append(unit)
    return tuple(found)


def can_be_cut(unit: Unit) -> bool:
    """Whether records end with lines; of CSV that is known where the file was cut already: then it has no quotes."""
    content = unit.content
    lines = content["format"] in {"jsonl", "text"} or (content["format"] == "csv" and content["start"] > 0)
    return lines and content["encoding"] in {"utf-8", "gb18030"} and not content["reason"]


def _size(unit: Unit) -> int:
    size: int = unit.content["end"] - unit.content["start"]
    return size


def _choose(seed: int, units: Sequence[Unit], clusters: Sequence[int], number: int) -> list[list[int]]:
    """Return the clusters of each unit, in order, that a draw of `number` out of all of them takes."""
    identity = sorted((unit.content["sha256"], unit.content["start"]) for unit in units)
    order = random.Random(f"{seed} {identity}")  # noqa: S311  # a draw that anybody can repeat
    chosen: list[list[int]] = [[] for _ in units]
    first, unit = 0, 0
    for index in sorted(order.sample(range(sum(clusters)), number)):
        while index >= first + clusters[unit]:
            first += clusters[unit]
            unit += 1
        chosen[unit].append(index - first)
    return chosen


def _with(unit: Unit, size: int, indices: list[int], fraction: float) -> Unit:
    sample = {"size": size, "clusters": indices, "fraction": fraction, "bytes": min(_size(unit), size * len(indices))}
    return Unit(FrozenMap({**unit.content, "sample": sample}), unit.where)


def _of_rows(unit: Unit, params: Drawn) -> Unit:
    """Return a unit of Parquet, of which rows are drawn in slices while it is read."""
    sample = {"seed": params.seed, "fraction": params.sample_share}
    return Unit(FrozenMap({**unit.content, "sample": sample}), unit.where)
