"""Words that hold a place open and say nothing, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov_checks.record.fields import Field

_LONGEST = 10_000
"""Characters of a text that are looked at."""
_WHOLE = frozenset(
    {
        "changeme", "coming soon", "dummy", "example text", "fill in", "fill me in", "fixme", "insert here",
        "lorem ipsum", "more information needed", "placeholder", "tba", "tbc", "tbd", "to be added",
        "to be announced", "to be completed", "to be confirmed", "to be decided", "to be defined",
        "to be determined", "todo", "xx", "xxx", "xxxx", "your name here",
        "占位", "占位符", "同上", "待定", "待填", "待填写", "待完善", "待更新", "待确认", "待补",
        "待补充", "未填写", "未定", "略", "示例文本", "请填写", "请输入", "此处填写", "在此填写",
        "需要更多信息",
    }
)  # fmt: skip
"""Texts that are a placeholder when nothing else stands beside them. `none`, `unknown` and 无 are answers."""
_INSIDE = re.compile(
    r"\[(?:more information needed|optional|insert [^\]]{1,60}|your [^\]]{1,60}|please [^\]]{1,60})\]"
    r"|lorem ipsum|\b(?-i:TBD|TBC|TODO|FIXME|XXX)\b|\{\{[^{}]{0,60}\}\}|\$\{[^{}]{1,60}\}"
    r"|[\[(【《<][ ]*(?:待定|待补充?|待填写?|待确认|待完善|请填写|此处填写)[^\])】》>]{0,20}[\])】》>]"
    r"|:\s*(?:待定|待补充?|待填写?|待确认|待完善)\s*[。.]?$",
    re.IGNORECASE,
)
"""What gives a placeholder away within a longer text; the first is Hugging Face's model card default."""
_ANGLES = re.compile(r"<[^<>]{1,80}>")
_EDGES = " \t\r\n[](){}<>【】《》“”\"'`*_.。,，:：;；!！-–—…?？"


def placeholder(text: str) -> str | None:
    """Return the placeholder in a text, or None where it says something."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).strip()
    if not plain:
        return None
    bare = re.sub(r"\s+", " ", plain.strip(_EDGES)).casefold()
    if not bare or bare in _WHOLE or _ANGLES.fullmatch(plain):
        return plain
    inside = _INSIDE.search(plain)
    return None if inside is None else inside.group().strip()


def placeholders(root: Field) -> Iterator[tuple[Field, str]]:
    """Yield every text of a record that is or holds a placeholder, in the order of the document."""
    waiting = [root]
    while waiting:
        field = waiting.pop()
        if isinstance(field.value, str):
            word = placeholder(field.value)
            if word is not None:
                yield field, word
        elif isinstance(field.value, Mapping):
            waiting += [field.child(str(key)) for key in reversed(list(field.value))]
        else:
            waiting += reversed(list(field.items()))
