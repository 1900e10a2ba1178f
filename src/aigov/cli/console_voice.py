"""Words, marks and styles that a given terminal can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text as Line

from aigov.i18n import Arg, Message, Text, msg, say, title_of
from aigov.i18n.quantity import write_quantity
from aigov.model import Measurement, Verdict, base_name
from aigov.redact import public

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST = 600
_MARKS = {
    Verdict.PASS: ("✓", "+", "green"),
    Verdict.FAIL: ("✗", "x", "red"),
    Verdict.INCONCLUSIVE: ("?", "?", "yellow"),
    Verdict.REVIEW: ("◔", "o", "blue"),
    Verdict.NOT_ASSESSED: ("–", "-", "dim"),
    Verdict.NOT_APPLICABLE: ("·", ".", "dim"),
    Verdict.ERROR: ("!", "!", "magenta"),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """One language on one terminal."""

    lang: str
    encoding: str

    @classmethod
    def of(cls, console: Console, lang: str) -> Voice:
        """Return the voice for a console."""
        return cls(lang, console.encoding or "utf-8")

    def plain(self, text: str) -> str:
        """Return `text` on one line, without control characters, with what the terminal cannot encode escaped."""
        shown = public(text, _LONGEST)
        return shown.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def label(self, id_: str, /, **args: Arg) -> str:
        """Return the words of a catalogue entry."""
        return self.plain(say(msg(id_, **args), self.lang))

    def counted(self, id_: str, count: int) -> str:
        """Return the words for a number of things; English has another form for one."""
        return self.label(f"{id_}.one" if count == 1 else id_, count=count)

    def say(self, message: Message | Text) -> str:
        """Return a message or an author's text in words."""
        try:
            return self.plain(say(message, self.lang))
        except (OverflowError, ValueError):  # a number that no float and no decimal notation holds
            return self.plain(message.id if isinstance(message, Message) else str(message))

    def measurement(self, measurement: Measurement) -> str:
        """Return a value with its unit and, for an estimate, its interval."""
        value = write_quantity(measurement.value, measurement.unit, self.lang)
        if measurement.interval is None:
            return self.plain(value)
        low, high = (write_quantity(end, measurement.unit, self.lang) for end in (measurement.low, measurement.high))
        return self.plain(f"{value} [{low}, {high}]")

    def measured_name(self, check: str, name: str) -> str:
        """Return what a measurement is called."""
        plain = base_name(name)
        common = say(msg(f"measurement.{plain}", name=plain.replace("_", " ")), self.lang)
        words = title_of(f"check.{check}.measurement.{plain}", common, self.lang)
        return self.plain(words + name[len(plain) :])

    def bytes(self, size: int) -> str:
        """Return a size."""
        return self.plain(write_quantity(size, "bytes", self.lang))

    def mark(self, verdict: Verdict) -> Line:
        """Return the sign of a verdict, in ASCII where the terminal has nothing better."""
        fancy, ascii_, style = _MARKS[verdict]
        return Line(fancy if self._can_show(fancy) else ascii_, style=f"bold {style}")

    def sign(self, fancy: str, ascii_: str) -> str:
        """Return a sign, or its ASCII form where the terminal cannot show it."""
        return fancy if self._can_show(fancy) else ascii_

    def _can_show(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True
