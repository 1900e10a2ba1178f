"""The method of every check, from its own documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.model import CheckSummary
from aigov_reports.text import one_line

if TYPE_CHECKING:
    from aigov import Assessment
    from aigov_reports.words import Words

_SECTIONS = ("what", "why", "how", "limits", "references")
_PARAGRAPHS = 60


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, or a list."""

    items: tuple[str, ...]
    listed: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A check as the appendix describes it."""

    check: CheckSummary
    title: str
    sections: tuple[tuple[str, tuple[Prose, ...]], ...]
    """Heading and text."""


def methods(assessment: Assessment, words: Words) -> tuple[Method, ...]:
    """Return the documentation of every check that was planned."""
    return tuple(
        Method(check, words.check_title(check.id, check.title), _sections(check, words)) for check in assessment.checks
    )


def _sections(check: CheckSummary, words: Words) -> tuple[tuple[str, tuple[Prose, ...]], ...]:
    texts = ((name, words.check_doc(check.id, name, check.doc.get(name, ""))) for name in _SECTIONS)
    return tuple((words.label(f"report.method.{name}"), prose(text, words)) for name, text in texts if text.strip())


def prose(text: str, words: Words) -> tuple[Prose, ...]:
    """Return plain text as paragraphs; lines that begin with `- ` become a list."""
    made = []
    for block in text.replace("\r\n", "\n").split("\n\n")[:_PARAGRAPHS]:
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        if lines:
            made.append(
                _listed(lines, words)
                if lines[0].startswith("- ")
                else Prose((one_line(" ".join(lines), words.lang),), listed=False)
            )
    return tuple(made)


def _listed(lines: list[str], words: Words) -> Prose:
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line[2:])
        else:
            items[-1] += " " + line
    return Prose(tuple(one_line(item, words.lang) for item in items[:_PARAGRAPHS]), listed=True)
