"""A file's result as JSON and back, and what one file says about another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aigov import FrozenMap, Json, Message, Status, msg
from aigov_checks.model.serialization.notes import GRAVITY, Note, Scanned, plain, uncovered, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTSIDE = {
    "onnx.external-data": "onnx-data",
    "openvino.data": "openvino-data",
    "tensorflow.data": "tensorflow-data",
}
"""Note that says that tensors are in another file, to what that file is called."""
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
        known = {"text", "json", "empty", *_OUTSIDE.values()}
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
    """Return the results by file name, with the data files of models known for what they are.

    Bytes of no known format that a model reads as raw tensors are numbers and nothing else; a model whose data
    files are not there is not covered whole.
    """
    final = dict(results)
    for name, result in results.items():
        for found in result.notes:
            if found.type not in _OUTSIDE:
                continue
            targets = _targets(name, found, results)
            for target in targets:
                if results[target].format == _UNKNOWN:
                    final[target] = Result(_OUTSIDE[found.type], ())
            if not targets:
                location = str(found.args.get("location", PurePosixPath(_beside(name, found)).name))
                missing = uncovered("onnx.external-missing", found.offset, location=location)
                if missing not in final[name].notes:
                    final[name] = Result(result.format, (*final[name].notes, missing))
    return final


def _targets(name: str, found: Note, results: Mapping[str, Result]) -> list[str]:
    """Return the data files that a note speaks of and that are there."""
    beside = _beside(name, found)
    if found.type == "tensorflow.data":
        shard = re.compile(re.escape(beside) + r"-\d{5}-of-\d{5}")
        return [other for other in results if shard.fullmatch(other)]
    return [beside] if beside in results else []


def _beside(name: str, found: Note) -> str:
    path = PurePosixPath(name)
    match found.type:
        case "openvino.data":
            return str(path.with_suffix(".bin"))
        case "tensorflow.data":
            return str(path.with_suffix(".data"))
        case _:
            return str(path.parent / str(found.args["location"]))
