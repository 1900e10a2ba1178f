"""The system calls that Python has no name for, through the C library; Linux only."""

from __future__ import annotations

import ctypes
import os
from functools import cache

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_GET_SECCOMP = 1, 22, 21
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 24, 38, 39
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

_CAP_VERSION = 0x20080522
_CAP_WORDS = 6  # effective, permitted and inheritable of capabilities 0 to 31, then of 32 to 63
_LAST_CAP = 63


@cache
def libc() -> ctypes.CDLL:
    """Return the C library, with errno kept for each thread."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Return the result of a call of the C library.

    Raises:
        OSError: it is negative.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(number: int, *arguments: object) -> int:
    """Return the result of a system call by number; integers are passed as long.

    Raises:
        OSError: the call failed.
    """
    words = (ctypes.c_long(item) if isinstance(item, int) else item for item in arguments)
    return checked(libc().syscall(ctypes.c_long(number), *words))


def prctl(option: int, *arguments: int) -> int:
    """Return the kernel's answer to one of the options of this process.

    Raises:
        OSError: the call failed.
    """
    words = [ctypes.c_ulong(item) for item in (*arguments, 0, 0, 0, 0)[:4]]
    return checked(libc().prctl(ctypes.c_int(option), *words))


def drop_capabilities(keep: int | None = None) -> None:
    """Give up every capability but `keep`, for this thread and whatever it becomes.

    Raises:
        OSError: the kernel refuses.
    """
    for number in range(_LAST_CAP + 1):
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:
            break  # past the last capability of this kernel, or none to drop with
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    data = (ctypes.c_uint32 * _CAP_WORDS)()
    if keep is not None:
        data[0] = data[1] = 1 << keep
    checked(libc().capset(header, data))


def capabilities() -> int:
    """Return the effective and permitted capabilities as bits.

    Raises:
        OSError: the kernel refuses.
    """
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    data = (ctypes.c_uint32 * _CAP_WORDS)()
    checked(libc().capget(header, data))
    return data[0] | data[1] | (data[3] | data[4]) << 32
