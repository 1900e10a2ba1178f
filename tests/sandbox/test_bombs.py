"""Bombs, loops and nonsense: each ends the process in time, as a named reason and never as a result."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
MIB = 1 << 20

STOPPED = {
    "memory_bomb": "sandbox.memory",
    "slow_memory_bomb": "sandbox.memory",
    "endless_loop": "sandbox.late",
    "sleep_forever": "sandbox.late",
    "hold_the_lock": "sandbox.late",
    "slow_call": "sandbox.overdue",
    "crash": "sandbox.killed",
    "abort": "sandbox.killed",
    "leave": "sandbox.no-result",
    "huge_value": "sandbox.too-much",
    "many_files": "sandbox.too-much",
    "fill_the_disk": "sandbox.too-much",
    "flood": "sandbox.too-much",
    "not_json": "sandbox.nonsense",
    "not_a_number": "sandbox.nonsense",
    "key_twice": "sandbox.nonsense",
    "a_list": "sandbox.nonsense",
    "too_deep": "sandbox.nonsense",
    "two_values": "sandbox.no-result",
    "other_layers": "sandbox.no-result",
    "half_a_line": "sandbox.no-result",
    "nothing": "sandbox.no-result",
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_bomb_ends_as_a_named_reason(place, name):
    limits = {"seconds": 2 if STOPPED[name] == "sandbox.late" else 30, "memory": 512 * MIB, "result": 8 * MIB}
    assert place.run(f"bombs:{name}", limits=limits) == {"stopped": STOPPED[name]}
    assert list(place.temporary.iterdir()) == []


def test_a_file_larger_than_allowed_cannot_be_written(place):
    ended = place.run("bombs:huge_file", limits={"written": 4 * MIB})
    assert ended.get("error", "").startswith("OSError") or ended == {"stopped": "sandbox.too-much"}


def test_no_process_can_be_forked(place):
    assert place.run("bombs:fork_bomb")["value"] == 0


def test_a_bomb_of_threads_finds_an_end(place):
    assert place.run("bombs:thread_bomb", limits={"memory": 1024 * MIB})["value"] < 2_000


def test_what_libraries_print_is_no_result(place):
    assert place.run("bombs:stdout_noise")["value"] == "true"
