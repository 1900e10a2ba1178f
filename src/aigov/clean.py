"""Data sets to a cleaned copy: every file by the redactors of the installed checks, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.cleaning import Cleaned, Cleaning, Redactor
from aigov.errors import InputError, Place, PluginError, UsageError
from aigov.i18n import FrozenMap, msg, say
from aigov.model import File
from aigov.registry import load_checks
from aigov.signing import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REDACTION_FILE = "redaction.json"
"""Name of the file that says what was done."""
REDACTION_SCHEMA = "aigov/redaction/v1"


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read: files by their paths in the copy, and the folders that were named."""

    files: Mapping[str, File]
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file; `size` and `sha256` are those of the copy, None where there is none."""

    path: str
    source: File
    cleaned: Cleaned
    size: int | None
    sha256: str | None

    @property
    def status(self) -> str:
        """`cleaned`, `copied` byte for byte, or `left-out`."""
        if self.cleaned.left_out is not None:
            return "left-out"
        return "cleaned" if self.sha256 != self.source.sha256 else "copied"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What became of every file, in the order of their paths."""

    files: tuple[Done, ...]

    def having(self, status: str) -> tuple[Done, ...]:
        """Return the files of one status."""
        return tuple(done for done in self.files if done.status == status)

    def values(self) -> dict[tuple[str, str], int]:
        """Return how many values of each type were replaced by each method."""
        counts: Counter[tuple[str, str]] = Counter()
        for done in self.files:
            for type_, methods in done.cleaned.values.items():
                counts.update({(type_, method): number for method, number in methods.items()})
        return dict(sorted(counts.items()))


def redact(
    sources: Sources, output: Path, cleaning: Cleaning, progress: Callable[[Done], None] | None = None
) -> Redaction:
    """Write a cleaned copy of files below the new folder `output`, and return what was done.

    The folder appears when it is complete; until then everything is in a hidden one beside it, which is removed when
    anything goes wrong. Files of which no clean copy can be promised are left out.

    Raises:
        UsageError: a type is unknown, the output is not empty, lies within a source, or a path is taken.
        InputError: it cannot be written.
        PluginError: no installed check can clean.
    """
    redactors = tuple(dict.fromkeys(check.redactor for check in load_checks().values() if check.redactor is not None))
    if not redactors:
        raise PluginError(msg("redact.no-redactor"))
    _refuse_unknown(cleaning, redactors)
    _refuse_unsafe(sources, output)
    try:
        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.absolute().parent) as name:
            made = Path(name) / "copy"
            made.mkdir()
            redaction = _redact_all(sources.files, made, (cleaning, redactors), progress)
            document = _document(redaction, cleaning)
            (made / REDACTION_FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            made.replace(output)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(msg("publish.not-writable", reason=reason), Place(str(output))) from error
    return redaction


def _refuse_unknown(cleaning: Cleaning, redactors: Sequence[Redactor]) -> None:
    """Refuse a method for a type that nobody looks for: a slip of the pen would leave values as they must not be."""
    known = sorted({type_ for redactor in redactors for type_ in redactor.types()})
    for type_ in cleaning.methods:
        if type_ not in known:
            near = get_close_matches(type_, known, n=1)
            hint = msg("plan.did-you-mean", known=near[0]) if near else msg("usage.known", known=tuple(known))
            raise UsageError(msg("redact.unknown-type", type=type_), hint=hint)


def _refuse_unsafe(sources: Sources, output: Path) -> None:
    if output.is_symlink() or (output.exists() and (not output.is_dir() or any(output.iterdir()))):
        raise UsageError(msg("redact.output-not-empty", path=str(output)), hint=msg("redact.output-not-empty.hint"))
    if REDACTION_FILE in sources.files:
        raise UsageError(msg("redact.name-taken", name=REDACTION_FILE))
    target = Path(os.path.realpath(output))
    for source in (*sources.folders, *(file.path for file in sources.files.values())):
        if target.is_relative_to(os.path.realpath(source)):
            raise UsageError(msg("redact.output-inside", path=str(output)))


def _redact_all(
    files: Mapping[str, File],
    folder: Path,
    how: tuple[Cleaning, Sequence[Redactor]],
    progress: Callable[[Done], None] | None,
) -> Redaction:
    made = []
    for path, file in sorted(files.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        cleaned = _redact_one(file, target, *how)
        size, digest = (None, None) if cleaned.left_out else (target.stat().st_size, file_digest(target))
        made.append(Done(path, file, cleaned, size, digest))
        if progress is not None:
            progress(made[-1])
    return Redaction(tuple(made))


def _redact_one(file: File, target: Path, cleaning: Cleaning, redactors: Sequence[Redactor]) -> Cleaned:
    """Let one redactor after the other clean what the one before wrote; one that refuses refuses the file."""
    values: dict[str, FrozenMap[str, int]] = {}
    again = 0
    with tempfile.TemporaryDirectory(prefix=".step-", dir=target.parent) as name:
        current = file
        for index, redactor in enumerate(redactors):
            step = Path(name) / str(index)
            step.mkdir()
            path = step / Path(file.name).name
            cleaned = redactor.clean(current, path, cleaning)
            if cleaned.left_out is not None:
                return cleaned
            values.update(cleaned.values)
            again += cleaned.again
            current = File(path, file.name, path.stat().st_size, file_digest(path))
        shutil.move(current.path, target)
    return Cleaned(FrozenMap(values), again)


def _document(redaction: Redaction, cleaning: Cleaning) -> dict[str, object]:
    """Return what `redaction.json` says: what was done, and no value."""
    return {
        "schema": REDACTION_SCHEMA,
        "method": cleaning.default.value,
        "methods": {type_: method.value for type_, method in sorted(cleaning.methods.items())},
        "values": _nested(redaction.values()),
        "files": [
            {
                "path": done.path,
                "status": done.status,
                "input": {"size": done.source.size, "sha256": done.source.sha256},
                "output": None if done.sha256 is None else {"size": done.size, "sha256": done.sha256},
                "values": {type_: dict(methods) for type_, methods in done.cleaned.values.items()},
                "replaced_again": done.cleaned.again,
                "reason": None if done.cleaned.left_out is None else say(done.cleaned.left_out, "en"),
            }
            for done in redaction.files
        ],
    }


def _nested(values: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (type_, method), number in values.items():
        found.setdefault(type_, {})[method] = number
    return found
