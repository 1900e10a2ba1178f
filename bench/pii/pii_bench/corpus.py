"""The corpus of a split: templates drawn in turn, written as JSONL, CSV and plain text, labelled exactly."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from . import meanings
from .draw import Draw, seeded
from .labels import Corpus, Label, Place, Span, Template
from .render import Rendered, filled, leaves, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EDITION = 2
"""Goes up when templates, vocabulary or makers change so that figures can no longer be compared."""
SPLITS = ("dev", "retired", "unseen")
TABLES = {"csv": ",", "tsv": "\t"}
"""Forms of tables with what separates their cells."""
FORMS = ("jsonl", *TABLES, "text")
ENCODINGS = {"chat": "gb18030"}
"""Encoding of genres that are not UTF-8: text as older Chinese Windows programs write it."""
ESCAPES = ((False, "/"), (True, "/"), (False, "/"), (True, "\\/"))
"""How JSON lines are written in turn: with `\\uXXXX` or not, and what stands for a slash."""


def templates(split: str) -> tuple[Template, ...]:
    """Return the templates of a split, in the order of files and entries."""
    found: list[Template] = []
    for path in sorted((meanings.HOME / "templates" / split).glob("*.yaml")):
        found += [_template(path.stem, entry) for entry in yaml.safe_load(path.read_text())]
    return tuple(found)


def _template(genre: str, entry: dict[str, object]) -> Template:
    form = next(form for form in FORMS if form in entry)
    ident, extension = str(entry["id"]), form.replace("text", "txt")
    default = f"{ident}.{form}" if form in TABLES else f"{genre}.{extension}"
    encoding = str(entry.get("encoding", ENCODINGS.get(genre, "utf-8")))
    return Template(ident, form, str(entry.get("file", default)), encoding, entry[form])


def build(split: str, records: int, seed: int) -> Corpus:
    """Return a corpus of that many records; the same arguments give the same bytes."""
    words = yaml.safe_load((meanings.HOME / "vocabulary" / f"{split}.yaml").read_text())
    draw = seeded(f"{seed}/{split}", words)
    files: dict[str, _Writer] = {}
    values: dict[Place, str] = {}
    origins: dict[Place, str] = {}
    labels: list[Label] = []
    known = meanings.read()
    for template in _drawn(templates(split), records, draw):
        writer = files.setdefault(template.file, _Writer(template))
        rendered = [(pointer, render(pattern, draw, known)) for pointer, pattern in _patterns(template)]
        for pointer, part in rendered:
            found = _values(writer, pointer, part)
            values |= found
            origins |= dict.fromkeys(found, template.id)
            labels += _labels(writer, pointer, part, template.id)
        writer.add(template, [part.text for _, part in rendered])
    return Corpus({name: files[name].content() for name in sorted(files)}, values, origins, tuple(labels))


def _drawn(pool: tuple[Template, ...], records: int, draw: Draw) -> Iterator[Template]:
    rounds = -(-records // len(pool))
    order = [template for _ in range(rounds) for template in draw.rng.sample(pool, len(pool))]
    yield from order[:records]


def _patterns(template: Template) -> Iterable[tuple[str | None, str]]:
    match template.form, template.body:
        case (("csv" | "tsv"), dict() as columns):
            return tuple(columns.items())
        case "text", str() as text:
            return ((None, text.rstrip("\n")),)
        case _, body:
            return tuple(leaves(body, ""))


def _values(writer: _Writer, pointer: str | None, part: Rendered) -> dict[Place, str]:
    if pointer is not None:
        return {Place(writer.name, writer.records, pointer): part.text}
    lines = part.text.split("\n")
    return {Place(writer.name, writer.records + number, None): line for number, line in enumerate(lines)}


def _labels(writer: _Writer, pointer: str | None, part: Rendered, template: str) -> Iterator[Label]:
    for span, meaning in part.spans:
        if pointer is not None:
            yield Label(Place(writer.name, writer.records, pointer), span, meaning, template)
            continue
        (place, first), *more = _by_line(writer, part.text, span)
        yield Label(place, first, meaning, template, tuple(more))


def _by_line(writer: _Writer, text: str, span: Span) -> Iterator[tuple[Place, Span]]:
    """Split a span of a text at the ends of its lines."""
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        if span.start <= end and span.end > start:
            clipped = Span(max(span.start, start) - start, min(span.end, end) - start)
            yield Place(writer.name, writer.records + number, None), clipped
        start = end + 1


@dataclass(slots=True)
class _Writer:
    """One file of the corpus while it grows."""

    template: Template
    """The first template of the file; it decides form and encoding."""
    records: int = 0
    chunks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.template.file

    def add(self, template: Template, texts: list[str]) -> None:
        """Append one record: the template with these texts."""
        match template.form:
            case "csv" | "tsv":
                self.chunks.append(_row(texts, TABLES[template.form]))
                self.records += 1
            case "text":
                self.chunks.append(texts[0] + "\n")
                self.records += texts[0].count("\n") + 1
            case _:
                self.chunks.append(_line(filled(template.body, iter(texts)), self.records % len(ESCAPES)))
                self.records += 1

    def content(self) -> bytes:
        """Return the bytes of the file."""
        body = self.template.body
        separator = TABLES.get(self.template.form)
        header = _row(list(body), separator) if separator and isinstance(body, dict) else ""
        return (header + "".join(self.chunks)).encode(self.template.encoding)


def _line(content: object, style: int) -> str:
    """Return a JSON line in one of the styles of exporters; `/` stands in strings alone, so that it may be escaped."""
    ascii_only, slashes = ESCAPES[style]
    return json.dumps(content, ensure_ascii=ascii_only).replace("/", slashes) + "\n"


def _row(cells: list[str], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerow(cells)
    return out.getvalue()
