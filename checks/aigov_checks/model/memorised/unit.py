"""One model file: a pure function from its bytes and the training data to counts and places."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from aigov import (
    Dataset,
    Json,
    MissingExtraError,
    MissingInputError,
    Tier,
    Unit,
    UnsupportedInputError,
    msg,
    say,
)
from aigov_checks.model.memorised.pieces import Blob, Gap, Outside, Piece, Text
from aigov_checks.model.memorised.reading import read_file
from aigov_checks.model.memorised.rows import Rows, prepare
from aigov_checks.model.memorised.scanning import FAMILIES, Strings, Wanted
from aigov_checks.model.memorised.search import Search
from aigov_checks.model.memorised.training import samples_of
from aigov_checks.model.serialization.formats import look
from aigov_checks.model.serialization.notes import Budget, Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aigov_checks.model.memorised.params import MemorisedParams

_MAX_GAPS = 100
_NEEDS = (MissingInputError, UnsupportedInputError, MissingExtraError)


@dataclass(slots=True)
class _Listener:
    """Takes what the reader hands over."""

    strings: Strings
    search: Search | None
    gaps: list[Gap] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def hear(self, piece: Piece) -> None:
        match piece:
            case Text():
                self.strings.put(piece, self.hear)
            case Gap():
                if len(self.gaps) < _MAX_GAPS:
                    self.gaps.append(piece)
            case Outside():
                self.outside.append(piece.location)
            case Blob():
                if self.search is not None:
                    self.search.look(piece)


def look_at(unit: Unit, params: MemorisedParams) -> Json:
    """Return what one file carries, as plain JSON.

    Raises:
        MissingInputError: the file cannot be opened.
    """
    path: Path = unit.where["path"]
    rows, problems = _training(unit.where["training"], params)
    wanted = Wanted(params.types, Tier(params.min_tier), params.max_listed, bytes.fromhex(unit.where["key"]))
    search = Search(rows) if rows else None
    listener = _Listener(Strings(wanted), search)
    widths = frozenset(one.width for one in rows)
    try:
        format_ = _read(path, listener, widths)
    except OSError as error:
        raise MissingInputError(msg("memorised.unreadable", name=path.name)) from error
    listener.strings.flush()
    if search is not None and search.exhausted:
        listener.gaps.append(Gap("candidates", "", None))
    return {
        "format": format_,
        "scanned": listener.strings.scanned,
        "counts": {family: dict(sorted(listener.strings.counts[family].items())) for family in FAMILIES},
        "listed": listener.strings.listed,
        "gaps": [[gap.kind, gap.pointer, gap.start] for gap in listener.gaps],
        "outside": sorted(set(listener.outside)),
        "rows": [_rows(index, one, search) for index, one in enumerate(rows)],
        "places": _places(search, listener.strings, params.max_listed),
        "problems": problems,
    }


def _read(path: Path, listener: _Listener, widths: frozenset[int]) -> str:
    context = Context(frozenset(), Budget(), look)
    with path.open("rb") as stream:
        if path.stat().st_size == 0:
            return read_file(Blob(memoryview(b""), "", 0, context), listener.hear)
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)  # closed with its last view
        return read_file(Blob(memoryview(mapped), "", 0, context, widths), listener.hear)


def _training(datasets: Sequence[Dataset], params: MemorisedParams) -> tuple[tuple[Rows, ...], list[Json]]:
    """Return the rows of the data sets, and why those of others are not looked for."""
    found: list[Rows] = []
    problems: list[Json] = []
    for dataset in datasets:
        try:
            samples = samples_of(dataset)
            found.append(prepare(len(found), dataset.name, samples, params.max_rows, params.seed))
        except _NEEDS as error:
            problems.append({"name": dataset.name, **{lang: say(error.reason, lang) for lang in ("en", "zh-CN")}})
    return tuple(found), problems


def _rows(index: int, rows: Rows, search: Search | None) -> Json:
    found = sorted(row for dataset, row in search.found if dataset == index) if search else []
    return {
        "name": rows.name,
        "total": rows.total,
        "checked": rows.checked,
        "plain": rows.plain,
        "found": [list(ends) for ends in ranges(found)],
    }


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted whole numbers as half-open ranges."""
    grouped = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    listed = [[number for _, number in group] for _, group in grouped]
    return [(group[0], group[-1] + 1) for group in listed]


def _places(search: Search | None, strings: Strings, max_listed: int) -> list[Json]:
    found = sorted(search.found.values(), key=lambda place: (place.dataset, place.row))[:max_listed] if search else []
    shown = {pointer: strings.shown(pointer) for pointer in {place.pointer for place in found}}
    return [[place.dataset, place.row, place.form, shown[place.pointer], place.start, place.end] for place in found]
