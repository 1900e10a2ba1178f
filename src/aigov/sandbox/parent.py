"""The process outside: it starts the one inside with nothing of its own, keeps the clock, and doubts the answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from aigov.i18n import Quantity, msg
from aigov.sandbox.child import write_job
from aigov.sandbox.job import ChildError, Job, Layer, Layers, Limits, Returned, StoppedError
from aigov.sandbox.libraries import absent, import_path, libraries, listed
from aigov.sandbox.results import MOST_FILES, read_files, read_messages, taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.sandbox.job import Json

_START = (
    "import json, sys; document = json.load(open(sys.argv[1], encoding='utf-8')); sys.path[:] = document['path'];"
    "from aigov.sandbox.child import main; main(document)"
)
_SIGNALLED = 128
_MESSAGE_SPACE = 4096
_PROBE_SECONDS = 30.0
_LOOK = 0.5
"""Seconds between two looks at what a process has written."""
_AFTERMATH = 5.0
"""Seconds that the end of a process may take once it has nothing more to say."""


def run(job: Job) -> Returned:
    """Return what the entry of a job returned from within the sandbox, and which layers held it.

    Raises:
        StoppedError: a required layer is missing, a limit was reached, the process died, or its answer is nonsense.
        ChildError: the entry raised an exception.
    """
    with tempfile.TemporaryDirectory(prefix="aigov-sandbox-") as folder:
        work = Path(folder)
        document = _prepared(job, work)
        ended = _watched(document, work, job)
        if ended.too_much:
            raise StoppedError(msg("sandbox.too-much"))
        if ended.late:
            raise StoppedError(msg("sandbox.late", seconds=Quantity(job.limits.seconds, "seconds")))
        messages = read_messages(ended.output)
        layers = _layers(messages, ended)
        lacking = sorted(job.require - set(layers.active))
        if lacking:
            raise StoppedError(msg("sandbox.lacking", layers=tuple(lacking)))
        value = _value(messages[1:], ended)
        return Returned(value, read_files(work / "written", job.returns, job.limits.written), layers)


def probe() -> Layers:
    """Return the layers that hold a process on this machine.

    Raises:
        StoppedError: no process could be started.
    """
    return run(Job("aigov.sandbox.child:idle", limits=replace(Limits(), seconds=_PROBE_SECONDS))).layers


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a process ended: everything that it said, its exit code, and whether the clock or a limit ended it."""

    output: bytes
    code: int
    late: bool
    too_much: bool


def _prepared(job: Job, work: Path) -> Path:
    """Write down the job and what it is given; return the path of the document."""
    for name in ("given", "written", *(f"written/{name}" for name in job.folders)):
        (work / name).mkdir(mode=0o700)
    for name, data in job.given.items():
        (work / "given" / name).write_bytes(data)
    document = {
        **write_job(job),
        "folder": str(work.resolve()),
        "parent": os.getpid(),
        "path": import_path(),
        "libraries": list(map(str, libraries(job))),
        "listed": list(map(str, listed())),
        "absent": list(absent(job)),
    }
    path = work / "job.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _watched(document: Path, work: Path, job: Job) -> _Ended:
    """Start the process, read what it says up to the limit, and end it with everything in it when its time is up."""
    process = subprocess.Popen(  # noqa: S603  # our own interpreter and code
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _START, str(document)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(work / "written"),
        cwd=work,
        start_new_session=True,
    )
    written = [work / "written", *(work / "written" / name for name in job.folders)]
    heard, most = bytearray(), job.limits.result + _MESSAGE_SPACE
    reader = threading.Thread(target=_read, args=(process.stdout, heard, most), daemon=True)
    try:
        reader.start()
        fits = _within_bounds(reader, written, job.limits)
        late = fits and _lingers(process, reader)
    finally:
        _kill(process)
    reader.join(_AFTERMATH)
    return _Ended(bytes(heard), process.returncode, late, not fits or len(heard) > most)


def _within_bounds(reader: threading.Thread, written: Sequence[Path], limits: Limits) -> bool:
    """Wait until the process has said all or its time is up; return whether it wrote no more than it may."""
    end = time.monotonic() + limits.seconds
    while reader.is_alive() and time.monotonic() < end:
        reader.join(min(_LOOK, max(0.0, end - time.monotonic())))
        entries, size = taken(written)
        if entries > MOST_FILES or size > limits.written:
            return False
    return True


def _lingers(process: subprocess.Popen[bytes], reader: threading.Thread) -> bool:
    """Return whether the process goes on although its time is up, or although it has nothing more to say."""
    if reader.is_alive():
        return True
    try:
        process.wait(_AFTERMATH)
    except subprocess.TimeoutExpired:
        return True
    return False


def _read(pipe: IO[bytes] | None, heard: bytearray, most: int) -> None:
    """Read until the end or the limit, whatever comes first."""
    while pipe is not None and len(heard) <= most:
        data = os.read(pipe.fileno(), 1 << 16)
        if not data:
            return
        heard += data


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started; the death of the first one takes those of its namespace with it."""
    if process.poll() is None:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _environment(home: Path) -> dict[str, str]:
    """Return an environment without anything of the user's: no keys, no proxies, no preloaded library."""
    folders = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), str(home))
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    system = {
        name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
    }  # Windows does not start without
    return {"LANG": "C.UTF-8", "LOGNAME": "aigov", **folders, **dict.fromkeys(threads, "1"), **system}


def _layers(messages: list[dict[str, Json]], ended: _Ended) -> Layers:
    """Return the layers, which the process said before it looked at anything."""
    first = messages[0] if messages else {}
    if "active" not in first:
        _fail(first, ended)
        raise StoppedError(msg("sandbox.no-start", code=ended.code))
    active = set(first["active"])
    return Layers(tuple(layer for layer in Layer if layer in active), int(first["landlock_abi"]))


def _value(messages: list[dict[str, Json]], ended: _Ended) -> Json:
    """Return the result, or say why there is none."""
    last = messages[-1] if messages else {}
    if "value" in last and len(messages) == 1:
        return last["value"]
    _fail(last, ended)
    if ended.code > _SIGNALLED or ended.code < 0:
        number = ended.code - _SIGNALLED if ended.code > 0 else -ended.code
        raise StoppedError(msg("sandbox.killed", signal=_name(number)))
    raise StoppedError(msg("sandbox.no-result", code=ended.code))


def _fail(message: dict[str, Json], ended: _Ended) -> None:
    """Raise what the process said about its own end, if it said anything."""
    match message:
        case {"overdue": float() | int() as seconds}:
            raise StoppedError(msg("sandbox.overdue", seconds=Quantity(float(seconds), "seconds")))
        case {"error": "MemoryError"}:
            raise StoppedError(msg("sandbox.memory"))
        case {"error": str(kind), "text": str(text)}:
            raise ChildError(f"{kind[:80]}: {text[:500]} (exit code {ended.code})")
        case _:
            return


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
