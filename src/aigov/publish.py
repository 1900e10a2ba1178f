"""An assessment to files: each written whole or not at all, beside what it replaces until it is complete."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.codec import load_assessment
from aigov.errors import InputError, Place
from aigov.i18n import language, msg
from aigov.load.document import read_bytes
from aigov.registry import find_reporters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aigov.model import Assessment

ASSESSMENT_FILE = "assessment.json"
EVIDENCE_FOLDER = "evidence"
_LARGEST = 512 * 1024 * 1024


def render(assessment: Assessment, format_: str, lang: str = "en") -> bytes:
    """Return one report.

    Raises:
        UsageError: the format is unknown.
    """
    return find_reporters((format_,))[0].render(assessment, language(lang))


def write_reports(
    assessment: Assessment, folder: str | Path, formats: Sequence[str] = ("html", "json"), lang: str = "en"
) -> tuple[Path, ...]:
    """Write one report a format into `folder`, which is made if need be, and return their paths.

    All formats are rendered before the first byte is written, so a failure leaves nothing half done.

    Raises:
        UsageError: a format is unknown.
        InputError: the folder cannot be written.
    """
    target = Path(folder)
    rendered = [(target / r.file_name, r.render(assessment, language(lang))) for r in find_reporters(formats)]
    prepare_folder(target)
    for path, content in rendered:
        write_whole(path, content)
    return tuple(path for path, _ in rendered)


def prepare_folder(folder: Path) -> None:
    """Make the output folder and prove that it can be written, before an hour of work is spent.

    Raises:
        InputError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _not_writable(folder, error) from error


@contextmanager
def evidence_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder in `folder` for evidence, which is gone at the end whatever happens; see `keep_evidence`.

    Raises:
        InputError: it cannot be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=".evidence-", dir=folder)
    except OSError as error:
        raise _not_writable(folder, error) from error
    with made as name:
        yield Path(name)


def keep_evidence(made: Path, folder: Path) -> None:
    """Move the files of an evidence folder into the report `folder`, each in place of one of its name.

    Raises:
        InputError: they cannot be moved.
    """
    target = folder / EVIDENCE_FOLDER
    try:
        for path in sorted(made.iterdir()):
            target.mkdir(parents=True, exist_ok=True)
            path.replace(target / path.name)
    except OSError as error:
        raise _not_writable(target, error) from error


def read_assessment(path: Path) -> Assessment:
    """Return the assessment that a report folder or an `assessment.json` holds.

    Raises:
        InputError: there is none, or it is damaged.
    """
    file = path / ASSESSMENT_FILE if path.is_dir() else path
    if not os.path.lexists(file):
        raise InputError(msg("load.missing"), Place(str(file)), msg("publish.no-assessment.hint"))
    try:
        data = json.loads(read_bytes(file, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise InputError(
            msg("codec.damaged", name=file.name, problem=type(error).__name__), Place(str(file))
        ) from error
    return load_assessment(data, str(file))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a link in its place is replaced, never followed.

    Raises:
        InputError: it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        finally:  # gone already where it took its place
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> InputError:
    return InputError(
        msg("publish.not-writable", reason=error.strerror or "?"), Place(str(path)), msg("publish.not-writable.hint")
    )
