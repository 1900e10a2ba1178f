"""JSON: everything that is in an assessment, and back."""

from __future__ import annotations

import json

import pytest
from assessments import assessments
from hypothesis import given, settings

from aigov.codec import load_assessment
from aigov_reports import JSON
from aigov_reports.json_report import to_json

REPORTS = settings.get_profile("reports")


def test_the_sample_comes_back_equal(sample_assessment):
    assert load_assessment(json.loads(JSON.render(sample_assessment, "en"))) == sample_assessment


@settings(REPORTS)
@given(assessments)
def test_every_assessment_comes_back_and_gives_the_same_bytes_again(assessment):
    rendered = JSON.render(assessment, "en")
    again = load_assessment(json.loads(rendered))
    assert JSON.render(again, "zh-CN") == rendered


def test_json_is_readable_and_hides_nothing():
    rendered = to_json({"名称": "\u202eevil\x1b \ud800 \U000e0001\u2028"})
    assert rendered.decode() == '{\n  "名称": "\\u202eevil\\u001b \\ud800 \\udb40\\udc01\\u2028"\n}\n'


def test_a_number_without_notation_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"value": float("nan")})
