"""Many lines looked at together hold what each of them holds alone."""

import random

import generated_lines
import pytest

from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY, Recogniser


@pytest.mark.parametrize("family", ["pii", "secrets"])
def test_lines_looked_at_together_hold_what_each_holds_alone(family):
    detectors = load(family, DEFAULT if family == "pii" else ())
    recogniser = Recogniser(detectors)
    rng = random.Random(family)  # noqa: S311  # data must be the same every time
    text = "\n".join(generated_lines.lines(rng, 4000)).encode("utf-8", "surrogateescape")
    masks = gate.make(detectors, "text", "re").lines(text)
    lines = [(text[start:end], mask) for start, end, mask in masks]
    lines += [(value, EVERY) for value, _ in lines[:50]]
    alone = [recogniser.find(value, "", mask) for value, mask in lines]
    assert sum(map(len, alone)) > 50
    assert recogniser.find_each(lines) == alone
    assert recogniser.find_each([]) == []
