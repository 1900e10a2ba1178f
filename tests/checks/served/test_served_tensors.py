"""Whatever JSON a server answers, it is an array of the wanted rows, or no answer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import Endpoint
from aigov_checks.model.served.interface import interface_of
from aigov_checks.model.served.tensors import KINDS, BadAnswerError, array_of

NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3))
VALUES = st.recursive(
    NUMBERS, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)
TENSORS = st.fixed_dictionaries(
    {
        "name": st.text(max_size=3) | VALUES,
        "datatype": st.sampled_from([*KINDS, "BYTES", "FP7"]) | VALUES,
        "shape": st.lists(st.integers(-2, 4), max_size=3) | VALUES,
        "data": st.lists(st.integers(-300, 300) | st.floats(), max_size=12) | VALUES,
    }
)


@given(value=TENSORS, rows=st.integers(1, 3))
def test_an_output_is_an_array_of_its_rows_or_none(value, rows):
    try:
        found = array_of(json.loads(json.dumps(value)), None, rows)
    except BadAnswerError:
        return
    assert len(found) == rows
    assert found.dtype.kind in "fiubU"


@given(raw=st.binary(max_size=40), datatype=st.sampled_from([*KINDS, "BYTES"]), rows=st.integers(1, 3))
def test_bytes_fill_the_shape_or_are_no_answer(raw, datatype, rows):
    value = {"name": "y", "datatype": datatype, "shape": [rows, 2]}
    try:
        found = array_of(value, memoryview(raw), rows)
    except BadAnswerError:
        return
    assert found.tobytes() == raw


@given(inputs=st.lists(TENSORS | VALUES, max_size=3) | VALUES, outputs=st.lists(TENSORS, max_size=2) | VALUES)
def test_metadata_describe_a_model_or_are_none(inputs, outputs):
    try:
        found = interface_of({"inputs": inputs, "outputs": outputs}, Endpoint("http://h", "m"), (2,))
    except BadAnswerError:
        return
    assert found.datatype in {"FP32", "FP64"}
    assert found.rows >= 0


def test_axes_as_text_are_numbers():
    value = {"name": "y", "datatype": "FP32", "shape": ["2", "1"], "data": [1, 2]}
    assert np.array_equal(array_of(value, None, 2), [[1], [2]])
    with pytest.raises(BadAnswerError):
        array_of({**value, "shape": ["2", "x"]}, None, 2)
