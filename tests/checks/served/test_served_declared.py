"""A served model is declared in aigov.yaml or by its URL, asked only where that is allowed, and has no file."""

from __future__ import annotations

import numpy as np
import pytest
from inference import Served, running

import aigov
from aigov import Endpoint, InputError, Options, Role, Subject, UsageError, Verdict
from aigov.load.objects import Named, subject_from_paths
from aigov.load.subject import load_subject

RNG = np.random.default_rng(7)
Y = np.arange(60) % 2
X = np.clip(0.5 + (Y[:, None] - 0.5) * 0.4 + RNG.normal(0, 0.05, (60, 4)), 0, 1).astype(np.float32)


def scores(x):
    lead = x.sum(axis=1) - np.float32(2)
    return np.stack([-lead, lead], axis=1)


@pytest.fixture
def project(tmp_path):
    """Return a function that writes a project with a served model, and returns its folder."""

    def write(serve, more=""):
        np.savez(tmp_path / "eval.npz", x=X, y=Y)
        (tmp_path / "aigov.yaml").write_text(
            f"apiVersion: aigov/v1\nkind: Subject\nmetadata: {{name: plant, version: 1.0.0}}\n"
            f"models:\n  - serve: {serve}\n    classes: [low, high]\n{more}"
            "datasets: [{name: eval, role: test, path: eval.npz}]\n",
            "utf-8",
        )
        return tmp_path

    return write


POLICY = """\
apiVersion: aigov/v1
kind: Policy
metadata: {id: served, edition: "1", title: {en: Served models, zh: 服务化模型}, status: draft}
controls:
  - id: one
    title: {en: One, zh: 一}
    citation: {ref: a test, verified: primary, checked: 2026-11-23}
    severity: high
    rules:
"""
RULES = {
    "weak": ("model.robustness", "{eps: 0.05, queries: 20, curve: []}", "{measurement: robust_accuracy, min: 0.2}"),
    "strong": ("model.robustness", "{eps: 0.4, queries: 20, curve: []}", "{measurement: robust_accuracy, min: 0.9}"),
    "signature": ("model.signature", "{}", "{measurement: models_unsigned, max: 0}"),
    "serialization": ("model.serialization", "{}", "{measurement: files_unsafe, max: 0}"),
    "weights": ("model.weights", "{}", "{measurement: nonfinite_weights, max: 0}"),
    "memorised": ("model.memorised-data", "{}", "{measurement: rows_memorised, max: 0}"),
}


@pytest.fixture
def policy(tmp_path):
    """Return the path of a policy that asks everything of a model."""
    rules = "".join(
        f"      - {{id: {name}, check: {check}, parameters: {params}, require: [{bound}]}}\n"
        for name, (check, params, bound) in RULES.items()
    )
    (tmp_path / "policy.yaml").write_text(POLICY + rules, "utf-8")
    return str(tmp_path / "policy.yaml")


def by_rule(assessment):
    return {finding.rule.id: finding for finding in assessment.findings}


@pytest.mark.loopback
def test_an_audit_measures_what_answers_show_and_nothing_else(project, policy):
    with running(Served(scores)) as url:
        folder = project(f"{{url: '{url}', model: plant, batch: 32}}")
        assessment = aigov.audit(folder, policies=[policy], options=Options(network=True))
    findings = by_rule(assessment)
    assert findings["weak"].verdict is Verdict.INCONCLUSIVE  # attacks from outside show weakness, never strength
    assert findings["strong"].verdict is Verdict.FAIL
    robust = assessment.observations[0].outcome
    assert robust.facts["served.endpoint"] == f"{url}/v2/models/plant"
    assert robust.measurements["clean_accuracy"].value == 1
    for name in ("signature", "serialization", "weights", "memorised"):
        assert findings[name].verdict is Verdict.NOT_ASSESSED, name
        for lang in ("en", "zh-CN"):
            assert f"{url}/v2/models/plant" in findings[name].sentence(lang), name
    (summary,) = [artifact for artifact in assessment.subject.artifacts if artifact.role == "model"]
    assert (summary.name, summary.files) == ("plant", ())


