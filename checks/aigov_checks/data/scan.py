"""One work unit of a scan: a pure function from a range of bytes to counts and places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aigov_checks.data import arrays, arrow_file, gate, packed, parquet, sample_scan, sqlite_rows, xlsx
from aigov_checks.data.blocks import Block, blocks, blocks_of_chunks, last_newline
from aigov_checks.data.csv_cells import Dialect, RecordCut, record_starts, sniff
from aigov_checks.data.detector import Detector
from aigov_checks.data.detectors import load
from aigov_checks.data.encoding import SAMPLE, encoding_of_sample
from aigov_checks.data.files import PACKED_FORMATS
from aigov_checks.data.recognise import Recogniser
from aigov_checks.data.scan_columns import column_of, scan_columns
from aigov_checks.data.scan_documents import scan_file, scan_packed
from aigov_checks.data.scan_lines import LineScanner
from aigov_checks.data.scan_values import Queue
from aigov_checks.data.split import Params, entities_of
from aigov_checks.data.tally import Tally, Wanted
from aigov_checks.data.wanted import wanted_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Json, Unit


@dataclass(frozen=True, slots=True)
class Scanner:
    """A family of detectors with the engine that runs them."""

    family: str
    detectors: tuple[Detector, ...]
    engine: str
    wanted: Wanted

    def gate(self, shape: str) -> gate.Gate:
        """Return the gate for files of that shape."""
        return gate.make(self.detectors, shape, self.engine)


def scan_unit(family: str, unit: Unit, params: Params, engine: str = "") -> Json:
    """Return what one unit holds as plain JSON; the same whichever engine (`vectorscan`, `re`) looked.

    Raises:
        MissingExtraError: the format or a detector needs an extra.
    """
    content = unit.content
    if content["reason"]:
        return {**Tally(wanted_of(family, unit, params)).result(), "reason": content["reason"], "textless": False}
    detectors = load(family, entities_of(params), params.types)
    scanner = Scanner(family, detectors, engine or gate.best_engine(), wanted_of(family, unit, params))
    tally = Tally(scanner.wanted)
    reason = ""
    textless = False
    try:
        if "sample" in content:
            _scan_sample(scanner, tally, unit)
        else:
            tally, textless = _scan(scanner, tally, unit)
        tally.problems["changed"] += _changed(unit)
    except OSError:
        tally, reason = Tally(scanner.wanted), "data.reason-unreadable"
    except (parquet.ParquetError, sqlite_rows.DatabaseFileError):
        tally, reason = Tally(scanner.wanted), "data.reason-damaged"
    except (arrays.ArrayFileError, xlsx.WorkbookError) as error:
        tally, reason = Tally(scanner.wanted), str(error)
    return {**tally.result(), "reason": reason, "textless": textless}


def _changed(unit: Unit) -> bool:
    """Say whether a file is no longer as long as it was when its digest was taken."""
    size = unit.where.get("size")
    return size is not None and Path(unit.where["path"]).stat().st_size != size


def _scan(scanner: Scanner, tally: Tally, unit: Unit) -> tuple[Tally, bool]:
    """Return the totals of a unit, and whether what it read can hold no text."""
    match unit.content["format"]:
        case "object":
            _scan_table(scanner, tally, unit.where["table"])
        case "parquet" | "arrow":
            _scan_batches(scanner, tally, unit)
        case "npz" | "npy":
            return tally, _scan_arrays(scanner, tally, unit)
        case "sqlite":
            _scan_database(scanner, tally, Path(unit.where["path"]))
        case "xlsx":
            _scan_workbook(scanner, tally, Path(unit.where["path"]))
        case format_ if format_ in PACKED_FORMATS:
            return _scan_packed(scanner, tally, Path(unit.where["path"]), format_.rpartition(".")[0]), False
        case "json":
            return scan_file(scanner, Path(unit.where["path"])), False
        case _:
            _scan_lines(scanner, tally, unit)
    return tally, False


def _scan_sample(scanner: Scanner, tally: Tally, unit: Unit) -> None:
    if unit.content["format"] == "parquet":
        sample_scan.scan_slices(scanner, tally, unit)
        return
    csv = unit.content["format"] == "csv"
    dialect = _dialect(Path(unit.where["path"]), unit.content["encoding"])[0] if csv else None
    sample_scan.scan_clusters(scanner, tally, unit, dialect)


def _scan_lines(scanner: Scanner, tally: Tally, unit: Unit) -> None:
    content = unit.content
    path, shape, encoding = Path(unit.where["path"]), content["format"], content["encoding"]
    dialect = cut = None
    found = blocks(path, content["start"], content["end"], encoding)
    if shape == "csv":
        dialect, header = _dialect(path, encoding)
        cut = RecordCut(dialect.delimiter)
        found = blocks(path, content["start"], content["end"], encoding, cut)
        if content["start"] == 0 and dialect.header:
            found = _without(found, header)
            tally.lines = header.count(b"\n") or 1
    recogniser = Recogniser(scanner.detectors)
    queue = Queue(recogniser, scanner.gate("text"), tally)
    LineScanner(recogniser, scanner.gate(shape), queue, shape, dialect, encoding != "utf-8", cut).scan(found)


def _scan_packed(scanner: Scanner, tally: Tally, path: Path, shape: str) -> Tally:
    """Scan compressed text as far as it can be unpacked; what is lost is a problem that opens the interval."""
    recogniser = Recogniser(scanner.detectors)
    queue = Queue(recogniser, scanner.gate("text"), tally)
    dialect = cut = None
    try:
        sample = packed.first_bytes(path, SAMPLE)
        encoding = encoding_of_sample(sample)
        chunks = packed.chunks(path)
        if shape == "json":
            return scan_packed(scanner, tally, chunks, encoding)
        header = b""
        if shape == "csv":
            first = next(blocks_of_chunks(iter([sample]), encoding), Block(b"", None)).data
            dialect, header = _dialect_of(first)
            cut = RecordCut(dialect.delimiter)
        found = blocks_of_chunks(chunks, encoding, cut or last_newline)
        if dialect is not None and dialect.header:
            found = _without(found, header)
            tally.lines = header.count(b"\n") or 1
        LineScanner(recogniser, scanner.gate(shape), queue, shape, dialect, encoding != "utf-8", cut).scan(found)
    except packed.PackedError as error:
        queue.flush()
        tally.problems[str(error)] += 1
    return tally


def _dialect(path: Path, encoding: str) -> tuple[Dialect, bytes]:
    """Return the dialect of a CSV file and its first record as UTF-8."""
    return _dialect_of(next(blocks(path, 0, min(path.stat().st_size, 1 << 20), encoding), Block(b"", 0)).data)


def _dialect_of(first: bytes) -> tuple[Dialect, bytes]:
    starts, whole = record_starts(first, b",")
    end = (starts[1] if len(starts) > 1 else whole) if starts else first.find(b"\n") + 1
    record = first[: end or len(first)]
    return sniff(record), record


def _without(found: Iterator[Block], header: bytes) -> Iterator[Block]:
    """Drop the header, which is no record."""
    for block in found:
        rest = block.data[len(header) :]
        if rest:
            yield Block(rest, None if block.start is None else block.start + len(header), block.piece, block.last)
        break
    yield from found


def _scan_batches(scanner: Scanner, tally: Tally, unit: Unit) -> None:
    recogniser = Recogniser(scanner.detectors)
    path, content = Path(unit.where["path"]), unit.content
    reader = parquet if content["format"] == "parquet" else arrow_file
    unread: set[str] = set()
    for columns, rows, without_text in reader.batches(path, content["start"], content["end"]):
        unread.update(without_text)
        scan_columns(recogniser, scanner.gate("text"), tally, columns, rows)
    if unread:
        tally.problems["binary-column"] += len(unread)


def _scan_database(scanner: Scanner, tally: Tally, path: Path) -> None:
    recogniser = Recogniser(scanner.detectors)
    unread: set[str] = set()
    for rows in sqlite_rows.rows(path):
        unread.update(rows.unread)
        scan_columns(recogniser, scanner.gate("text"), tally, rows.columns, rows.size)
    if unread:
        tally.problems["binary-column"] += len(unread)


def _scan_workbook(scanner: Scanner, tally: Tally, path: Path) -> None:
    recogniser = Recogniser(scanner.detectors)
    for rows in xlsx.rows(path):
        scan_columns(recogniser, scanner.gate("text"), tally, rows.columns, rows.size)


def _scan_table(scanner: Scanner, tally: Tally, table: Json) -> None:
    columns = (column_of(name, values) for name, values in table["columns"].items())
    found = [column for column in columns if column is not None]
    scan_columns(Recogniser(scanner.detectors), scanner.gate("text"), tally, found, table["rows"])


def _scan_arrays(scanner: Scanner, tally: Tally, unit: Unit) -> bool:
    """Scan textual arrays; return whether there was none."""
    recogniser = Recogniser(scanner.detectors)
    longest = textual = 0
    for array, columns in arrays.arrays(Path(unit.where["path"]), unit.content["format"]):
        longest = max(longest, array.shape[0] if array.shape else 1)
        textual += array.textual
        tally.records = 0
        for column, rows in columns:
            scan_columns(recogniser, scanner.gate("text"), tally, [column], rows)
    tally.records = longest
    return not textual
