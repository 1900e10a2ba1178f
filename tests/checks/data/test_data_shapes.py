"""Gates are made smaller for the automaton; they pass wherever the written ones do."""

import random
import re

import generated_lines
import pytest

from aigov_checks.data import shapes
from aigov_checks.data.detectors import load

GATES = {detector.automaton for family in ("pii", "secrets") for detector in load(family)}


@pytest.mark.parametrize(
    ("gate", "smaller"),
    [
        (rb"cue[^\n]{0,40}[0-9]{4}", rb"cue[^\n]*[0-9]{4}"),
        (rb"cue[^\n]{1,160}/", rb"cue[^\n]+/"),
        (rb"cue[^\n]{0,8}[0-9]{4}", rb"cue[^\n]{0,8}[0-9]{4}"),
        (rb"cue[^0-9\n]{0,40}[0-9]{4}", rb"cue[^0-9\n]{0,40}[0-9]{4}"),
    ],
)
def test_a_long_distance_is_not_counted(gate, smaller):
    assert shapes.uncounted(gate) == smaller


def test_a_run_behind_a_word_is_reported_once():
    once = shapes.once_a_run(rb"(?:cue[^\n]{0,40}[0-9]{4})")
    line = b"cue: 12345678 and 999999"
    assert len(re.findall(once, line)) == 1
    for text in (b"cue1234", b"cue 1234", b"cue: a 12 1234x", b"cue 123", b"1234"):
        assert bool(re.search(once, text)) == bool(re.search(rb"cue[^\n]{0,40}[0-9]{4}", text))


def test_what_a_gate_lets_through_its_smaller_form_does():
    rng = random.Random(5)  # noqa: S311  # the same lines every time
    lines = [line.encode("utf-8", "surrogateescape") for line in generated_lines.lines(rng, 300)]
    smaller = {gate: shapes.uncounted(shapes.once_a_run(gate)) for gate in sorted(GATES)}
    changed = [(re.compile(gate), re.compile(small)) for gate, small in smaller.items() if gate != small]
    passed = [(small, line) for gate, small in changed for line in lines if gate.search(line)]
    assert len(passed) > 50
    assert all(small.search(line) for small, line in passed)
