"""Intervals, quantities, redaction, conditions and parameters: the small functions that everything stands on."""

from __future__ import annotations

import math
import pickle  # noqa: TID251  # our own bytes
from dataclasses import dataclass

import pytest
from builders import make_check
from hypothesis import given
from hypothesis import strategies as st

from aigov import FrozenMap, Quantity, Text, clopper_pearson, msg, ratio, say
from aigov.conditions import Truth, evaluate
from aigov.errors import UsageError
from aigov.i18n.quantity import write_quantity
from aigov.intervals import samples_to_settle
from aigov.model import Condition
from aigov.parameters import make_parameters
from aigov.redact import Mask, hide, keyed_digest, mask


@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95, 0.99])
)
def test_the_binomial_interval_is_that_of_scipy(case, confidence):
    from scipy.stats import beta

    successes, n = case
    low, high = clopper_pearson(successes, n, confidence)
    tail = (1 - confidence) / 2
    assert low == pytest.approx(0.0 if successes == 0 else beta.ppf(tail, successes, n - successes + 1), abs=1e-9)
    assert high == pytest.approx(1.0 if successes == n else beta.ppf(1 - tail, successes + 1, n - successes), abs=1e-9)


def test_a_share_of_nothing_is_no_number():
    assert math.isnan(ratio(0, 0).value)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5)])
def test_an_impossible_share_is_refused(successes, n):
    with pytest.raises(ValueError, match="within"):
        ratio(successes, n)


@given(st.integers(1, 99), st.integers(1, 99))
def test_as_many_samples_as_are_said_to_settle_a_bound_do(share, bound):
    n = samples_to_settle(share / 100, bound / 100)
    if share == bound:
        assert n is None
        return
    low, high = clopper_pearson(share / 100 * n, n, 0.95)
    assert bound / 100 < low or bound / 100 > high


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.74, "ratio", "74 %"), (0.967, "ratio", "96.7 %"), (0.00032, "ratio", "0.032 %"), (1.0, "ratio", "100 %"),
        (0.99999, "ratio", "99.999 %"), (0.9996, "ratio", "99.96 %"), (120000, "count", "120,000"), (1.2e9, "bytes", "1.2 GB"),
        (1, "boolean", "yes"), (math.nan, "ratio", "not a number"), (math.inf, "count", "∞"), (0.04, "number", "0.04"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(value, unit, words):
    assert write_quantity(value, unit) == words


def test_a_share_below_one_is_never_written_as_all():
    for value in (0.9996, 0.99996, 0.999996, 0.9999999):
        assert write_quantity(value, "ratio") != "100 %", value


@given(st.text(max_size=40))
def test_a_mask_shows_at_most_a_third_and_keeps_the_length(value):
    masked = mask(value, Mask(6, 4))
    assert len(masked) == len(value)
    shown = sum(a == b != "*" for a, b in zip(masked, value, strict=True))
    assert shown <= len(value) // 3


def test_a_hidden_secret_tells_not_even_its_length():
    assert hide("a") == hide("a" * 99) == "********"


def test_the_keyed_digest_matches_compatible_forms_and_depends_on_the_key():
    assert keyed_digest("１３８", b"k") == keyed_digest("138", b"k") != keyed_digest("138", b"other")


@given(st.dictionaries(st.text(max_size=3), st.integers()))
def test_a_frozen_map_is_a_value(items):
    frozen = FrozenMap(items)
    assert pickle.loads(pickle.dumps(frozen)) == frozen == items  # noqa: S301  # our own bytes
    assert hash(frozen) == hash(FrozenMap(dict(reversed(items.items()))))


def test_an_argument_is_never_a_template():
    assert say(msg("artifact.not-found", path="{path}{x}")) == "There is no file at {path}{x}."


def test_a_message_without_words_shows_itself():
    assert say(msg("no.such-id", n=Quantity(0.5, "ratio"), t=Text("a", "b"))) == "no.such-id n=50 % t=a"


FACTS = FrozenMap({"markets": ("CN", "EU"), "sector": "machinery", "generative": False, "level": 1})


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (Condition("contains", fact="context.markets", value="CN"), Truth.TRUE),
        (Condition("contains", fact="markets", value="US"), Truth.FALSE),
        (Condition("in", fact="sector", value=("machinery", "energy")), Truth.TRUE),
        (Condition("equals", fact="generative", value=False), Truth.TRUE),
        (Condition("equals", fact="level", value=True), Truth.FALSE),
        (Condition("equals", fact="missing", value=1), Truth.UNKNOWN),
        (Condition("exists", fact="missing", value=False), Truth.TRUE),
        (Condition("not", (Condition("equals", fact="missing", value=1),)), Truth.UNKNOWN),
        (
            Condition(
                "all", (Condition("equals", fact="missing", value=1), Condition("equals", fact="level", value=2))
            ),
            Truth.FALSE,
        ),
        (
            Condition(
                "any", (Condition("equals", fact="missing", value=1), Condition("equals", fact="level", value=1))
            ),
            Truth.TRUE,
        ),
        (None, Truth.TRUE),
    ],
)
def test_conditions_have_three_values(condition, truth):
    assert evaluate(condition, FACTS).truth is truth


@dataclass(frozen=True, slots=True)
class Params:
    """Of every type."""

    size: int = 1
    eps: float = 0.1
    on: bool = False
    name: str = ""
    types: tuple[str, ...] = ()
    curve: tuple[float, ...] = ()
    key: str | None = None


CHECK = make_check(lambda s, p: None, Params)


def test_text_becomes_the_type_of_the_parameter():
    values = {"size": "3", "eps": "0.5", "on": "true", "types": "a, b", "curve": "0.5,1", "key": ""}
    assert make_parameters(CHECK, values) == Params(3, 0.5, True, "", ("a", "b"), (0.5, 1.0), None)


@pytest.mark.parametrize(
    "values",
    [
        {"size": "1.5"},
        {"size": True},
        {"eps": "nan"},
        {"eps": "x"},
        {"on": "maybe"},
        {"types": 3},
        {"curve": "a"},
        {"nme": "x"},
    ],
)
def test_a_value_of_another_type_is_refused_by_name(values):
    with pytest.raises(UsageError, match=next(iter(values))):
        make_parameters(CHECK, values)
