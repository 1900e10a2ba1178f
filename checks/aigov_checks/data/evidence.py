"""Every place of a scan, one a line: written by each unit as it scans, joined file by file, and not held in memory."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from aigov import Evidence, FrozenMap, Json, Unit, UnsupportedInputError, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aigov import Subject

FOLDER = "evidence"
"""Folder of a report in which evidence lies."""
_PARTS = ".parts"
_MEDIA_TYPE = "application/x-ndjson"


@dataclass(slots=True)
class Sink:
    """The file into which one unit writes its places."""

    path: Path
    _stream: BinaryIO | None = field(default=None, init=False)

    def clear(self) -> None:
        """Forget what was written.

        Raises:
            UnsupportedInputError: it cannot be removed.
        """
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise _not_written(error) from error

    def write(self, rows: Iterable[Json]) -> None:
        """Add places; the file is made with the first.

        Raises:
            UnsupportedInputError: it cannot be written.
        """
        try:
            if self._stream is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self.path.open("ab")
            self._stream.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
        except OSError as error:
            raise _not_written(error) from error

    def close(self) -> None:
        """End the file.

        Raises:
            UnsupportedInputError: its last bytes cannot be written.
        """
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.close()
        except OSError as error:
            raise _not_written(error) from error


def sink_of(family: str, unit: Unit, params: object) -> Sink | None:
    """Return where a unit writes its places, or None where no folder was given."""
    folder = unit.where.get("evidence", "")
    return Sink(Path(folder) / _PARTS / _name_of_part(family, unit, params)) if folder else None


def with_evidence(subject: Subject, units: Iterable[Unit]) -> tuple[Unit, ...]:
    """Return the units with the folder for their places, where the subject names one."""
    if subject.evidence_folder is None:
        return tuple(units)
    where = {"evidence": str(subject.evidence_folder)}
    return tuple(Unit(unit.content, FrozenMap({**unit.where, **where})) for unit in units)


def forget(family: str, units: Iterable[Unit], params: object) -> None:
    """Remove what units wrote, once it is joined."""
    for unit in units:
        sink = sink_of(family, unit, params)
        if sink is not None:
            sink.clear()
            with suppress(OSError):  # another check still has parts there, or nobody wrote any
                sink.path.parent.rmdir()


def rows_of(family: str, unit: Unit, params: object) -> Iterator[Json]:
    """Yield the places that a unit wrote."""
    sink = sink_of(family, unit, params)
    if sink is None or not sink.path.exists():
        return
    with sink.path.open("rb") as stream:
        for line in stream:
            yield json.loads(line)


def write_evidence(subject: Subject, name: str, lines: Iterable[bytes], description: str) -> Evidence | None:
    """Write the lines into the folder that the subject names, and return the file; None for no folder or no lines.

    `description` is the id of a message that has their `count`.

    Raises:
        UnsupportedInputError: the file cannot be written.
    """
    if subject.evidence_folder is None:
        return None
    target = subject.evidence_folder / f"{name}.jsonl"
    digest = hashlib.sha256()
    written = 0
    try:
        with target.open("wb") as stream:
            for line in lines:
                stream.write(line)
                digest.update(line)
                written += 1
        if not written:
            target.unlink()
    except OSError as error:
        raise _not_written(error) from error
    said = msg(description, count=written)
    return Evidence(f"{FOLDER}/{target.name}", digest.hexdigest(), _MEDIA_TYPE, said) if written else None


def short_name(params: object) -> str:
    """Return eight signs that tell apart files of one check with different parameters."""
    return hashlib.sha256(repr(params).encode()).hexdigest()[:8]


def _name_of_part(family: str, unit: Unit, params: object) -> str:
    identity = json.dumps([family, sorted(unit.content.items()), repr(params)], default=list)
    return hashlib.sha256(identity.encode()).hexdigest() + ".jsonl"


def _not_written(error: OSError) -> UnsupportedInputError:
    return UnsupportedInputError(msg("corpus.evidence-not-written", reason=error.strerror or type(error).__name__))
