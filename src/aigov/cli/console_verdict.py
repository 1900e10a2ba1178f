"""The line that says the conclusion, with the controls counted by verdict."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text as Line

from aigov.model import Assessment, Conclusion, Verdict

if TYPE_CHECKING:
    from aigov.cli.console_voice import Voice

_COUNTED = (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.REVIEW, Verdict.NOT_ASSESSED, Verdict.ERROR)
_LOOKS = {
    Conclusion.CONFORMANT: (Verdict.PASS, "bold green"),
    Conclusion.NON_CONFORMANT: (Verdict.FAIL, "bold red"),
    Conclusion.INCOMPLETE: (Verdict.INCONCLUSIVE, "bold yellow"),
}


def verdict_line(assessment: Assessment, voice: Voice) -> Line:
    """Return mark, conclusion, controls by verdict and the coverage; verdicts are read, never made."""
    found = Counter(finding.verdict for _, finding in assessment.control_verdicts())
    verdict, style = _LOOKS[assessment.conclusion]
    line = Line.assemble(
        voice.mark(verdict), " ", (voice.label(f"console.conclusion.{assessment.conclusion.value}"), style), "   "
    )
    line.append(voice.plain(voice.sign(" · ", ", ").join(_counts(assessment, found, voice))))
    applicable = sum(found.values()) - found[Verdict.NOT_APPLICABLE]
    assessed = applicable - found[Verdict.NOT_ASSESSED] - found[Verdict.ERROR]
    line.append("   ")
    line.append(voice.label("console.coverage", assessed=assessed, applicable=applicable), style="dim")
    return line


def _counts(assessment: Assessment, found: Counter[Verdict], voice: Voice) -> list[str]:
    said = [
        voice.label("console.count", count=found[verdict], what=voice.label(f"console.verdict.{verdict.value}"))
        for verdict in _COUNTED
        if found[verdict]
    ]
    waived = found[Verdict.FAIL] - len({(finding.policy, finding.control.id) for finding in assessment.failed})
    return [*said, voice.label("console.waived", count=waived)] if waived > 0 else said
