"""Which kind of network a file holds, by its content; nothing of it is loaded."""

from __future__ import annotations

import mmap
from enum import StrEnum
from typing import TYPE_CHECKING

from aigov import msg
from aigov_checks.model.serialization.formats import format_of

if TYPE_CHECKING:
    from aigov import Message
    from aigov.model import File

SUFFIXES = (".pt", ".pth", ".pt2", ".ts", ".torchscript", ".jit", ".ckpt", ".dill", ".keras")
"""Ends of names under which such files are looked for; what they are, their content says."""


class Kind(StrEnum):
    """What a file holds."""

    SCRIPT = "torchscript"
    """A program with its weights, as `torch.jit.save` writes it."""
    EXPORT = "torch-export"
    """A graph with its weights, as `torch.export.save` writes it."""
    KERAS = "keras"
    """Layers of Keras 3 with their weights."""
    OTHER = "other"
    """A pickle of a module, of weights alone, or anything else."""


PROGRAMS = (Kind.SCRIPT, Kind.EXPORT)
"""Kinds that can run whatever they say when they are loaded: they need trust, as pickles do."""
SCANNED = (*PROGRAMS, Kind.KERAS)
"""Kinds that are loaded only where the scan is clean and the sandbox holds."""


def kind_of(file: File) -> Kind:
    """Return the kind of a file whose name ends in one of `SUFFIXES`; `OTHER` for any other."""
    if file.path.suffix.lower() not in SUFFIXES:
        return Kind.OTHER
    with file.path.open("rb") as stream:
        if not file.path.stat().st_size:
            return Kind.OTHER
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as data:
            found = format_of(data)
    return Kind(found) if found in set(SCANNED) else Kind.OTHER


def refusal(file: File, kind: Kind) -> Message:
    """Return why a file is not loaded that was not admitted."""
    if kind is Kind.OTHER:
        id_ = "robustness.network.no-keras" if file.path.suffix.lower() == ".keras" else "robustness.torch"
        return msg(id_, file=file.name)
    if kind in PROGRAMS:
        return msg("robustness.network.program", file=file.name, digest=f"sha256:{file.sha256}")
    return msg("robustness.network.sandbox", file=file.name)
