"""The HTML report: whole, safe, and the same bytes every time."""

from __future__ import annotations

import dataclasses
import re

import pytest
from assessments import HOSTILE, assessments
from hypothesis import given, settings

from aigov import FrozenMap, Interval, Measurement, Quantity, Table, Verdict, count, msg
from aigov.model import Measured
from aigov_reports import HTML

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "span",
    "b",
    "br",
    "bdi",
    "code",
    "ol",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "rect",
    "line",
    "text",
    "polygon",
    "polyline",
    "circle",
    "path",
    "time",
}
REPORTS = settings.get_profile("reports")


@settings(REPORTS)
@given(assessments)
def test_every_assessment_gives_a_whole_page_that_holds_nothing_foreign(page, assessment):
    for lang in ("en", "zh-CN"):
        found = page(HTML.render(assessment, lang).decode())
        assert not found.unbalanced
        assert set(found.tags) <= ALLOWED
        assert not found.comments
        assert found.tags.count("style") == 1
        assert not [name for name, _ in found.attributes if name.startswith("on") or name in {"src", "style", "srcset"}]
        assert all(str(href).startswith("#") for href in found.values("href"))


@settings(REPORTS)
@given(assessments)
def test_the_same_assessment_gives_the_same_bytes(assessment):
    assert HTML.render(assessment, "zh-CN") == HTML.render(assessment, "zh-CN")


@settings(REPORTS)
@given(assessments)
def test_no_character_that_hides_or_reorders_reaches_the_page(assessment):
    rendered = HTML.render(assessment, "en").decode()
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]", rendered
    )


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_hostile_name_cannot_leave_the_style_sheet_or_the_title(page, sample_assessment, payload):
    subject = dataclasses.replace(sample_assessment.subject, name=payload, version=payload)
    found = page(HTML.render(dataclasses.replace(sample_assessment, subject=subject), "en").decode())
    assert not found.unbalanced
    assert set(found.tags) <= ALLOWED


def test_ids_are_unique_and_every_link_inside_the_page_leads_somewhere(page, sample_assessment):
    found = page(HTML.render(sample_assessment, "en").decode())
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert {str(href)[1:] for href in found.values("href")} <= set(ids)
    named = {id_ for value in found.values("aria-labelledby") for id_ in str(value).split()}
    assert named <= set(ids)


def test_the_policy_forbids_everything_but_the_one_style_sheet(page, sample_assessment):
    found = page(HTML.render(sample_assessment, "en").decode())
    policy = next(str(value) for value in found.values("content") if "default-src" in str(value))
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'", policy
    )


def test_the_report_says_verdict_coverage_score_and_every_finding(page, sample_assessment):
    found = page(HTML.render(sample_assessment, "en").decode())
    assert "✗ Non-conformant" in found.said
    assert "2 of 8 controls failed" in found.said
    assert "6 of 8 applicable controls were assessed." in found.said
    assert "16.7 % (1 of 6)" in found.said
    for finding in sample_assessment.findings:
        assert finding.rule.id in found.said
        assert finding.control.title.en in found.said


def test_the_chinese_report_is_in_chinese_throughout(page, sample_assessment):
    found = page(HTML.render(sample_assessment, "zh-CN").decode())
    assert found.values("lang")[0] == "zh-CN"
    assert "不符合" in found.said
    assert "训练数据保护" in found.said
    assert "report." not in found.said


def test_no_label_is_missing_in_either_language(page, sample_assessment):
    for lang in ("en", "zh-CN"):
        assert not re.findall(r"\breport\.[a-z-]+", page(HTML.render(sample_assessment, lang).decode()).said)


def test_places_are_shown_masked_and_capped(page, sample_assessment):
    found = page(HTML.render(sample_assessment, "en").decode())
    assert "First 10 of 38 occurrences, masked" in found.said
    assert found.said.count("138********") == 10
    assert "aigov check data.pii data/maintenance-log/2025.jsonl" in found.said


def test_a_curve_is_drawn_with_its_band_and_what_is_required(sample_assessment):
    rendered = HTML.render(sample_assessment, "en").decode()
    assert rendered.count('class="band') == 2
    assert 'class="bound"' in rendered
    assert "required 70 %" in rendered
    assert "robust_accuracy[eps=0.005]: 74 %" in rendered


def test_a_long_curve_is_drawn_whole(sample_assessment):
    rendered = HTML.render(sample_assessment, "en").decode()
    points = max(re.findall(r'points="([^"]*)"', rendered), key=len).split()
    assert len(points) == 200
    assert all(re.fullmatch(r"[\d.]+,[\d.]+", point) for point in points)


