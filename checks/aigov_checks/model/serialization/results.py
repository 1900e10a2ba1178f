"""A file's result as JSON and back, and what one file says about another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aigov import FrozenMap, Json, Message, Status, msg
from aigov_checks.model.serialization.notes import GRAVITY, Note, Scanned, plain, uncovered, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTSIDE = "onnx.external-data"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """What is known about one file."""

    format: str
    notes: tuple[Note, ...]

    @property
    def status(self) -> Status:
        """The worst of the notes; clean where there is none."""
        return worst(self.notes)

    @property
    def partial(self) -> bool:
        """Whether something in the file was not read, whatever else was found."""
        return any(found.status is Status.NOT_COVERED for found in self.notes)

    @property
    def occurrences(self) -> tuple[Note, ...]:
        """Notes that are more than facts."""
        return tuple(found for found in self.notes if found.status is not Status.CLEAN)

    @property
    def reason(self) -> Message | None:
        """The gravest note in words; for text, why it may be clean at all."""
        if self.occurrences:
            return min(self.occurrences, key=lambda found: GRAVITY.index(found.status)).message
        known = {"text", "json", "empty", "onnx-data"}
        return msg(f"serialization.clean.{self.format}") if self.format in known else None


def to_json(scanned: Scanned) -> Json:
    """Return what a worker hands back."""
    notes = [
        {
            "status": found.status.value,
            "type": found.type,
            "offset": found.offset,
            "args": plain(found.args),
            "member": found.member,
            "effect": found.effect,
        }
        for found in scanned.notes
    ]
    return {"format": scanned.format, "status": scanned.status.value, "notes": notes}


def from_json(value: Json) -> Result:
    """Return what `to_json` was given."""
    notes = tuple(
        Note(Status(n["status"]), n["type"], n["offset"], FrozenMap(n["args"]), n["member"], n["effect"])
        for n in value["notes"]
    )
    return Result(value["format"], notes)


def with_outside_data(results: Mapping[str, Result]) -> dict[str, Result]:
    """Return the results by file name, with the data files of ONNX models known for what they are.

    Bytes of no known format that a model reads as raw tensors are numbers and nothing else; a model whose data
    files are not there is not covered whole.
    """
    final = dict(results)
    for name, result in results.items():
        for found in result.notes:
            if found.type != _OUTSIDE:
                continue
            location = str(found.args["location"])
            target = str(PurePosixPath(name).parent / location)
            if target not in results:
                missing = uncovered("onnx.external-missing", found.offset, location=location)
                if missing not in final[name].notes:
                    final[name] = Result(result.format, (*final[name].notes, missing))
            elif results[target].format == _UNKNOWN:
                final[target] = Result("onnx-data", ())
    return final
