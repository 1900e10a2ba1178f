"""Of matches that overlap, the one whose detector precedes the others remains."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov_checks.data.recognise import Match

_START = itemgetter(0)


def settle(matches: list[Match]) -> list[Match]:
    """Return the matches that remain when overlaps are settled by precedence, in order."""
    ordered = sorted(matches, key=_START)
    kept: list[Match] = []
    first = end = 0
    for index, match in enumerate(ordered):
        if match[0] >= end:
            kept += _settled(ordered[first:index])
            first = index
        end = max(end, match[1])
    return kept + _settled(ordered[first:])


def _settled(matches: list[Match]) -> list[Match]:
    """Return the matches that remain of some of which each overlaps another one."""
    if len(matches) <= 1:
        return matches
    best = min(matches, key=_precedence)
    if best.start == matches[0].start and all(match.end <= best.end for match in matches):
        return [best]  # the usual case: several detectors found the same value
    kept: list[Match] = []
    starts: list[int] = []
    for match in sorted(matches, key=_precedence):
        at = bisect_left(starts, match.start)
        after_previous = at == 0 or kept[at - 1].end <= match.start
        before_next = at == len(kept) or match.end <= kept[at].start
        if after_previous and before_next:
            kept.insert(at, match)
            starts.insert(at, match.start)
    return kept


def _precedence(match: Match) -> tuple[int, int, int]:
    return match.detector.precedence, match.start, -match.end
