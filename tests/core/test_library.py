"""aigov as a library, with live objects from a pipeline."""

from __future__ import annotations

import pytest

import aigov
from aigov import Conclusion, NonConformant, UsageError, Verdict

POLICY = """apiVersion: aigov/v1
kind: Policy
metadata: {id: gate, edition: "1", title: {en: Gate, zh: 门禁}, status: in-force}
parameters:
  least: {type: ratio, default: 0.2, stricter: higher, why: {en: our own, zh: 自定}}
controls:
  - id: data
    title: {en: No personal data, zh: 无个人信息}
    citation: {ref: our own, verified: primary, checked: 2026-11-23}
    severity: high
    rules: [{id: none, check: data.pii, parameters: {presidio: []}, require: [{measurement: records_affected, max: 0}]}]
  - id: model
    title: {en: Robust, zh: 鲁棒}
    citation: {ref: our own, verified: primary, checked: 2026-11-23}
    severity: high
    rules:
      - {id: robust, check: model.robustness, parameters: {eps: 0.05, curve: [1]}, require: [{measurement: robust_accuracy, min: $least}]}
"""


@pytest.fixture(scope="module")
def pipeline():
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    x, y = load_breast_cancer(return_X_y=True)
    x = MinMaxScaler().fit_transform(x)
    return make_pipeline(LogisticRegression()).fit(x[:400], y[:400]), (x[400:], y[400:])


@pytest.fixture
def gate(tmp_path):
    path = tmp_path / "gate.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return str(path)


def subject(pipeline, **train):
    model, test = pipeline
    return aigov.Subject.from_objects(name="soft-sensor", model=model, train=train or {"note": ["ok"]}, test=test)


def test_live_objects_are_audited_in_this_process(pipeline, gate, tmp_path):
    assessment = aigov.audit(subject(pipeline), policies=[gate])
    assert assessment.conclusion is Conclusion.CONFORMANT, [f.sentence() for f in assessment.findings]
    assessment.raise_if_failed()
    written = assessment.write(tmp_path / "out", formats=["html", "sarif"])
    assert [path.name for path in written] == ["report.html", "results.sarif"]


def test_a_failed_audit_raises_with_its_findings(pipeline, gate):
    report = aigov.audit(subject(pipeline, note=["call 13800138000"], other=["x"]), policies=[gate])
    assert report.conclusion is Conclusion.NON_CONFORMANT
    assert [finding.control.id for finding in report.failed] == ["data"]
    assert report.failed[0].sentence("zh-CN").startswith("170 条记录中有 1 条")
    with pytest.raises(NonConformant, match="hold personal data"):
        report.raise_if_failed()


def test_a_parameter_can_be_tightened_and_never_loosened(pipeline, gate):
    tight = aigov.audit(subject(pipeline), policies=[gate], options=aigov.Options(parameters={"least": 0.999}))
    assert [finding.verdict for finding in tight.findings] == [Verdict.PASS, Verdict.FAIL]
    with pytest.raises(aigov.PolicyError):
        aigov.audit(subject(pipeline), policies=[gate], options=aigov.Options(parameters={"least": 0.1}))


def test_what_is_not_given_is_not_assessed(gate):
    assessment = aigov.audit(aigov.Subject.from_objects(name="empty", train={"note": ["ok"]}), policies=[gate])
    assert [finding.verdict for finding in assessment.findings] == [Verdict.PASS, Verdict.NOT_ASSESSED]
    assert assessment.conclusion is Conclusion.INCOMPLETE
    with pytest.raises(NonConformant):
        assessment.raise_if_failed()


def test_an_unknown_keyword_or_policy_is_a_usage_error():
    with pytest.raises(UsageError, match="modle"):
        aigov.Subject.from_objects(name="x", modle=1)
    with pytest.raises(UsageError, match="basline"):
        aigov.audit(aigov.Subject.from_objects(name="x", train={"a": ["b"]}), policies=["basline"])


def test_a_bound_on_an_error_that_classifiers_do_not_have_is_not_assessed_and_the_report_says_what_to_do(
    pipeline, tmp_path
):
    path = tmp_path / "gate.yaml"
    bound = "{measurement: robust_accuracy, min: $least}"
    path.write_text(POLICY.replace(bound, "{measurement: worst_error, max: 1}"), encoding="utf-8")
    assessment = aigov.audit(subject(pipeline), policies=[str(path)])
    assert [finding.verdict for finding in assessment.findings] == [Verdict.PASS, Verdict.NOT_ASSESSED]
    assert "model.robustness did not measure largest error" in assessment.findings[1].sentence("en")
    assert "未测得" in assessment.findings[1].sentence("zh-CN")
    assert assessment.conclusion is Conclusion.INCOMPLETE
    assessment.write(tmp_path / "out", formats=["html"])
    assert "Bound what this system has" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
