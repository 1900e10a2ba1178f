"""What a policy asks of Presidio and of a language model, as one word a detector: `NAME[options]@pipeline`.

A word rather than an object, because detectors are kept by what they were asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

NER = "NER"
"""Name of what a language model decides; the options are the type and the scope."""
NER_TYPES = ("person-name", "address", "organisation")
SCOPES = ("candidates", "full")
_WORD = re.compile(r"(?P<name>[A-Z0-9_]+)(?:\[(?P<options>[^\]]*)\])?(?:@(?P<pipeline>.+))?")
_LETTER = r"(?:[A-Za-z]|{{han}})"
_CANDIDATE = (
    r"(?:[A-Z][a-z]{1,20} [A-Z][a-z]|{{surname}}{{han}}|{{han}}(?:省|市|区|县|镇|乡|村|路|街|道|巷|弄|号)"
    r"|{{han}}(?:公司|集团|厂|院|所|局|银行|大学|学校))"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One such word, read."""

    name: str
    options: tuple[str, ...] = ()
    pipeline: str = ""
    """`spacy:NAME-OR-PATH` or `transformers:NAME-OR-PATH`; empty for none."""


def read(word: str) -> Asked:
    """Return what a word asks for; a word of another form is a name that nobody knows."""
    found = _WORD.fullmatch(word)
    if found is None:
        return Asked(word)
    options = tuple(option for option in (found["options"] or "").split(",") if option)
    return Asked(found["name"], options, found["pipeline"] or "")


def write(name: str, options: Sequence[str] = (), pipeline: str = "") -> str:
    """Return the word for a name, its options and a pipeline."""
    inside = f"[{','.join(options)}]" if options else ""
    return name + inside + (f"@{pipeline}" if pipeline else "")


def entry(word: str) -> dict[str, Any]:  # as a detector file would say it
    """Return the detector for a word: which lines are worth asking about, and what is found there."""
    asked = read(word)
    if asked.name != NER:
        name = "presidio." + asked.name.lower().replace("_", "-")
        pattern = _LETTER if asked.name in {"EMAIL_ADDRESS", "URL"} else "[0-9]"
        return _detector(name, word, pattern, "format", 90)
    type_, scope = asked.options
    general = {"GB/T 35273-2020": "general", "GB/T 45574-2025": "general"}
    pattern = _LETTER if scope == "full" else _CANDIDATE
    category = {} if type_ == "organisation" else {"category": general}
    return {**_detector(type_, word, pattern, "context", 95), **category}


def _detector(type_: str, word: str, pattern: str, tier: str, precedence: int) -> dict[str, Any]:  # as above
    return {
        "type": type_,
        "entity": word,
        "pattern": pattern,
        "boundary": "none",
        "tier": tier,
        "precedence": precedence,
    }
