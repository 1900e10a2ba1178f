"""One sample before and after a change, as the HTML report draws it."""

from __future__ import annotations

import dataclasses
import re

import pytest

from aigov import Bar, Example, Figure, FrozenMap, Interval, Measured, Measurement, Raster, Shade, Trace, msg, ratio
from aigov_reports.html import HTML


def shown(assessment, measured, lang="en") -> str:
    """Return the report of an assessment whose one measurement is replaced."""
    first, *rest = assessment.observations
    seen = (dataclasses.replace(first, check="model.robustness", outcome=measured), *rest)
    return HTML.render(dataclasses.replace(assessment, observations=seen), lang).decode()


def with_example(**parts) -> Measured:
    example = Example(msg("robustness.figure.title"), (msg("robustness.example.no-accuracy"),), **parts)
    return Measured({"clean_accuracy": ratio(1, 2)}, examples=(example,))


def raster(shade, cells, width=2, height=2) -> Raster:
    return Raster(msg("robustness.figure.before"), width, height, shade, cells)


def test_an_image_is_drawn_cell_by_cell_without_an_image_file(page, sample_assessment):
    measured = with_example(rasters=(raster(Shade.GREY, "0000ffff"), raster(Shade.SIGNED, "80ff0180")))
    document = shown(sample_assessment, measured)
    drawn = re.findall(r'<svg class="cells".*?</svg>', document)
    assert len(drawn) == 2
    assert '<path color="#000000" d="M0 0h2v1h-2z"/>' in drawn[0]
    assert '<path color="#ffffff" d="M0 1h2v1h-2z"/>' in drawn[0]
    assert '<path color="#ffffff" d="M0 0h1v1h-1zM1 1h1v1h-1z"/>' in drawn[1]
    assert '<path color="#b2182b" d="M1 0h1v1h-1z"/>' in drawn[1]
    assert '<path color="#2166ac" d="M0 1h1v1h-1z"/>' in drawn[1]
    found = page(document)
    assert not found.unbalanced
    assert not {"img", "image", "canvas", "script"} & set(found.tags)


def test_a_colour_image_keeps_its_colours(sample_assessment):
    document = shown(sample_assessment, with_example(rasters=(raster(Shade.RGB, "ff0000" * 2 + "0000ff" * 2),)))
    assert '<path color="#ff0000" d="M0 0h2v1h-2z"/>' in document
    assert '<path color="#0000ff" d="M0 1h2v1h-2z"/>' in document


@pytest.mark.parametrize(
    "broken",
    [
        raster(Shade.GREY, "00"),
        raster(Shade.GREY, "zz" * 4),
        raster(Shade.GREY, "", 0, 0),
        raster(Shade.GREY, "00" * 40_000, 200, 200),
        raster(Shade.RGB, "00" * 4),
    ],
    ids=["too short", "no hexadecimal", "empty", "too large", "of another shade"],
)
def test_an_image_that_is_none_is_left_out(page, sample_assessment, broken):
    document = shown(sample_assessment, with_example(rasters=(broken,)))
    assert 'class="cells"' not in document
    assert not page(document).unbalanced
    assert "No accuracy class is declared" in page(document).said


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("en", "+0.5 bar: 2 → 2.5 bar, allowed ±1 bar"), ("zh-CN", "+0.5 bar：2 → 2.5 bar，允许 ±1 bar")],
)
def test_a_bar_says_the_change_in_its_unit_and_is_as_long_as_the_share_of_what_was_allowed(
    page, sample_assessment, lang, expected
):
    bars = (
        Bar(msg("robustness.figure.feature", name="pressure"), 2.0, 2.5, 1.0, "bar"),
        Bar(msg("robustness.figure.feature", name="heat"), 300.0, 297.0, 3.0, "K"),
        Bar(msg("robustness.figure.feature", name="broken"), float("nan"), 1.0, 1.0, ""),
        Bar(msg("robustness.figure.feature", name="free"), 0.0, 1.0, 0.0, ""),
    )
    document = shown(sample_assessment, with_example(bars=bars), lang)
    assert expected in page(document).said
    places = re.findall(r'<rect class="moved (\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)"', document)
    assert places == [("up", "262", "46.0"), ("down", "170.0", "92.0"), ("up", "262", "0.0")]
    assert "broken" not in page(document).said


def test_a_waveform_of_an_example_is_a_chart(sample_assessment):
    trace = Trace(msg("robustness.figure.before"), (0.0, 1.0, 2.0), (0.0, 0.5, 0.0))
    figure = Figure(
        msg("robustness.figure.both"),
        msg("robustness.figure.both-caption"),
        msg("robustness.figure.time"),
        msg("robustness.figure.value", unit="g"),
        (trace,),
    )
    document = shown(sample_assessment, with_example(figures=(figure,)))
    assert "time (ms)" in document
    assert "value (g)" in document
    assert "改动前" in shown(sample_assessment, with_example(figures=(figure,)), "zh-CN")


def curve(certified) -> Measured:
    values = {f"robust_accuracy[eps={eps}]": ratio(count, 300) for eps, count in ((0, 290), (0.02, 100), (0.04, 3))}
    values |= {f"certified_accuracy[eps={eps}]": value for eps, value in certified.items()}
    return Measured(values, facts=FrozenMap({"unit": "g"}))


def test_a_share_of_which_nothing_is_known_is_said_and_not_drawn(page, sample_assessment):
    nothing = Measurement(0.0, "ratio", Interval(0.0, 1.0), limits=msg("robustness.proofs.off"))
    document = shown(sample_assessment, curve({0: ratio(290, 300), 0.02: nothing, 0.04: nothing}))
    assert "Not drawn, because nothing is known of it at these sizes: certified accuracy." in page(document).said
    assert "size of the change, eps (g)" in document
    drawn = next(part for part in re.findall(r"<figure>.*?</figure>", document, re.DOTALL) if "eps" in part)
    assert len(re.findall("<polyline", drawn)) == 1


def test_a_share_that_was_proved_is_drawn(sample_assessment):
    document = shown(sample_assessment, curve({0: ratio(290, 300), 0.02: ratio(90, 300), 0.04: ratio(0, 300)}))
    drawn = next(part for part in re.findall(r"<figure>.*?</figure>", document, re.DOTALL) if "eps" in part)
    assert len(re.findall("<polyline", drawn)) == 2
    assert "Not drawn" not in document
    labels = [float(y) for y in re.findall(r'<text class="lab [^"]*" x="501" y="([\d.]+)"', drawn)]
    assert max(labels) <= 210  # beside the chart, not on its axis
    assert len({round(y) for y in labels}) == len(labels)
