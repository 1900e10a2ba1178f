"""The page `detectors.md`: every type that the scans know, read from the detector files, with what they cannot see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aigov import Tier
from aigov_checks.data.detectors import categories, load
from aigov_checks.data.presidio import DEFAULT

if TYPE_CHECKING:
    from aigov_checks.data.detector import Detector

WORDS = Path(__file__).parent / "detectors.yaml"
_TIERS = {
    Tier.VERIFIED: "check digit and structure hold",
    Tier.FORMAT: "the structure alone",
    Tier.CONTEXT: "a word, a column or the grammar around it",
}
_HEAD = """# What the scans detect

Generated from `checks/aigov_checks/data/detectors/` and `docs/detectors.yaml` by `python docs/build.py`.

Every occurrence has a tier. The precision of each is what `bench/pii/score.py --split unseen` measures.
"""


def detector_page() -> str:
    """Return the page in Markdown."""
    words: dict[str, Any] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))  # parsed YAML
    lines = [_HEAD, "| tier | what holds | measured precision |", "|---|---|--:|"]
    for tier, meaning in _TIERS.items():
        measured = words["measured"][tier.value]
        lines.append(f"| `{tier.value}` | {meaning} | {'not measured yet' if measured is None else measured} |")
    for family, title in (("pii", "Personal data: `data.pii`"), ("secrets", "Secrets: `data.secrets`")):
        lines += ["", f"## {title}", "", *_table(family, words["types"])]
    lines += ["", "## Classes", "", *_classes(words["types"])]
    return "\n".join(lines) + "\n"


def detectors_of(family: str) -> tuple[Detector, ...]:
    """Return all detectors of a family, with those that take part only where they are asked for."""
    if family == "secrets":
        return load(family)
    return load(family, DEFAULT, ("internal-ip", "mac-address"))


def _table(family: str, words: dict[str, dict[str, str]]) -> list[str]:
    lines = ["| type | what | validators | tiers | limits |", "|---|---|---|---|---|"]
    found: dict[str, list[Detector]] = {}
    for detector in detectors_of(family):
        found.setdefault(detector.type, []).append(detector)
    for type_, ways in sorted(found.items()):
        said = words[type_]
        checks = sorted({way.validator.__name__ for way in ways if way.validator is not None})
        tiers = [tier.value for tier in _TIERS if any(way.tier is tier for way in ways)]
        lines.append(
            f"| `{type_}` | {said['what']} | {', '.join(f'`{name}`' for name in checks) or 'none'} "
            f"| {', '.join(tiers)} | {said['limits']} |"
        )
    return lines


def _classes(words: dict[str, dict[str, str]]) -> list[str]:
    """Return the class of each type; what is our own reading of a standard is said in `categories.yaml`."""
    known = categories()
    standards = list(known["other"])
    lines = ["The reading behind each class is in `categories.yaml`, with what is our own.", ""]
    lines += [f"| type | {' | '.join(standards)} |", "|---|" + "---|" * len(standards)]
    lines += [f"| `{type_}` | {' | '.join(known[type_][name] for name in standards)} |" for type_ in sorted(words)]
    return lines