def test_without_leave_nothing_is_asked_and_that_is_the_reason(project, policy):
    folder = project("{url: 'http://127.0.0.1:9', model: plant}")  # sockets are blocked in this test
    findings = by_rule(aigov.audit(folder, policies=[policy]))
    for name in RULES:
        assert findings[name].verdict is Verdict.NOT_ASSESSED, name
        for lang in ("en", "zh-CN"):
            assert "--allow-network" in findings[name].sentence(lang), name
    assert load_subject(folder / "aigov.yaml").models[0].serve is None


@pytest.mark.loopback
def test_a_model_is_named_by_its_url_on_a_command_line(tmp_path):
    np.savez(tmp_path / "eval.npz", x=X, y=Y)
    from aigov_checks.model.robustness import robustness
    from aigov_checks.model.robustness.params import RobustnessParams

    with running(Served(scores)) as url:
        for address in (f"{url}/v2/models/plant", f"{url}/v2/models/plant/versions/3"):
            named = Named(models=(address,), datasets=(str(tmp_path / "eval.npz"),))
            subject = subject_from_paths(named, (Role.MODEL, Role.DATASET))
            found = robustness.function(subject, RobustnessParams(queries=5, curve=()))
            assert found.facts["served.endpoint"] == address
            assert found.measurements["clean_accuracy"].value == 1


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        ("{url: 'ftp://host', model: m}", "serve.bad-url"),
        ("{url: 'http://', model: m}", "serve.bad-url"),
        ("{url: 'host:8080', model: m}", "serve.bad-url"),
        ("{url: 'http://host:99999', model: m}", "serve.bad-url"),
        ("{url: 'http://host/?a=b', model: m}", "serve.bad-url"),
        ("{url: 'http://host#x', model: m}", "serve.bad-url"),
        ("{url: 'http://ho st', model: m}", "serve.bad-url"),
        ('{url: "http://host/\\r\\nX: y", model: m}', "serve.bad-url"),
        ("{url: 'http://user:secret@host', model: m}", "serve.credentials"),
        ("{url: 'http://host', model: '..'}", "serve.bad-name"),
        ('{url: "http://host", model: "a\\nb"}', "serve.bad-name"),
        ("{url: 'http://host', model: m, version: '.'}", "serve.bad-name"),
        ("{url: 'http://host'}", "schema.required"),
        ("{url: 'http://host', model: m, retries: 99}", "schema.maximum"),
        ("{url: 'http://host', model: m, timeout: 0}", "schema.above"),
        ("{url: 'http://host', model: m, password: x}", "schema.unknown-key"),
        ("{url: 'http://host', model: m, token_file: ../../token}", "files.outside"),
    ],
)
def test_endpoints_that_are_none_are_named_with_their_line(project, serve, expected):
    with pytest.raises(InputError) as error:
        load_subject(project(serve) / "aigov.yaml", network=True)
    assert error.value.place.line == 5
    names = {error.value.message.id, getattr(error.value.message.args.get("expected"), "id", "")}
    if expected == "files.outside":
        assert "token" in error.value.sentence("en")
    else:
        assert expected in names
    assert "secret" not in error.value.sentence("en")


def test_a_model_is_in_a_file_or_served(project):
    with pytest.raises(InputError) as error:
        load_subject(project("{url: 'http://host', model: m}", "    path: model.onnx\n") / "aigov.yaml")
    assert error.value.message.id == "serve.and-path"
    manifest = project("{url: 'http://host', model: m}") / "aigov.yaml"
    text = manifest.read_text("utf-8").replace("serve: {url: 'http://host', model: m}", "name: m")
    manifest.write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        load_subject(manifest)
    assert error.value.message.id == "schema.required"


def test_an_endpoint_in_a_program_is_checked_as_well():
    for endpoint in (
        Endpoint("file:///etc/passwd", "m"),
        Endpoint("http://host", ""),
        Endpoint("http://h", "m", batch=0),
    ):
        with pytest.raises(UsageError):
            Subject.from_objects("plant", model=endpoint)
    with pytest.raises(UsageError):
        subject_from_paths(Named(models=("http://host/elsewhere",)), (Role.MODEL,))
