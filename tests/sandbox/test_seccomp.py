"""The filter of each machine, run by a small interpreter of the kernel's packet filter: also that of other machines."""

from __future__ import annotations

import struct
import sys

import pytest

from aigov.sandbox.seccomp import filter_program
from aigov.sandbox.syscalls import MACHINES, bound_calls, plain_calls

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PID = 4321


def answer(program, number, arch, *arguments):
    data = struct.pack("=IIQ6Q", number, arch, 0, *(word & 2**64 - 1 for word in (*arguments, 0, 0, 0, 0, 0, 0)[:6]))
    at = value = steps = 0
    while True:
        item = program[at]
        steps += 1
        assert steps <= len(program)
        at += 1
        match item.code:
            case 0x20:
                value = struct.unpack_from("=I", data, item.k)[0]
            case 0x15:
                at += item.jt if value == item.k else item.jf
            case 0x35:
                at += item.jt if value >= item.k else item.jf
            case 0x54:
                value &= item.k
            case 0x06:
                return item.k


@pytest.fixture(params=sorted(MACHINES))
def machine(request):
    return request.param


@pytest.fixture
def ask(machine):
    program = filter_program(machine, PID)
    return lambda number, *arguments, arch=ARCH[machine]: answer(program, number, arch, *arguments)


def test_computing_is_allowed(ask, machine):
    for number in plain_calls(machine):
        assert ask(number) == ALLOW


def test_every_other_number_is_refused(ask, machine):
    known = {*plain_calls(machine), *bound_calls(machine).values()}
    for number in [*range(1024), 0x3FFFFFFF, 0x40000000, 0x40000029, 0x7FFFFFFF, 0xFFFFFFFF]:
        if number not in known:
            assert ask(number) == EPERM


def test_no_call_reaches_another_process_or_a_socket(machine):
    harmful = {
        "x86_64": {41, 42, 44, 49, 53, 57, 58, 59, 90, 91, 92, 101, 105, 112, 155, 161, 165, 188, 200, 234, 246, 250, 272, 298,
                   308, 310, 311, 317, 319, 321, 322, 323, 424, 425, 434, 438, 444, 446, 447},
        "aarch64": {40, 41, 51, 52, 53, 54, 97, 105, 117, 130, 138, 146, 157, 198, 200, 203, 206, 217, 219, 221, 241, 268,
                    270, 271, 277, 279, 280, 281, 282, 424, 425, 434, 438, 444, 446, 447},
    }  # fmt: skip
    allowed = set(plain_calls(machine))
    assert not harmful[machine] & allowed


def test_another_architecture_ends_the_process(ask, machine):
    for arch in (0x40000003, 0x40000028, 0, *(set(ARCH.values()) - {ARCH[machine]})):
        assert ask(plain_calls(machine)[0], arch=arch) == KILL


def test_threads_are_made_and_processes_are_not(ask, machine):
    clone = bound_calls(machine)["clone"]
    assert ask(clone, 0x3D0F00) == ALLOW  # what the C library asks for a thread
    for flags in (0, 17, 0x4111, 0x11 | 0x100, 0x10000000 | 0x3D0F00, 0x20000 | 0x3D0F00, 0x40000000 | 0x10000):
        assert ask(clone, flags) == EPERM
    assert ask(bound_calls(machine)["clone3"]) == ENOSYS


@pytest.mark.parametrize(
    ("name", "place", "good", "bad"),
    [
        ("kill", 0, PID, [0, -1, -PID, 1, PID + 1]),
        ("tgkill", 0, PID, [0, -1, 1]),
        ("prlimit64", 0, 0, [1, PID]),
        ("sched_setaffinity", 0, 0, [1, PID]),
        ("fcntl", 1, 3, [8, 10, 15, 1024, 1026]),
        ("ioctl", 1, 0x5401, [0x5412, 0x541C, 0x5423]),
        ("prctl", 0, 15, [0x59616D61, 1, 4, 8, 22, 24, 35, 38, 47]),
        ("seccomp", 0, None, [0, 1]),
    ],
)
def test_arguments_decide(ask, machine, name, place, good, bad):  # noqa: PLR0913, PLR0917  # one row of the table
    number = bound_calls(machine)[name]
    if good is not None:
        assert ask(number, *[0] * place, good) == ALLOW
    for value in bad:
        assert ask(number, *[0] * place, value) == EPERM


def test_the_numbers_are_those_of_the_headers():
    """Compare with the kernel's own table, where this machine has it."""
    import re
    from pathlib import Path

    from aigov.sandbox.syscalls import _BOUND, _TABLE, _numbers

    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if sys.platform != "linux" or not header.is_file():
        pytest.skip("no kernel headers here")
    known = dict(re.findall(r"#define __NR_(\w+)\s+(\d+)", header.read_text(encoding="ascii")))
    for table in (_TABLE, _BOUND):
        for name, number in _numbers(table, "x86_64").items():
            assert int(known[name]) == number, name
