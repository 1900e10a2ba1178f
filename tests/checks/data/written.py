"""Lines as people in plants write them, from the folder `written`: values stand between « and », under their type."""

import re
from dataclasses import dataclass
from pathlib import Path

from aigov_checks.data.detectors import load
from aigov_checks.data.recognise import EVERY, Recogniser

FOLDER = Path(__file__).parent / "written"
_MARKED = re.compile("«([^»]*)»")


@dataclass(frozen=True)
class Written:
    """A line without its marks, the byte ranges of the values, and their type (`any` where it does not matter)."""

    text: str
    spans: tuple[tuple[int, int], ...]
    type: str


def lines(name):
    """Return the lines of one file."""
    type_ = ""
    found = []
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# ") and re.fullmatch(r"# [a-z0-9.-]+", line):
            type_ = line[2:]
        elif line:
            found.append(_read(line, type_))
    return found


def _read(line, type_):
    text, spans, position = b"", [], 0
    for mark in _MARKED.finditer(line):
        text += line[position : mark.start()].encode()
        spans.append((len(text), len(text) + len(mark[1].encode())))
        text += mark[1].encode()
        position = mark.end()
    return Written((text + line[position:].encode()).decode(), tuple(spans), type_)


def families():
    """Return a recogniser for each family."""
    return {family: Recogniser(load(family)) for family in ("pii", "secrets")}


def reported(recognisers, text):
    """Return start, end and type of everything that either family reports."""
    data = text.encode()
    return [
        (match.start, match.end, match.detector.type)
        for recogniser in recognisers.values()
        for match in recogniser.find(data, "", EVERY)
    ]


def missed(line, found):
    """Return the values of a line that nothing reported under their type touches."""
    return [
        line.text.encode()[start:end].decode()
        for start, end in line.spans
        if not any(begin < end and start < stop and line.type in ("any", type_) for begin, stop, type_ in found)
    ]


def wrong(line, found):
    """Return what was reported and touches no value."""
    return [
        (type_, line.text.encode()[begin:stop].decode(errors="replace"))
        for begin, stop, type_ in found
        if not any(begin < end and start < stop for start, end in line.spans)
    ]
