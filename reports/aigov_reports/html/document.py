"""From an assessment to the bytes of its HTML report."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from aigov import Assessment, Reporter
from aigov_reports.html.appendix import methods
from aigov_reports.html.blocks import blocks
from aigov_reports.html.cover import cover
from aigov_reports.html.environment import environment
from aigov_reports.html.matrix import crosswalks, matrices
from aigov_reports.html.measured import checked
from aigov_reports.html.registers import registers
from aigov_reports.html.reliance import reliance
from aigov_reports.html.scope import scope
from aigov_reports.words import Words

_PLAIN_CSS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_LONGEST_HEADER = 60


def render_html(assessment: Assessment, lang: str) -> bytes:
    """Return the whole report in one language as UTF-8 HTML, the same bytes for the same assessment."""
    words = Words.of(lang)
    style = _style(assessment, words)
    template = environment(words).get_template("report.html.j2")
    page = template.render(
        a=assessment,
        lang=words.lang,
        other_lang=words.other,
        style=style,
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        cover=cover(assessment, words),
        blocks=blocks(assessment, words),
        reliance=reliance(assessment, words),
        scope=scope(assessment, words),
        checked=checked(assessment, words),
        matrices=matrices(assessment, words),
        crosswalks=crosswalks(assessment, words),
        registers=registers(assessment, words),
        methods=methods(assessment, words),
    )
    return page.encode()


def _style(assessment: Assessment, words: Words) -> str:
    """Return the style sheet with the subject's name in the margin of printed pages, escaped for CSS."""
    css = (files("aigov_reports") / "templates" / "style.css").read_text(encoding="utf-8")
    subject = assessment.subject
    name = f"{words.fact(subject.name)[:_LONGEST_HEADER]} {words.fact(subject.version)[:_LONGEST_HEADER]}"
    header = words.label("report.print-header", subject=name, date=assessment.as_of.isoformat())
    before, after = words.label("report.page-before"), words.label("report.page-after")
    numbers = f"{_css(before)} counter(page) {_css(' / ')} counter(pages) {_css(after)}"
    return css.replace("PAGE_HEADER", _css(header)).replace("PAGE_NUMBER", numbers)


def _css(text: str) -> str:
    """Return a CSS string in which every sign but letters and digits is escaped (CSS Syntax 3, section 4.3.7)."""
    return '"' + "".join(c if c in _PLAIN_CSS else f"\\{ord(c):X} " for c in text) + '"'


HTML = Reporter("html", "HTML report", "text/html", "report.html", render_html)
