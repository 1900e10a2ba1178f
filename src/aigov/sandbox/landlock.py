"""Landlock: the folders that the process may still read, the one that it may write, and nothing else of the files."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

from aigov.sandbox.kernel import system_call

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE
_USE = _READ_FILE | _WRITE_FILE | 1 << 15  # the last: calls of a driver
_ON_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE | 1 << 15
"""Rights that mean something for a file; a rule on a file may name no others."""
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""ABI to the number of rights over files that it knows; later ones know as many."""
_NET_ABI, _SCOPE_ABI = 4, 6
_NET_ALL, _SCOPE_ALL = 3, 3  # bind and connect TCP; abstract sockets and signals


def landlock_abi() -> int:
    """Return the version of the kernel's interface, 0 where there is none."""
    try:
        return system_call(_CREATE, None, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict_files(
    read: Iterable[Path], listed: Iterable[Path], write: Iterable[Path], devices: Iterable[Path] = ()
) -> int:
    """Bind this thread, and all that it starts later, to these files and folders; return the ABI, 0 where it failed.

    Of those in `listed`, only the names of what is in them can be seen. Those in `devices` are device files.

    Nothing may be executed, no TCP port reached, no abstract socket, no process outside signalled, as far as the ABI
    goes. `no_new_privs` must be set.
    """
    abi = landlock_abi()
    if not abi:
        return 0
    everything = (1 << _FS_BITS.get(abi, 16)) - 1
    words = [everything, *([_NET_ALL] if abi >= _NET_ABI else []), *([_SCOPE_ALL] if abi >= _SCOPE_ABI else [])]
    attributes = struct.pack(f"={len(words)}Q", *words)
    try:
        rules = system_call(_CREATE, ctypes.c_char_p(attributes), len(attributes), 0)
        try:
            for paths, rights in ((read, _READ), (listed, _READ_DIR), (write, _WRITE), (devices, _USE)):
                for path in paths:
                    _allow(rules, path, rights & everything)
            system_call(_RESTRICT, rules, 0)
        finally:
            os.close(rules)
    except OSError:
        return 0
    return abi if _holds() else 0


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        known = rights if path.is_dir() else rights & _ON_FILES
        if not known:
            return
        rule = struct.pack("=Qi", known, place)
        system_call(_ADD_RULE, rules, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)


def _holds() -> bool:
    """Whether the root folder can no longer be listed: a layer is said to be active only where it is felt."""
    try:
        os.listdir("/")  # noqa: PTH208  # nothing of it is wanted
    except PermissionError:
        return True
    return False
