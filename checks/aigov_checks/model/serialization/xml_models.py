"""XML: PMML and OpenVINO models; document types and entities are refused, so that nothing is expanded or fetched.

Source: PMML 4.4.1 of the Data Mining Group; the IR specification of OpenVINO, versions 10 and 11; CWE-611, CWE-776.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from aigov_checks.model.serialization.limits import MAX_FIELDS, MAX_JSON
from aigov_checks.model.serialization.notes import Context, Note, fact, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.text_rules import code_in_strings
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENS = re.compile(
    rb"\s*(<!--.{0,400}?-->\s*)?<(\?xml\s|!DOCTYPE\s+(?!html\b)|!ENTITY|([\w.-]+:)?PMML[\s>]|net[\s>])",
    re.DOTALL | re.IGNORECASE,
)
_DEPTH = 200
_SETS = re.compile(r"opset\d{1,3}")
_OUTSIDE = re.compile(r"(?:[a-z][a-z0-9+.-]+:)?//|\.\.[/\\]|^/|^[A-Za-z]:\\", re.IGNORECASE)
_LINKS = words("href src url file path location systemId mean-file library extension")
_HTML = words("html script iframe svg object embed")


def is_xml(head: bytes) -> bool:
    """Whether the bytes begin like XML, in UTF-8 or in UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    return _OPENS.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


class _StopError(Exception):
    """Enough was seen."""


class _Reader:
    """Collects notes while expat reads; expat itself expands nothing that is refused here."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.parser = expat.ParserCreate()
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction
        self.depth = self.left = 0
        self.root = self.inside = ""
        self.words: list[str] = []
        self.bytes_needed = 0

    @property
    def at(self) -> int:
        return max(0, self.parser.CurrentByteIndex)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.left += 1
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self.inside, self.words = local, []
        if self.depth > _DEPTH or self.left > MAX_FIELDS:
            self.notes.append(suspicious("limit.messages", self.at))
            raise _StopError
        if local in {"script", "Script", "iframe", "embed", "include"}:
            self.notes.append(unsafe("xml.script", self.at, name=name))
        if self.root == "net" and local == "layer":
            self._layer(attributes)
        if self.root == "net" and local == "data":
            self._data(attributes)
        for key, value in attributes.items():
            if key.rpartition(":")[2] in _LINKS and _OUTSIDE.search(value) and self.root not in _HTML:
                self.notes.append(unsafe("model.outside", self.at, format="xml", location=value))
            if key.lower().startswith("on") and "(" in value:
                self.notes.append(suspicious("text.code-in-metadata", self.at, name=value[:80]))
        self.notes.extend(code_in_strings(attributes.values(), self.at))

    def end(self, _name: str) -> None:
        self.depth -= 1
        self.notes.extend(code_in_strings(("".join(self.words),), self.at))
        self.words = []

    def text(self, data: str) -> None:
        if sum(map(len, self.words)) < 1 << 16:
            self.words.append(data)

    def doctype(self, *_about: object) -> None:
        self.notes.append(unsafe("xml.doctype", self.at))
        raise _StopError

    def instruction(self, target: str, value: str) -> None:
        self.notes.append(suspicious("xml.instruction", self.at, name=f"{target} {value}"[:80]))

    def _layer(self, attributes: dict[str, str]) -> None:
        version, kind = attributes.get("version", ""), attributes.get("type", "")
        if version and not _SETS.fullmatch(version) and version not in {"experimental", "ie_internal_opset"}:
            self.notes.append(suspicious("model.custom", self.at, format="openvino", name=f"{version}::{kind}"))
        elif not version or not re.fullmatch(r"[A-Z][A-Za-z0-9_]*", kind):
            self.notes.append(suspicious("model.operator", self.at, format="openvino", name=kind))

    def _data(self, attributes: dict[str, str]) -> None:
        offset, size = attributes.get("offset", "0"), attributes.get("size", "0")
        if not (re.fullmatch(r"\d{1,18}", offset) and re.fullmatch(r"\d{1,18}", size)):
            self.notes.append(suspicious("model.tensor", self.at, format="openvino", name=f"{offset}+{size}"))
        else:
            self.bytes_needed = max(self.bytes_needed, int(offset) + int(size))


def kind_of_xml(head: bytes) -> str:
    """Return what an XML file is for, by its first element."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    found = re.search(rb"<([A-Za-z_][\w:.-]*)", re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL))
    root = found[1].rpartition(b":")[2] if found else b""
    return {b"PMML": "pmml", b"net": "openvino"}.get(root, "xml")


def scan_xml(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what an XML model reaches outside itself, and the code in it."""
    if len(data) > MAX_JSON:
        yield uncovered("limit.size", 0)
        return
    reader = _Reader()
    try:
        reader.parser.Parse(bytes(data), True)  # noqa: FBT003  # expat's own sign of the end
    except _StopError:
        pass
    except (expat.ExpatError, ValueError, LookupError):
        reader.notes.append(suspicious("model.unparsable", reader.at, format="xml"))
    yield from reader.notes
    if reader.root == "net" and reader.bytes_needed:
        yield fact("openvino.data", 0, size=reader.bytes_needed)
