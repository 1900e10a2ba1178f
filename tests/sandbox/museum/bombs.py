"""What ends the process, or should: bombs, loops, and answers that are none. One entry each."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import threading
import time
from pathlib import Path


def fork_bomb(_request, _inside):
    children = 0
    for _ in range(200):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            children += 1
        except OSError:
            continue
    return children


def thread_bomb(_request, _inside):
    gate = threading.Event()
    for count in range(100_000):
        try:
            threading.Thread(target=gate.wait, daemon=True).start()
        except RuntimeError:
            return count
    return 100_000


def memory_bomb(_request, _inside):
    return len(b"x" * (1 << 40))


def slow_memory_bomb(_request, _inside):
    kept = []
    while True:
        kept.append(bytearray(1 << 26))


def endless_loop(_request, _inside):
    while True:
        pass


def sleep_forever(_request, _inside):
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    while True:
        time.sleep(1000)


def hold_the_lock(_request, _inside):
    """Sleep in C without giving Python's lock back, so that no thread of ours can watch."""
    ctypes.PyDLL(None).sleep(1000)


def slow_call(_request, inside):
    with inside.within(0.5):
        time.sleep(1000)


def crash(_request, _inside):
    ctypes.string_at(0)


def abort(_request, _inside):
    os.abort()


def leave(_request, _inside):
    os._exit(3)


def huge_value(_request, _inside):
    return "x" * (1 << 24)


def huge_file(_request, inside):
    with (inside.written / "result.bin").open("wb") as stream:
        for _ in range(1 << 12):
            stream.write(b"x" * (1 << 20))


def many_files(_request, inside):
    for number in range(1_000_000):
        (inside.written / str(number)).write_bytes(b"")


def fill_the_disk(_request, inside):
    for number in range(200):
        (inside.written / str(number)).write_bytes(b"x" * (1 << 20))
    time.sleep(1000)


def flood(_request, inside):
    while True:
        os.write(inside.channel.descriptor, b"x" * (1 << 16))


def said(text):
    def entry(_request, inside):
        os.write(inside.channel.descriptor, text)
        os._exit(0)

    return entry


not_json = said(b"\x80\x04}q\x00.\n")
half_a_line = said(b'{"value": 1')
not_a_number = said(b'{"value": NaN}\n')
key_twice = said(b'{"value": 1, "value": 2}\n')
a_list = said(b"[1]\n")
too_deep = said(b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
two_values = said(b'{"value": 1}\n{"value": 2}\n')
other_layers = said(b'{"active": ["landlock"], "landlock_abi": 99}\n{"value": 1}\n')
nothing = said(b"")


def stdout_noise(_request, _inside):
    os.write(1, b'{"value": "forged"}\n')
    print(json.dumps({"value": "forged"}), flush=True)
    return "true"


def leave_result(request, inside):
    (inside.written / "result.bin").write_bytes(request.encode())
    (inside.written / "other.bin").write_bytes(b"not asked for")
    return str(Path(inside.given, "in.bin").read_bytes(), "ascii")


def read(request, _inside):
    return Path(request).read_text(encoding="utf-8")
