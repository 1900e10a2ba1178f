"""The policies that are shipped, and `aigov policy`."""

from __future__ import annotations

import json
import re

import pytest

from aigov.cli import run
from aigov.load.policy import load_policy, shipped_policies
from aigov.model import Covers, Stricter, Verification
from aigov.plan import problems_of
from aigov.registry import load_checks

POLICIES = {path.stem: load_policy(path) for path in shipped_policies()}
RETIRED = {"AML.T0019", "AML.T0058", "AML.T0104"}
FRAMEWORK_IDS = {
    "cwe": r"CWE-\d+",
    "mitre-atlas": r"AML\.(T\d{4}(\.\d{3})?|M\d{4})",
    "owasp-llm": r"LLM(0[1-9]|10):2026",
    "owasp-ml": r"ML(0[1-9]|10):2023",
    "nist-ai-rmf": r"(GOVERN|MAP|MEASURE|MANAGE) \d\.\d+",
    "nist-ai-100-2-e2025": r"NISTAML\.\d+",
    "etsi-en-304-223": r"5\.\d\.\d-\d(\.\d)?",
    "iso-iec-27001": r"A\.\d\.\d+",
    "gb-t-22239": r"8\.1\.4\.\d+",
    "miit-ai-security-standards-guide": r"[A-G]",
    "miit-data-security-measures": r"Art\. \d+",
    "eu-ai-act": r"Art\. \d+",
}


@pytest.fixture(params=POLICIES.values(), ids=POLICIES.keys())
def policy(request):
    return request.param


def test_both_first_policies_are_installed():
    assert {"baseline", "cn-ai-manufacturing-2026"} <= set(POLICIES)


def test_a_policy_is_named_after_its_file_and_without_a_folder_of_this_machine(policy):
    assert POLICIES[policy.id] is policy
    assert policy.path == f"aigov_policies/{policy.id}.yaml"


def test_every_reference_exists(policy):
    assert [str(problem) for problem in problems_of(policy, load_checks())] == []


def test_every_rule_says_what_to_do_and_every_parameter_why(policy):
    assert all(rule.remediation for control in policy.controls for rule in control.rules)
    assert all(parameter.why for parameter in policy.parameters.values())


def test_every_text_is_in_both_languages(policy):
    texts = [policy.title, policy.issuer, policy.note, *(parameter.why for parameter in policy.parameters.values())]
    for control in policy.controls:
        texts += [
            control.title,
            *(rule.remediation for rule in control.rules),
            *(r.question for r in control.rules if r.question),
        ]
    assert all(
        re.search(r"[\u4e00-\u9fff]", text.zh) and not re.search(r"[\u4e00-\u9fff]{6}", text.en) for text in texts
    )


def test_every_mapping_has_the_form_of_its_framework_and_none_is_retired(policy):
    for control in policy.controls:
        for mapping in control.maps_to:
            form = FRAMEWORK_IDS[mapping.framework.partition("@")[0]]
            assert re.fullmatch(form, mapping.id), mapping
            assert mapping.id.partition(".0")[0] not in RETIRED
            assert mapping.id not in RETIRED


def test_a_regulation_that_was_not_read_at_its_source_is_not_called_primary():
    policy = POLICIES["cn-ai-manufacturing-2026"]
    assert {control.citation.verified for control in policy.controls} == {Verification.SECONDARY}
    assert {rule.covers for control in policy.controls for rule in control.rules} == {Covers.PARTIAL}
    assert all("工信部联科〔2025〕279号" in control.citation.ref for control in policy.controls)
    assert not any("十九" in control.citation.ref for control in policy.controls)


def test_no_two_policies_test_the_same_bound():
    seen = {}
    for policy in POLICIES.values():
        for control in policy.controls:
            for rule in control.rules:
                for bound in rule.require:
                    key = (rule.check, repr(rule.parameters), bound.measurement)
                    assert seen.setdefault(key, (policy.id, rule.id)) == (policy.id, rule.id)


def test_limits_on_what_is_bad_are_stricter_when_lower(policy):
    for parameter in policy.parameters.values():
        assert parameter.stricter is (Stricter.LOWER if parameter.type == "count" else Stricter.HIGHER)


def test_lint_of_the_shipped_policies_says_one_line_a_policy(capsys):
    assert run(["policy", "lint", "--lang", "en"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert len(out.err.splitlines()) == len(POLICIES)
    assert "baseline: 5 controls, 5 rules, no mistake" in out.err


def test_lint_names_every_mistake_with_file_and_line(capsys, tmp_path):
    text = shipped_policies()[0].read_text("utf-8")
    path = tmp_path / "own policy.yaml"
    path.write_text(
        text.replace("check: data.secrets", "check: data.secret")
        .replace("measurement: files_unsafe", "measurement: files_unsave")
        .replace("equals: true, unit: boolean", "min: true"),
        encoding="utf-8",
    )
    lines = text.splitlines()
    expected = [
        next(i for i, line in enumerate(lines, 1) if fragment in line)
        for fragment in ("id: no-record-holds-a-secret", "id: nothing-unsafe", "signature_valid, equals")
    ]
    assert run(["policy", "lint", str(path), "--lang", "en"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in err[:-1]] == [f"{path}:{line}" for line in expected]
    assert err[-1] == "mistakes: 3"


@pytest.mark.parametrize(
    "arguments", [["lint", "none.yaml"], ["lint", "no-such"], ["show", "no-such"], ["show", "none.yml"]]
)
def test_a_policy_that_is_not_there_is_a_usage_error_on_one_line(capsys, arguments):
    assert run(["policy", *arguments, "--quiet"]) == 2
    out = capsys.readouterr()
    assert (out.out, len(out.err.splitlines())) == ("", 1)


def test_show_prints_every_control_and_rule_in_the_language_of_the_call(capsys):
    assert run(["policy", "show", "cn-ai-manufacturing-2026", "--lang", "zh-CN"]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    for control in POLICIES["cn-ai-manufacturing-2026"].controls:
        assert f"{control.id}  {control.title.zh}" in out.out
        assert all(rule.id in out.out for rule in control.rules)
    assert "robust_accuracy ≥ 60 %" in out.out


def test_show_as_json_holds_the_whole_policy(capsys):
    assert run(["policy", "show", "baseline", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "aigov/policy/v1"
    assert [control["id"] for control in shown["controls"]] == [c.id for c in POLICIES["baseline"].controls]


def test_show_writes_nothing_that_a_terminal_would_obey(capsys, tmp_path):
    text = shipped_policies()[0].read_text("utf-8").replace("en: aigov baseline for industrial AI", 'en: "a\\e[31mred"')
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    assert run(["policy", "show", str(path), "--lang", "en"]) == 0
    assert "\x1b" not in capsys.readouterr().out
