"""The line that says the conclusion, with the controls counted by verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from aigov.model import Assessment, Conclusion, Tally, Verdict

if TYPE_CHECKING:
    from aigov.cli.console_voice import Voice

_LOOKS = {
    Conclusion.CONFORMANT: (Verdict.PASS, "bold green"),
    Conclusion.NON_CONFORMANT: (Verdict.FAIL, "bold red"),
    Conclusion.INCOMPLETE: (Verdict.INCONCLUSIVE, "bold yellow"),
}


def verdict_line(assessment: Assessment, voice: Voice) -> Line:
    """Return mark, conclusion, controls by verdict and the coverage; verdicts are read, never made."""
    counted = assessment.tally
    verdict, style = _LOOKS[assessment.conclusion]
    line = Line.assemble(
        voice.mark(verdict), " ", (voice.label(f"console.conclusion.{assessment.conclusion.value}"), style), "   "
    )
    line.append(voice.plain(voice.sign(" · ", ", ").join(_counts(counted, voice))))
    line.append("   ")
    line.append(voice.label("console.coverage", assessed=counted.assessed, applicable=counted.applicable), style="dim")
    return line


def _counts(counted: Tally, voice: Voice) -> list[str]:
    said = [
        voice.label("console.count", count=count, what=voice.label(f"console.verdict.{verdict.value}"))
        for verdict, count in counted.counts.items()
        if verdict is not Verdict.NOT_APPLICABLE and count
    ]
    return [*said, voice.label("console.waived", count=counted.waived)] if counted.waived > 0 else said