def test_waivers_show_what_they_do_and_how_long(page, sample_assessment):
    said = page(HTML.render(sample_assessment, "en").decode()).said
    assert "2026-12-31 (days left: 33)" in said
    assert "✗ expired, without effect" in said
    assert "Accepted deviations" in said


def test_what_was_not_assessed_names_the_way_out(page, sample_assessment):
    said = page(HTML.render(sample_assessment, "en").decode()).said
    assert 'pip install "aigov[robustness]"' in said
    assert "The file transparency-record.yaml does not exist." in said


def test_a_signature_that_was_not_verified_is_never_claimed(page, sample_assessment):
    kept = tuple(o for o in sample_assessment.observations if o.check != "model.signature")
    said = page(HTML.render(dataclasses.replace(sample_assessment, observations=kept), "en").decode()).said
    assert "No signature of a model was verified" in said
    assert "signature holds" not in said.replace("The signature holds for 1 of 1 files.", "")


def test_a_broken_signature_is_said_to_be_broken(page, sample_assessment):
    broken = tuple(
        dataclasses.replace(o, outcome=Measured(FrozenMap({"verified": Measurement(0, "boolean")})))
        if o.check == "model.signature"
        else o
        for o in sample_assessment.observations
    )
    said = page(HTML.render(dataclasses.replace(sample_assessment, observations=broken), "en").decode()).said
    assert "signature does not hold" in said


def test_thousands_of_occurrences_and_findings_stay_a_readable_file(sample_assessment):
    pii = sample_assessment.observations[0]
    many = dataclasses.replace(
        pii.outcome,
        occurrences=pii.outcome.occurrences * 2_000,
        measurements=FrozenMap({"occurrences_total": count(1_000_000)}),
    )
    observations = (dataclasses.replace(pii, outcome=many), *sample_assessment.observations[1:])
    rendered = HTML.render(dataclasses.replace(sample_assessment, observations=observations), "en")
    assert len(rendered) < 200_000
    assert b"First 10 of 1,000,000 occurrences, masked" in rendered


def test_an_assessment_of_nothing_says_so(page, sample_assessment):
    empty = dataclasses.replace(sample_assessment, findings=(), observations=(), checks=(), policies=(), waivers=())
    said = page(HTML.render(empty, "en").decode()).said
    assert "? Incomplete" in said
    assert "There is no score, because nothing was assessed." in said


def test_a_huge_string_is_cut_and_says_so(page, sample_assessment):
    subject = dataclasses.replace(sample_assessment.subject, source="y" * 1_000_000)
    rendered = HTML.render(dataclasses.replace(sample_assessment, subject=subject), "en")
    assert len(rendered) < 200_000
    assert b"(+998,000 characters)" in rendered


def test_colour_is_never_the_only_carrier_of_a_verdict(page, sample_assessment):
    said = page(HTML.render(sample_assessment, "en").decode()).said
    for verdict in ("✓ pass", "✗ fail", "? inconclusive", "◔ awaits a person", "– not assessed", "! error"):
        assert verdict in said
    assert {f.verdict for f in sample_assessment.findings} == set(Verdict)


def test_kinds_and_columns_stand_in_tables_and_what_was_not_seen_is_counted(page, sample_assessment):
    numbers = {
        "occurrences": Measurement(3, "count"),
        **{f"occurrences[type={name}]": Measurement(n, "count") for name, n in (("cn.mobile", 3), ("iban", 0))},
        "affected_share[type=cn.mobile]": Measurement(0.25, "ratio", Interval(0.1, 0.4, 0.95), 40),
        "affected_share[type=iban]": Measurement(0.0, "ratio", Interval(0.0, 0.1, 0.95), 40),
        "robust[eps=0.1]": Measurement(0.0, "ratio", Interval(0.0, 0.1, 0.95), 40),
    }
    cell = msg("corpus.cell", value=Quantity(3.0, "count"))
    table = Table(msg("corpus.table"), (msg("corpus.head-column"), msg("corpus.head-records")), ((msg("x"), cell),), 9)
    first = sample_assessment.observations[0]
    outcome = Measured(FrozenMap(numbers), tables=(table,))
    observations = (dataclasses.replace(first, outcome=outcome), *sample_assessment.observations[1:])
    rendered = HTML.render(dataclasses.replace(sample_assessment, observations=observations), "en").decode()
    said = page(rendered).said
    assert "By type type occurrences share of records affected mobile number cn.mobile 3 25 % 10 % – 40 %" in said
    assert "By type: of 1 further kinds nothing was seen" in said
    assert "robust[eps=0.1] 0 % 0 % – 10 %" in said
    assert "Columns by the share of records that they affect column records x 3" in said
    assert "and 8 more" in said
