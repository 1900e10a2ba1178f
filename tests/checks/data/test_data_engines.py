"""The automaton and the `re` fallback have the same result over generated and hostile text, and no check is missed.

`AIGOV_DIFFERENTIAL_LINES=1000000` makes it the nightly form.
"""
# ruff: noqa: S311  # data must be the same every time

import os
import random

import generated_lines
import pytest

from aigov import FrozenMap, Unit
from aigov_checks.data import fallback, vector_checks
from aigov_checks.data.detectors import load
from aigov_checks.data.pii import PiiParams
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.scan import scan_unit
from aigov_checks.data.secrets import SecretsParams

LINES = int(os.environ.get("AIGOV_DIFFERENTIAL_LINES", "50000"))
BATCH = 5000
FAMILIES = {"pii": PiiParams(max_listed=1_000_000), "secrets": SecretsParams(max_listed=1_000_000)}


def result(path, shape, family, engine):
    content = {
        "sha256": "",
        "format": shape,
        "encoding": "utf-8",
        "start": 0,
        "end": path.stat().st_size,
        "reason": "",
    }
    unit = Unit(FrozenMap(content), FrozenMap({"path": str(path), "key": "00" * 32}))
    return scan_unit(family, unit, FAMILIES[family], engine)


def explained(path, left, right):
    """Return the first occurrence that only one engine has, with its line."""
    lines = path.read_bytes().split(b"\n")
    for row in left["occurrences"] + right["occurrences"]:
        if (row in left["occurrences"]) != (row in right["occurrences"]):
            return row, lines[max(0, row["line"] - 2) : row["line"] + 1]
    return {key: (left[key], right[key]) for key in left if left[key] != right[key]}


def without_numpy(monkeypatch, path, shape, family):
    """Return the result of `re` where every line is looked at for names."""
    with monkeypatch.context() as patched:
        patched.setattr(fallback, "_numpy", lambda: False)
        return result(path, shape, family, "re")


@pytest.mark.parametrize("shape", generated_lines.SHAPES)
def test_both_engines_have_the_same_result(tmp_path, monkeypatch, shape):
    path = tmp_path / "lines"
    number = LINES // len(generated_lines.SHAPES)
    seen = 0
    for batch in range(-(-number // BATCH)):
        rng = random.Random(f"{shape}{batch}")
        path.write_bytes(generated_lines.SHAPES[shape](rng, generated_lines.lines(rng, min(BATCH, number))))
        for family in FAMILIES:
            automaton = result(path, shape, family, "vectorscan")
            for other in (result(path, shape, family, "re"), without_numpy(monkeypatch, path, shape, family)):
                assert automaton == other, (batch, family, explained(path, automaton, other))
            seen += len(automaton["occurrences"])
    assert seen > number // 10


@pytest.mark.parametrize(
    "detector", load("pii", DEFAULT), ids=lambda detector: f"{detector.type}-{detector.precedence}"
)
def test_a_check_over_many_candidates_stops_none_that_a_single_one_accepts(detector):
    import numpy as np

    check = vector_checks.check_of(detector)
    if check is None:
        return
    rng = random.Random(detector.type)
    text = "\n".join(_numbers(rng) for _ in range(20_000)).encode()
    view = np.frombuffer(text, np.uint8)
    ends = [
        end
        for found in detector.exact.finditer(text)
        if detector.holds(found[0])
        for end in range(found.end(), min(found.end() + 3, len(text)))
        if b"\n" not in text[found.end() : end]
    ]
    assert not ends or check(view, np.array(ends)).all()


def _numbers(rng):
    kinds = ("cn.resident-id", "bank-card", "cn.uscc", "vin", "tw.id")
    value = generated_lines.corpus.MAKERS[rng.choice(kinds)][0](rng)
    if rng.random() < 0.2:
        value = "".join(rng.choice("0123456789") for _ in range(8)) + "-" + rng.choice("0123456789X")
    return (
        rng.choice(("", "a ", "卡", "1 ", "-", "x.")) + value + rng.choice(("", " b", "。", ".A", ".", "-", "- ", "-x"))
    )
