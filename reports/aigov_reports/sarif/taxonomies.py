"""Policies and the frameworks that they map to, as SARIF taxonomies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov import Assessment, Json
    from aigov.model import Control
    from aigov_reports.words import Words


def taxonomies(assessment: Assessment, words: Words) -> list[dict[str, Json]]:
    """Return a taxonomy a policy, with its controls, and one a framework, with the items that controls map to."""
    return [*_policies(assessment, words), *_frameworks(assessment, words)]


def _policies(assessment: Assessment, words: Words) -> list[dict[str, Json]]:
    controls: dict[str, dict[str, Control]] = {policy.id: {} for policy in assessment.policies}
    for finding in assessment.findings:
        controls.setdefault(finding.policy, {}).setdefault(finding.control.id, finding.control)
    known = {policy.id: policy for policy in assessment.policies}
    found = []
    for id_, members in controls.items():
        component: dict[str, Json] = {
            "name": words.fact(id_) or "-",
            "taxa": [_taxon(c, words) for c in members.values()],
        }
        if id_ in known:
            component["version"] = words.fact(known[id_].edition)
            component["shortDescription"] = {"text": words.say(known[id_].title)}
        found.append(component)
    return found


def _taxon(control: Control, words: Words) -> Json:
    return {
        "id": words.fact(control.id),
        "shortDescription": {"text": words.say(control.title)},
        "properties": {"citation": words.fact(control.citation.ref), "verified": control.citation.verified.value},
    }


def _frameworks(assessment: Assessment, words: Words) -> list[dict[str, Json]]:
    items: dict[str, dict[str, None]] = {}
    for finding in assessment.findings:
        for mapping in finding.control.maps_to:
            items.setdefault(mapping.framework, {})[mapping.id] = None
    return [
        {"name": words.fact(framework) or "-", "taxa": [{"id": words.fact(id_)} for id_ in ids]}
        for framework, ids in items.items()
    ]
