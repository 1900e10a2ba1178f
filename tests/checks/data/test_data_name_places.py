"""Where characters say that no name can be, no pattern for names matches; made of the patterns themselves."""

import random

import generated_lines
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov_checks.data.detectors import load, vocabulary
from aigov_checks.data.name_places import lines_with_places

NAMED = [detector for detector in load("pii") if detector.shared]
BESIDE = st.sampled_from([b"", b" ", b"a", b"3", "，".encode(), "的".encode(), b"\xc3", b"\xe7\x8e", b"\t", b"\r"])


def places(text):
    return lines_with_places(text, vocabulary()).tolist()


@pytest.mark.parametrize("detector", NAMED, ids=lambda detector: str(detector.precedence))
def test_every_match_of_a_pattern_for_names_is_at_a_place(detector):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(st.from_regex(detector.exact), BESIDE, BESIDE)
    def holds(text, before, after):
        for line in (before + text + after).split(b"\n"):
            if detector.exact.search(line):
                assert places(b"INFO\n" + line + b"\nnothing") == [1], line

    holds()


def test_lines_without_a_place_hold_no_name():
    rng = random.Random(23)  # noqa: S311  # data must be the same every time
    lines = "\n".join(generated_lines.lines(rng, 20_000)).encode("utf-8", "surrogateescape").split(b"\n")
    left_out = np.setdiff1d(np.arange(len(lines)), places(b"\n".join(lines)))
    assert len(left_out) > len(lines) // 4
    for line in left_out.tolist():
        assert not [d for d in NAMED if d.search(lines[line], lines[line].lower(), 0)], lines[line]
