"""JSON documents, whole: from a file, or unpacked from one."""

from __future__ import annotations

import mmap as mapping
from itertools import chain
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING

from aigov_checks.data.blocks import blocks_of, blocks_of_chunks
from aigov_checks.data.encoding import encoding_of
from aigov_checks.data.json_cells import JsonError, document_cells
from aigov_checks.data.recognise import Recogniser
from aigov_checks.data.scan_lines import LineScanner, decodes
from aigov_checks.data.scan_values import Queue
from aigov_checks.data.tally import Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aigov_checks.data.blocks import Block
    from aigov_checks.data.scan import Scanner

_REMEMBERED = 100_000
"""Records whose pages stay in memory."""
LARGEST = 64 << 20
"""Bytes of a document that is held in memory; beyond, it must be a file in UTF-8."""


def scan_file(scanner: Scanner, path: Path) -> Tally:
    """Scan a whole JSON file; one that is broken or too deep is scanned as lines of text."""
    if path.stat().st_size == 0:
        return Tally(scanner.wanted)
    if path.stat().st_size <= LARGEST:  # not mapped: a file that is cut off meanwhile would end the process
        text, encoding = path.read_bytes(), encoding_of(path)
        return (
            _scan_document(scanner, text, 0)
            if encoding == "utf-8"
            else _scan_document(scanner, _utf8(text, encoding), None)
        )
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped:
        return _scan_document(scanner, mapped, 0)


def _scan_document(scanner: Scanner, text: bytes | mmap, byte: int | None) -> Tally:
    """Scan JSON; `byte` is where it begins in the file, if its bytes stand so there."""
    tally = Tally(scanner.wanted)
    queue = Queue(Recogniser(scanner.detectors), scanner.gate("text"), tally)
    record = -1
    try:
        for cell in document_cells(text, queue.plain.tokens):
            if cell.record != record:
                record = cell.record
                queue.flush_if_full()
                _forget(text, record)
            queue.put(Place(cell.record, 1, byte), cell)
            tally.problems["undecodable"] += not decodes(cell.value)
        queue.flush()
    except JsonError:
        return _scan_broken(scanner, Tally(scanner.wanted), blocks_of(text, byte))
    tally.records = record + 1
    return tally


def _scan_broken(scanner: Scanner, tally: Tally, found: Iterator[Block]) -> Tally:
    tally.problems["bad-json"] += 1
    queue = Queue(Recogniser(scanner.detectors), scanner.gate("text"), tally)
    LineScanner(queue.recogniser, scanner.gate("jsonl"), queue, "broken").scan(found)
    return tally


def scan_packed(scanner: Scanner, tally: Tally, chunks: Iterator[bytes], encoding: str) -> Tally:
    """Scan JSON that is unpacked whole; one that is too large is scanned as lines of text while it is unpacked."""
    held: list[bytes] = []
    for chunk in chunks:
        held.append(chunk)
        if sum(map(len, held)) > LARGEST:
            return _scan_broken(scanner, tally, blocks_of_chunks(chain(held, chunks), encoding))
    text = b"".join(held)
    return _scan_document(scanner, text if encoding == "utf-8" else _utf8(text, encoding), None)


def _utf8(text: bytes, encoding: str) -> bytes:
    return text.decode(encoding, "replace").encode()


def _forget(text: bytes | mmap, record: int) -> None:
    """Let go of the pages that were read, now and then: they count as memory of this process."""
    if isinstance(text, mmap) and record % _REMEMBERED == 0 and hasattr(mapping, "MADV_DONTNEED"):
        text.madvise(mapping.MADV_DONTNEED)
