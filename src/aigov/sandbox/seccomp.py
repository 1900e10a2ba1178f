"""Seccomp: a small program in the kernel that lets computing through and answers EPERM to everything else.

An allowlist: a call that is not in it, today's or a future kernel's, fails as if the process had no right to it. No
new process, program or socket, no signal to others, no mount, key, trace or ring; threads are allowed.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from dataclasses import dataclass

from aigov.sandbox.kernel import PR_GET_SECCOMP, prctl, system_call
from aigov.sandbox.syscalls import MACHINES, bound_calls, plain_calls

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
"""Numbers from here on are x86_64's second ABI, in which every call has a second number."""
_CLONE_THREAD = 0x00010000
_NEW_NAMESPACES = 0x7E020080
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032, 1033, 1034)
"""Duplicates, flags, locks, pipe sizes and seals; no owner that gets signals, no lease, no notification."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal, its size, bytes waiting, non-blocking, close on exec."""
_PRCTL = (3, 15, 16, 21, 23, 39, 51, 56, 0x53564D41)
"""Names of threads and of memory, and questions."""
_SET_MODE_FILTER, _TSYNC = 1, 1
_FILTER_MODE = 2


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of the kernel's packet filter."""

    code: int
    k: int
    jt: int = 0
    jf: int = 0

    def packed(self) -> bytes:
        """Return it as the kernel takes it."""
        return struct.pack("=HBBI", self.code, self.jt, self.jf, self.k)


def filter_program(machine: str, pid: int) -> tuple[Instruction, ...]:
    """Return the filter of a machine for the process `pid`, which may signal itself only."""
    calls = bound_calls(machine)
    program = [
        Instruction(_LOAD, _ARCHITECTURE),
        Instruction(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        Instruction(_RETURN, _KILL),
        Instruction(_LOAD, _NUMBER),
        Instruction(_JUMP_AT_LEAST, _X32, 0, 1),
        Instruction(_RETURN, _ERRNO | _EPERM),
    ]
    for number in plain_calls(machine):
        program += [Instruction(_JUMP_EQUAL, number, 0, 1), Instruction(_RETURN, _ALLOW)]
    program += [Instruction(_JUMP_EQUAL, calls["clone3"], 0, 1), Instruction(_RETURN, _ERRNO | _ENOSYS)]
    program += _threads_only(calls["clone"])
    for name, argument, values in (
        ("fcntl", 1, _FCNTL),
        ("ioctl", 1, _IOCTL),
        ("prctl", 0, _PRCTL),
        ("kill", 0, (pid,)),
        ("tgkill", 0, (pid,)),
        ("prlimit64", 0, (0,)),
        ("sched_setaffinity", 0, (0,)),
    ):
        program += _only_with(calls[name], argument, values)
    return (*program, Instruction(_RETURN, _ERRNO | _EPERM))


def _threads_only(number: int) -> list[Instruction]:
    """Allow clone(2) for a thread of this process that shares its namespaces.

    clone3(2) hides its flags behind a pointer; the C library takes its absence for an old kernel.
    """
    body = [
        Instruction(_LOAD, _argument(0)),
        Instruction(_AND, _NEW_NAMESPACES),
        Instruction(_JUMP_EQUAL, 0, 0, 3),
        Instruction(_LOAD, _argument(0)),
        Instruction(_AND, _CLONE_THREAD),
        Instruction(_JUMP_EQUAL, _CLONE_THREAD, 1, 0),
        Instruction(_RETURN, _ERRNO | _EPERM),
        Instruction(_RETURN, _ALLOW),
    ]
    return [Instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _only_with(number: int, argument: int, values: tuple[int, ...]) -> list[Instruction]:
    """Allow a call where an argument, of which the kernel looks at 32 bits, is one of the values."""
    tests = [Instruction(_JUMP_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)]
    body = [
        Instruction(_LOAD, _argument(argument)),
        *tests,
        Instruction(_RETURN, _ERRNO | _EPERM),
        Instruction(_RETURN, _ALLOW),
    ]
    return [Instruction(_JUMP_EQUAL, number, 0, len(body)), *body]


def _argument(index: int) -> int:
    """Return the offset of the low half of an argument in `seccomp_data`; both machines are little-endian."""
    return 16 + 8 * index


def restrict_calls(pid: int) -> bool:
    """Install the filter in every thread; return whether it is in force. `no_new_privs` must be set."""
    machine = platform.machine()
    if machine not in MACHINES:
        return False
    program = filter_program(machine, pid)
    code = ctypes.create_string_buffer(b"".join(item.packed() for item in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    try:
        number = bound_calls(machine)["seccomp"]
        system_call(number, _SET_MODE_FILTER, _TSYNC, ctypes.c_char_p(header))
        return prctl(PR_GET_SECCOMP) == _FILTER_MODE
    except OSError:
        return False
