"""An assessment survives being written and read, whatever stands in it."""

from __future__ import annotations

import json

import pytest
from assessments import assessments
from hypothesis import given

from aigov.codec import canonical, dump_assessment, load_assessment
from aigov.errors import InputError


@given(assessments)
def test_load_of_dump_is_the_same_assessment(assessment):
    written = canonical(dump_assessment(assessment))
    read = load_assessment(json.loads(written.decode("utf-8", "surrogatepass")))
    assert canonical(dump_assessment(read)) == written
    assert read == assessment or b'"NaN"' in written, "NaN equals nothing, not even itself"


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"schema": "aigov/assessment/v0"},
        {"schema": "aigov/assessment/v1"},
        {"schema": "aigov/assessment/v1", "findings": 3},
    ],
)
def test_what_is_no_assessment_is_refused_with_a_reason(data):
    with pytest.raises(InputError, match=r"x\.json"):
        load_assessment(data, "x.json")
