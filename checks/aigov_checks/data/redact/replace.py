"""One value to what takes its place: a mask, a keyed token, a fake, or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aigov.cleaning import Cleaning, Method
from aigov.redact import Mask, hide, mask
from aigov_checks.data.redact.fakes import fake
from aigov_checks.data.redact.stream import Stream

if TYPE_CHECKING:
    from aigov_checks.data.detector import Detector

_NOISE = re.compile(r"[\s\-().·•_]|[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_TOKEN = 16
_DEMOTED = {1: Method.MASK, 2: Method.DROP}
"""What is used for values that are still found after a pass, by the number of passes before."""


@dataclass(slots=True)
class Replacer:
    """Replaces values and counts what it did."""

    cleaning: Cleaning
    passes: int = 0
    """Passes over the file that went before."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    again: int = 0

    def replace(self, detector: Detector, value: str, *, secret: bool) -> str:
        """Return what takes the place of a value."""
        method = self.cleaning.of(detector.type)
        if self.passes and method is not Method.DROP:
            method = _DEMOTED.get(self.passes, Method.DROP)
        return self._replaced(method, detector, value, secret=secret)

    def replace_in_key(self, detector: Detector, value: str, *, secret: bool) -> str:
        """Return what takes the place of a value in a key of JSON: always a token, for else keys become alike."""
        return self._replaced(Method.PSEUDONYM, detector, value, secret=secret)

    def _replaced(self, method: Method, detector: Detector, value: str, *, secret: bool) -> str:
        text, used = self._made(method, detector.type, value, None if secret else detector.mask)
        if self.passes:
            self.again += 1
        else:
            self.counts[detector.type, used.value] += 1
        return text

    def _made(self, method: Method, type_: str, value: str, keep: Mask | None) -> tuple[str, Method]:
        match method:
            case Method.DROP:
                return "", method
            case Method.MASK:
                return (hide(value) if keep is None else mask(value, keep)), method
            case Method.FAKE:
                made = fake(type_, value, self._stream(type_, value, "fake"))
                if made is not None:
                    return made, method
            case Method.PSEUDONYM:
                pass
        return f"[{type_}/{self._stream(type_, value, 'token').letters(_TOKEN)}]", Method.PSEUDONYM

    def _stream(self, type_: str, value: str, purpose: str) -> Stream:
        return Stream(self.cleaning.key, f"{purpose}\0{type_}\0{normal(value)}")


def normal(value: str) -> str:
    """Return the form by which values are equal, however they are spaced and whatever width their signs have."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", value)).casefold()
