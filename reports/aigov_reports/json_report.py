"""The assessment itself as JSON: lossless, the same bytes for the same assessment."""

from __future__ import annotations

import json
import unicodedata

from aigov import Assessment, Reporter


def render_json(assessment: Assessment, lang: str) -> bytes:  # noqa: ARG001  # machine formats stay untranslated
    r"""Return the assessment as indented UTF-8 JSON that `aigov.codec.load_assessment` reads back.

    Characters that cannot be seen, and lone surrogates, are written as `\u` escapes.
    """
    from aigov.codec import dump_assessment  # cattrs is imported only when a report is written

    return to_json(dump_assessment(assessment))


def to_json(document: object) -> bytes:
    """Return a JSON value as readable UTF-8, keys in the order in which they come.

    Raises:
        ValueError: it holds a number that JSON has no notation for.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return (text if _plain(text) else "".join(map(_escaped, text))).encode() + b"\n"


def _plain(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def _escaped(character: str) -> str:
    hidden = unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
    return json.dumps(character)[1:-1] if hidden and character != "\n" else character


JSON = Reporter("json", "Assessment as JSON", "application/json", "assessment.json", render_json)
