"""What comes out of the sandbox, read as hostile: lines of JSON from a pipe, regular files from a folder, NPZ."""

from __future__ import annotations

import json
import math
import os
import stat
import zipfile
from io import BytesIO
from itertools import islice
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

from aigov.i18n import FrozenMap, msg
from aigov.sandbox.job import Json, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, KeyError)
_BROKEN_ARRAY = (ValueError, TypeError, OverflowError, MemoryError, SyntaxError, TokenError)
_MOST_HEADER = 10_000
MOST_FILES = 256
"""Entries of the result folder, whatever they are."""
_MOST_MESSAGES = 4


def read_messages(data: bytes) -> list[dict[str, Json]]:
    """Return the messages of a process, one a line; a last line without an end was cut off and is not counted.

    Raises:
        StoppedError: more than there can be, or not strictly JSON objects.
    """
    lines = data.split(b"\n")[:-1]
    if len(lines) > _MOST_MESSAGES:
        raise StoppedError(msg("sandbox.nonsense"))
    return [_object(line) for line in lines]


def _object(line: bytes) -> dict[str, Json]:
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise StoppedError(msg("sandbox.nonsense")) from error
    if not isinstance(found, dict):
        raise StoppedError(msg("sandbox.nonsense"))
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def read_files(folder: Path, names: Iterable[str], limit: int) -> FrozenMap[str, bytes]:
    """Return the content of the named files in a result folder, those that are there; others are not looked at.

    Raises:
        StoppedError: a link, hard or symbolic, a folder, a pipe, a device or a socket; or together too large.
    """
    found: dict[str, bytes] = {}
    for name in names:
        path = folder / name
        if os.path.lexists(path):
            found[name] = _regular(path, limit - sum(map(len, found.values())))
    return FrozenMap(found)


def taken(folders: Iterable[Path]) -> tuple[int, int]:
    """Return the number of entries of the folders and the bytes that they take; nothing is followed."""
    entries = size = 0
    for folder in folders:
        with os.scandir(folder) as found:
            for entry in islice(found, MOST_FILES + 1):
                entries += 1
                try:
                    size += entry.stat(follow_symlinks=False).st_size
                except OSError:
                    continue  # gone meanwhile
    return entries, size


def _regular(path: Path, limit: int) -> bytes:
    """Return the content of one file; nothing is followed, and a pipe without a writer does not block."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise StoppedError(msg("sandbox.not-regular", name=path.name)) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise StoppedError(msg("sandbox.not-regular", name=path.name))
        if found.st_size > limit:
            raise StoppedError(msg("sandbox.too-much"))
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            data = stream.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise StoppedError(msg("sandbox.too-much"))
    return data


def read_npz(data: bytes, limit: int) -> dict[str, Any]:  # Any: numpy arrays; numpy is not imported by the core
    """Return the arrays of an NPZ that came out of the sandbox: stored, not packed, and no objects.

    Raises:
        StoppedError: broken, packed, larger than `limit` bytes, or with Python objects.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            packed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
            if packed or len(members) > MOST_FILES or sum(member.file_size for member in members) > limit:
                raise StoppedError(msg("sandbox.nonsense"))
            return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members}
    except (*_BROKEN_ZIP, *_BROKEN_ARRAY) as error:
        raise StoppedError(msg("sandbox.nonsense")) from error


def _array(data: bytes) -> Any:  # a numpy array
    """Return the array of an NPY file of exactly the size that its header says.

    Raises:
        ValueError: it is none.
    """
    import numpy as np  # heavy

    stream = BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(stream, max_header_size=_MOST_HEADER)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - stream.tell() or min(shape, default=0) < 0:
        raise ValueError("not the array that the header says")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran else "C")
