"""Namespaces: a network without a way out, processes that see no others, and a user without rights elsewhere."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.sandbox.job import Layer
from aigov.sandbox.kernel import checked, libc

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLAGS = {
    Layer.USER_NAMESPACE: 0x10000000,
    Layer.NETWORK_NAMESPACE: 0x40000000,
    Layer.PID_NAMESPACE: 0x20000000,
    Layer.IPC_NAMESPACE: 0x08000000,
    Layer.MOUNT_NAMESPACE: 0x00020000,
}


def enter_namespaces(wanted: frozenset[Layer]) -> frozenset[Layer]:
    """Return which of the wanted namespaces this process, still of one thread, entered.

    All of them, or what is left without a user namespace, which only root can have. A new process namespace begins with
    the next child.
    """
    asked = wanted & _FLAGS.keys()
    for layers in (asked, asked - {Layer.PID_NAMESPACE}, asked - {Layer.USER_NAMESPACE}):
        if layers and _unshare(layers):
            return layers
    return frozenset()


def _unshare(layers: frozenset[Layer]) -> bool:
    user, group = os.geteuid(), os.getegid()
    try:
        checked(libc().unshare(ctypes.c_int(sum(_FLAGS[layer] for layer in layers))))
    except OSError:
        return False
    if Layer.USER_NAMESPACE in layers:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            try:
                Path("/proc/self", name).write_text(text, encoding="ascii")
            except OSError:
                continue  # without a map the user is nobody there, which is as good
    return True


def needs_root(read: Iterable[Path]) -> bool:
    """Whether we are root and a file is another user's and private, so that only root's powers open it."""
    return os.geteuid() == 0 and not all(_plainly_readable(path) for path in read)


def _plainly_readable(path: Path) -> bool:
    """Whether a path can be followed and read by the bits of its modes, without the privileges of root."""
    steps = [(parent, stat.S_IXOTH) for parent in path.resolve().parents]
    return all(_allows(step, bit) for step, bit in [*steps, (path, stat.S_IROTH)])


def _allows(path: Path, bit: int) -> bool:
    try:
        found = path.stat()
    except OSError:
        return True  # not there, whatever the privileges
    if found.st_uid == os.geteuid():
        return bool(found.st_mode & bit << 6)
    return bool(found.st_mode & (bit << 3 if found.st_gid in {os.getegid(), *os.getgroups()} else bit))
