"""What is asked of the sandbox, what holds it, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from aigov.errors import UnsupportedInputError
from aigov.i18n import FrozenMap

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of such

_MIB = 1024**2


class Layer(StrEnum):
    """One thing that holds the process, each by itself."""

    USER_NAMESPACE = "user-namespace"
    NETWORK_NAMESPACE = "network-namespace"
    PID_NAMESPACE = "pid-namespace"
    IPC_NAMESPACE = "ipc-namespace"
    MOUNT_NAMESPACE = "mount-namespace"
    NO_CAPABILITIES = "no-capabilities"
    NO_NEW_PRIVILEGES = "no-new-privileges"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    RESOURCE_LIMITS = "resource-limits"
    WALL_CLOCK = "wall-clock"


CONFINING = frozenset({Layer.LANDLOCK, Layer.SECCOMP})
"""Without both, code of a file could read and write the user's files or start programs: it is not loaded."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Which layers were active when the job's entry was called."""

    active: tuple[Layer, ...]
    landlock_abi: int = 0
    """Version of the kernel's interface; 0 where Landlock is not active."""

    @property
    def missing(self) -> tuple[Layer, ...]:
        """The other ones."""
        return tuple(layer for layer in Layer if layer not in self.active)

    @property
    def facts(self) -> dict[str, str]:
        """What an observation says of them."""
        found = {"sandbox": ", ".join(self.active)}
        if self.missing:
            found["sandbox.missing"] = ", ".join(self.missing)
        if self.landlock_abi:
            found["sandbox.landlock"] = f"ABI {self.landlock_abi}"
        return found


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything the process gets."""

    seconds: float = 600.0
    """Wall clock of the whole, which the parent keeps."""
    memory: int = 4096 * _MIB
    """Bytes of address space beyond what interpreter and frameworks take."""
    written: int = 16 * _MIB
    """Bytes of one file, and of all files together."""
    result: int = 64 * _MIB
    """Bytes of the JSON result."""
    files: int = 512
    """Open files."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call: `entry`, `module:function`, is called with the request and the `Inside` of the sandbox."""

    entry: str
    request: Json = None
    imports: tuple[str, ...] = ()
    """Modules imported before the last rights go; one that is not installed is left out."""
    read: tuple[Path, ...] = ()
    """Files and folders that the process may read, beside interpreter and libraries."""
    devices: tuple[Path, ...] = ()
    """Device files that it may use as their drivers want it: a hole, for a job whose files cannot run code."""
    given: FrozenMap[str, bytes] = field(default_factory=FrozenMap)
    """Name to content of files that it finds in `Inside.given`."""
    folders: tuple[str, ...] = ()
    """Folders that libraries want to find in their home, which is `Inside.written`; they can make none themselves."""
    returns: tuple[str, ...] = ()
    """Names of the files in `Inside.written` that come back."""
    limits: Limits = field(default_factory=Limits)
    require: frozenset[Layer] = frozenset()
    """Layers without which the entry is not called."""
    layers: frozenset[Layer] = frozenset(Layer)
    """Layers that are tried; fewer only to measure or to test one alone."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back: untrusted, like everything that saw the model."""

    value: Json
    files: FrozenMap[str, bytes]
    layers: Layers


class StoppedError(UnsupportedInputError):
    """The process was stopped, died or answered nonsense; becomes `not-assessed`, with the reason."""


class ChildError(RuntimeError):
    """The entry raised something that it does not declare: a fault of ours, which an observation calls a crash."""
