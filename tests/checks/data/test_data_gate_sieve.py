"""What the sieves of the fallback leave out is nothing: every place at which a gate matches is among theirs."""

import random
import re

import generated_lines
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.gate_sieve import first_bytes, openings
from aigov_checks.data.positions import ANY, options, positions

GATED = [(family, part) for family in ("pii", "secrets") for part in (gate.make(load(family), "text", "re").every,)] + [
    ("names", gate.make(load("pii"), "text", "re").names)
]
GATES = [gate for _, gated in GATED for gate in gated.bounded + gated.free]
BESIDE = st.sampled_from([b"", b" ", b"a", b"3", "，".encode(), "的".encode(), b"\xc3", b"\xe7\x8e", b"\n", b"-"])
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)


def candidates(sieve, text):
    return {(at, gate) for at, gates in sieve.candidates(text) for gate in gates}


@pytest.mark.parametrize("one", GATES, ids=lambda one: repr(one[1].pattern[:60]))
def test_every_match_of_a_gate_is_at_a_candidate(one):
    sieve = first_bytes(GATES)

    @SETTINGS
    @given(st.from_regex(one[1]), BESIDE, BESIDE)
    def holds(found, before, after):
        text = before + found + after
        matched = {(at, one) for at in range(len(text)) if one[1].match(text, at)}
        assert matched <= candidates(sieve, text)

    holds()


@pytest.mark.parametrize(("family", "gated"), GATED, ids=[family for family, _ in GATED])
def test_over_generated_lines_the_sieves_miss_no_gate_and_no_opening(family, gated):
    rng = random.Random(family)  # noqa: S311  # data must be the same every time
    text = "\n".join(generated_lines.lines(rng, 5000)).encode("utf-8", "surrogateescape")
    first, words = gated.sieves
    seen = candidates(first, text)
    matched = {(found.start(), one) for one in gated.bounded + gated.free for found in one[1].finditer(text)}
    assert matched
    assert matched <= seen
    lower = text.lower()
    at = words.places(lower).tolist()
    assert {found.start() for found in re.finditer(b"(?=" + gated.words.pattern + b")", lower)} <= set(at)
    assert len(at) < len(text) // 10


@SETTINGS
@given(
    st.lists(st.binary(min_size=2, max_size=12).map(bytes.lower), min_size=1, max_size=40),
    st.lists(st.integers(0, 39) | st.binary(max_size=3)),
)
def test_every_opening_is_found_wherever_it_stands(words, parts):
    text = b"".join(part if isinstance(part, bytes) else words[part % len(words)] for part in parts).lower()
    at = openings(words).places(text).tolist()
    assert at == sorted(at)
    for word in words:
        assert {place for place in range(len(text)) if text.startswith(word, place)} <= set(at)


def test_positions_tell_which_bytes_may_stand_where():
    assert positions(rb"(?<![0-9])a[bc]?(?:d{2}|[^\x00-\xfd])", 5) == [
        frozenset(b"a"),
        frozenset(b"bcd") | {0xFE, 0xFF},
        ANY,
        ANY,
        ANY,
    ]
    assert positions(rb"(?i:k)\.$", 2) == [frozenset(b"kK"), frozenset(b".")]
    assert options(rb"(?:ab|(?i:c)d)", 2) == [
        [frozenset(b"a"), frozenset(b"b")],
        [frozenset(b"cC"), frozenset(b"d")],
    ]


def test_text_without_a_byte_has_no_candidate():
    for _, gated in GATED:
        first, words = gated.sieves
        assert candidates(first, b"") == set()
        assert words.places(b"").tolist() == []
