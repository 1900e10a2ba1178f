"""An assessment's messages, values and ids in one language, ready for a report."""

from __future__ import annotations

from dataclasses import dataclass

from aigov.i18n import Arg, Message, Text, language, msg, say, title_of
from aigov.i18n.quantity import write_quantity
from aigov.model import Measurement, Severity, Verdict, base_name
from aigov_reports.text import one_line, visible

_DIGITS_WRITTEN = 200
_TYPE_AREAS = ("data.type", "model.type", "record.type", "occurrence")
"""Where catalogues keep the words for types of occurrence."""

MARKS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.REVIEW: "◔",
    Verdict.NOT_ASSESSED: "–",
    Verdict.NOT_APPLICABLE: "·",
    Verdict.ERROR: "!",
}
"""A sign for each verdict; the word always stands beside it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words in one language; everything it returns is `visible`."""

    lang: str

    @classmethod
    def of(cls, lang: str) -> Words:
        """Return the words of the product's language nearest to `lang`."""
        return cls(language(lang))

    @property
    def other(self) -> str:
        """The other language of the product."""
        return "en" if self.lang == "zh-CN" else "zh-CN"

    def label(self, id_: str, /, **args: Arg) -> str:
        """Return the words of a catalogue entry of this pack."""
        return visible(say(msg(id_, **args), self.lang), self.lang)

    def counted(self, id_: str, count: int) -> str:
        """Return the words for a number of things; English has another form for one."""
        return self.label(f"{id_}.one" if count == 1 else id_, count=count)

    def say(self, message: Message | Text | None) -> str:
        """Return a message or an author's text in words; nothing for None."""
        if message is None:
            return ""
        try:
            return visible(say(message, self.lang), self.lang)
        except (OverflowError, ValueError):  # a number that no float and no decimal notation holds
            return visible(message.id if isinstance(message, Message) else str(message), self.lang)

    def also(self, text: Text) -> str:
        """Return an author's text in the other language."""
        return visible(say(text, self.other), self.lang)

    def quantity(self, value: float, unit: str) -> str:
        """Return a value with its unit."""
        try:
            return visible(write_quantity(float(value), unit, self.lang), self.lang)
        except OverflowError:
            return self.fact(int(value))

    def fact(self, value: object) -> str:
        """Return a parameter, fact or argument exactly as it was: numbers unrounded."""
        match value:
            case None:
                return "–"
            case bool():
                return self.quantity(float(value), "boolean")
            case int() if value.bit_length() > _DIGITS_WRITTEN * 4:
                return self.label("report.huge-integer", bits=value.bit_length())
            case tuple() | list():
                return ", ".join(self.fact(item) for item in value[:_DIGITS_WRITTEN]) or "–"
            case _:
                return visible(str(value), self.lang)

    def interval(self, measurement: Measurement) -> str:
        """Return `low – high`, or nothing for an exact value."""
        if measurement.interval is None:
            return ""
        low, high = (self.quantity(end, measurement.unit) for end in (measurement.low, measurement.high))
        return f"{low} – {high}"

    def verdict(self, verdict: Verdict) -> str:
        """Return the word for a verdict."""
        return self.label(f"report.verdict.{verdict.value}")

    def severity(self, severity: Severity) -> str:
        """Return the word for a severity."""
        return self.label(f"report.severity.{severity.word}")

    def check_title(self, check: str, fallback: str = "") -> str:
        """Return the title of a check."""
        return one_line(title_of(f"check.{check}.title", fallback or check, self.lang), self.lang)

    def check_doc(self, check: str, section: str, fallback: str) -> str:
        """Return a section of a check's documentation."""
        return title_of(f"check.{check}.{section}", fallback, self.lang)

    def measurement(self, check: str, name: str) -> str:
        """Return what a measurement is called: the pack's words, or its name with spaces."""
        plain = base_name(name)
        common = say(msg(f"measurement.{plain}", name=plain.replace("_", " ")), self.lang)
        words = title_of(f"check.{check}.measurement.{plain}", common, self.lang)
        return one_line(words + name[len(plain) :], self.lang)

    def occurrence_type(self, type_: str) -> str:
        """Return what a type of occurrence is called, or its id."""
        titles = (title_of(f"{area}.{type_}", "", self.lang) for area in _TYPE_AREAS)
        return one_line(next((title for title in titles if title), type_), self.lang)
