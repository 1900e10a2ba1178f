"""One file to a copy in which neither check finds anything: scan, rewrite, scan again, until nothing is left."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aigov import FrozenMap, Message, MissingExtraError, UnsupportedInputError, msg
from aigov.cleaning import Cleaned, Cleaning
from aigov_checks.data.files import PACKED_FORMATS
from aigov_checks.data.json_cells import JsonError
from aigov_checks.data.packed import PackedError
from aigov_checks.data.parquet import ParquetError
from aigov_checks.data.redact.arrow_ipc import rewrite_arrow
from aigov_checks.data.redact.document import rewrite_document
from aigov_checks.data.redact.encodings import NotReversibleError, from_utf8, packer, to_utf8, unpack
from aigov_checks.data.redact.found import Found, find
from aigov_checks.data.redact.lines import rewrite_lines
from aigov_checks.data.redact.parquet_file import rewrite_parquet
from aigov_checks.data.redact.replace import Replacer
from aigov_checks.data.redact.sqlite_file import rewrite_database
from aigov_checks.data.redact.values import Cleaner
from aigov_checks.data.redact.xlsx_file import rewrite_workbook
from aigov_checks.data.sqlite_rows import DatabaseFileError
from aigov_checks.data.xlsx import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aigov.model import File

_PASSES = 3
_WHOLE: dict[str, Callable[[Path, Path, Found, Cleaner], None]] = {
    "parquet": rewrite_parquet,
    "arrow": rewrite_arrow,
    "sqlite": rewrite_database,
    "json": rewrite_document,
}
_LINES = frozenset({"text", "jsonl", "csv"})


class _LeftOutError(Exception):
    """No copy can be promised; the argument says why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.id)
        self.reason = reason


def redact_file(source: File, target: Path, cleaning: Cleaning) -> Cleaned:
    """Write a copy of a file without personal data and secrets; see `aigov.cleaning.Redactor`."""
    with tempfile.TemporaryDirectory(prefix=".redact-", dir=target.parent) as name:
        try:
            made, counts, again = _clean(source, Path(name), cleaning)
        except _LeftOutError as stop:
            return Cleaned(left_out=stop.reason)
        made.replace(target)
    return Cleaned(_by_type(counts), again)


def _clean(source: File, folder: Path, cleaning: Cleaning) -> tuple[Path, Counter[tuple[str, str]], int]:
    """Return the path of a clean copy in `folder`, and what was done.

    Raises:
        _LeftOutError: there is none.
    """
    counts: Counter[tuple[str, str]] = Counter()
    again = 0
    file = source
    for passed in range(_PASSES + 1):
        step = folder / str(passed)
        step.mkdir()
        found = _found(file, step)
        made = step / Path(source.name).name
        if not found.values:
            if file is source:
                shutil.copyfile(file.path, made)
                return made, counts, again
            return file.path, counts, again
        if passed == _PASSES:
            raise _LeftOutError(msg("redact.still-found", count=found.values))
        replacer = Replacer(cleaning, passed)
        _rewrite(file, made, found, Cleaner.of(replacer))
        counts.update(replacer.counts)
        again += replacer.again
        file = replace(source, path=made, size=made.stat().st_size, sha256=_digest(made))
    raise AssertionError  # the last round returns or raises


def _found(file: File, folder: Path) -> Found:
    """Return what is in a file that was read to its end.

    Raises:
        _LeftOutError: it was not.
    """
    try:
        found = find(file, folder / "places")
    except (MissingExtraError, UnsupportedInputError) as error:
        raise _LeftOutError(error.reason) from error
    if found.reason:
        raise _LeftOutError(msg(found.reason, format=found.format))
    if not found.complete:
        raise _LeftOutError(msg("redact.not-read", format=found.format))
    if found.values and found.problem("long-line"):
        raise _LeftOutError(msg("redact.long-line"))
    return found


def _rewrite(file: File, target: Path, found: Found, cleaner: Cleaner) -> None:
    try:
        _write(file, target, found, cleaner)
    except (ParquetError, DatabaseFileError, JsonError, PackedError) as error:
        raise _LeftOutError(msg("redact.not-written", format=found.format)) from error
    except NotReversibleError as error:
        raise _LeftOutError(msg("redact.not-reversible", encoding=found.encoding)) from error
    except WorkbookError as error:
        raise _LeftOutError(msg(str(error), format=found.format)) from error


def _write(file: File, target: Path, found: Found, cleaner: Cleaner) -> None:
    match found.format:
        case format_ if format_ in _WHOLE:
            _WHOLE[format_](file.path, target, found, cleaner)
        case "xlsx":
            rewrite_workbook(file.path, target, cleaner)
        case format_ if format_ in _LINES and found.encoding == "utf-8":
            rewrite_lines(file.path, target, found, cleaner)
        case format_ if format_ in _LINES:
            _write_encoded(file, target, found.encoding, cleaner)
        case format_ if format_ in PACKED_FORMATS:
            _write_packed(file, target, cleaner, packer(format_))
        case format_:
            raise _LeftOutError(msg("redact.no-writer", format=format_))


def _write_encoded(file: File, target: Path, encoding: str, cleaner: Cleaner) -> None:
    """Clean a text as UTF-8 and write it in its own encoding."""
    plain, clean = target.parent / "plain" / target.name, target.parent / "clean" / target.name
    plain.parent.mkdir()
    clean.parent.mkdir()
    mark, name = to_utf8(file.path, plain, encoding)
    _rewrite_inside(file, plain, clean, cleaner)
    from_utf8(clean, target, mark, name)


def _write_packed(file: File, target: Path, cleaner: Cleaner, pack: Callable[[Path, Path], None]) -> None:
    """Clean what is inside a gzip or zstd and pack it again."""
    name = target.name.rpartition(".")[0] or target.name
    plain, clean = target.parent / "unpacked" / name, target.parent / "cleaned" / name
    plain.parent.mkdir()
    clean.parent.mkdir()
    unpack(file.path, plain)
    _rewrite_inside(file, plain, clean, cleaner)
    pack(clean, target)


def _rewrite_inside(file: File, plain: Path, clean: Path, cleaner: Cleaner) -> None:
    inner = replace(file, name=plain.name, path=plain, size=plain.stat().st_size, sha256=_digest(plain))
    found = _found(inner, plain.parent)
    if found.values:
        _write(inner, clean, found, cleaner)
    else:
        shutil.copyfile(plain, clean)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _by_type(counts: Mapping[tuple[str, str], int]) -> FrozenMap[str, FrozenMap[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (type_, method), number in sorted(counts.items()):
        found.setdefault(type_, {})[method] = number
    return FrozenMap({type_: FrozenMap(methods) for type_, methods in found.items()})
