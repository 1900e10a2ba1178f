"""The process inside: it gives up its rights one after the other, says which are gone, and only then calls the entry.

Order: namespaces and capabilities while there is one thread; files (Landlock), which bind a thread and those that it
starts, before a framework starts any; the frameworks; memory and system calls, which bind every thread.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.sandbox.inside import Channel, Inside
from aigov.sandbox.job import Job, Layer, Limits
from aigov.sandbox.kernel import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, capabilities, drop_capabilities, prctl
from aigov.sandbox.landlock import restrict_files
from aigov.sandbox.namespaces import enter_namespaces, needs_root
from aigov.sandbox.rlimits import limit_memory, limit_resources
from aigov.sandbox.seccomp import restrict_calls

if TYPE_CHECKING:
    from types import TracebackType

    from aigov.sandbox.job import Json

_CAP_DAC_READ_SEARCH = 2
_SIGNALLED = 128
_MACHINE = (
    *("/sys/devices/system/cpu", "/sys/devices/system/node", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"),
    *("/proc/self", "/dev/urandom", "/dev/zero"),
)
"""What libraries ask about the machine; `/proc/self` is this process alone."""


def main(document: dict[str, Json]) -> None:
    """Do the job that the parent wrote down."""
    job = read_job(document)
    channel = Channel(_private_channel())
    work = Path(document["folder"])
    inside = Inside(work / "given", work / "written", channel)
    active, abi = set[Layer](), 0
    if sys.platform.startswith("linux"):
        active |= _isolate(job, document["parent"], work)
        abi = _restrict_files(job, inside, document) if Layer.LANDLOCK in job.layers else 0
    elif Layer.RESOURCE_LIMITS in job.layers and limit_resources(job.limits, own_user=False):
        active.add(Layer.RESOURCE_LIMITS)
    _report_errors(channel)
    sys.modules.update(dict.fromkeys(document["absent"]))  # None: an import fails
    for module in (*job.imports, job.entry.partition(":")[0]):
        _import(module)
    if Layer.RESOURCE_LIMITS in active and not limit_memory(job.limits):
        active.remove(Layer.RESOURCE_LIMITS)
    active |= {Layer.LANDLOCK} if abi else set()
    if sys.platform.startswith("linux") and Layer.SECCOMP in job.layers and restrict_calls(os.getpid()):
        active.add(Layer.SECCOMP)
    active |= {Layer.WALL_CLOCK} & job.layers
    channel.send({"active": sorted(active), "landlock_abi": abi})
    if job.require <= active:
        module, _, name = job.entry.partition(":")
        channel.send({"value": getattr(importlib.import_module(module), name)(job.request, inside)})
    sys.stdout.flush()
    os._exit(0)


def idle(_request: Json, _inside: Inside) -> None:
    """Do nothing: what a probe calls."""


def write_job(job: Job) -> dict[str, Json]:
    """Return a job as JSON."""
    return {
        "entry": job.entry,
        "request": job.request,
        "imports": list(job.imports),
        "read": [str(path.absolute()) for path in job.read],
        "devices": [str(path.absolute()) for path in job.devices],
        "limits": {name: getattr(job.limits, name) for name in Limits.__slots__},
        "require": sorted(job.require),
        "layers": sorted(job.layers),
    }


def read_job(document: dict[str, Json]) -> Job:
    """Return the job that `write_job` wrote; it comes from our own parent."""
    return Job(
        document["entry"],
        document["request"],
        tuple(document["imports"]),
        tuple(Path(path) for path in document["read"]),
        tuple(Path(path) for path in document["devices"]),
        limits=Limits(**document["limits"]),
        require=frozenset(Layer(name) for name in document["require"]),
        layers=frozenset(Layer(name) for name in document["layers"]),
    )


def _private_channel() -> int:
    """Keep the pipe to the parent for ourselves; what libraries print goes nowhere."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return kept


def _isolate(job: Job, parent: int, work: Path) -> set[Layer]:
    """Take the layers that bind the whole process, and go on in a child where there are new process numbers."""
    private = needs_root(job.read)
    active = set(enter_namespaces(job.layers - {Layer.USER_NAMESPACE} if private else job.layers))
    _die_with(parent)
    if Layer.PID_NAMESPACE in active:
        _continue_in_child(parent, work)
    own = Layer.USER_NAMESPACE in active
    if Layer.NO_CAPABILITIES in job.layers and _without_capabilities(private=private):
        active.add(Layer.NO_CAPABILITIES)
    _die_with(None)
    if Layer.RESOURCE_LIMITS in job.layers and limit_resources(job.limits, own_user=own):
        active.add(Layer.RESOURCE_LIMITS)
    if job.layers & {Layer.NO_NEW_PRIVILEGES, Layer.LANDLOCK, Layer.SECCOMP}:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        active.add(Layer.NO_NEW_PRIVILEGES)
    _be_killed_first()
    return active


def _die_with(parent: int | None, by: signal.Signals = signal.SIGKILL) -> None:
    """Get a signal when the process that started us ends, however it ends."""
    prctl(PR_SET_PDEATHSIG, by)
    if parent is not None and os.getppid() != parent:
        os._exit(1)  # it ended before we asked


def _continue_in_child(parent: int, work: Path) -> None:
    """Return in a child, the first process of the new namespace; this one waits and ends as the child does.

    The interpreter has one thread here and has loaded no framework, so that a fork is safe. Where the parent is killed,
    this one ends the child and takes the folder of the job away.
    """
    pid = os.fork()
    if pid == 0:
        return

    def orphaned(*_: object) -> None:
        os.kill(pid, signal.SIGKILL)
        shutil.rmtree(work, ignore_errors=True)
        os._exit(1)

    signal.signal(signal.SIGTERM, orphaned)
    _die_with(parent, signal.SIGTERM)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os._exit(status if status >= 0 else _SIGNALLED - status)


def _without_capabilities(*, private: bool) -> bool:
    """Give up all capabilities, but that of reading what is another user's where it must be; Landlock bounds it."""
    try:
        drop_capabilities(_CAP_DAC_READ_SEARCH if private else None)
        return not capabilities()
    except OSError:
        return False


def _be_killed_first() -> None:
    """Let the kernel take this process rather than the parent when memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        return


def _restrict_files(job: Job, inside: Inside, document: dict[str, Json]) -> int:
    code, names = map(Path, document["libraries"]), map(Path, document["listed"])
    read = [*code, *map(Path, _MACHINE), *job.read, inside.given]
    return restrict_files(read, names, [inside.written, Path(os.devnull)], job.devices)


def _import(name: str) -> None:
    """Import a module early, before the last rights go; the entry says itself what it misses."""
    try:
        importlib.import_module(name)
    except ImportError:
        return


def _report_errors(channel: Channel) -> None:
    """Tell the parent of an exception that nobody caught, and end."""

    def report(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        name = "MemoryError" if issubclass(kind, MemoryError) else kind.__name__
        channel.send({"error": name, "text": str(error)[:500]})
        os._exit(1)

    sys.excepthook = report
