"""Text beside models: code, YAML tags, templates and configurations that make a loader run something."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import TYPE_CHECKING

from aigov_checks.model.serialization import scripts
from aigov_checks.model.serialization.limits import MAX_JSON, MAX_SOURCE
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered, unsafe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_YAML = re.compile(rb"!!python[/%]|!<?tag:yaml\.org,2002:python|^%TAG[^\n]*python|!!(javax?|ruby)[./]", re.MULTILINE)
_SOURCE = re.compile(
    rb"^[ \t]*(import\s+\w|from\s+[\w.]+\s+import\b|def\s+\w+\s*\(|class\s+\w+|@\w|"
    rb"(exec|eval|print|open|__import__|compile|getattr)\s*\()",
    re.MULTILINE,
)
_CODE_NODES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Call)
_TEMPLATE = re.compile(r"\{\{|\{%")
_MARKS = re.compile(r"""\\.|['"]|[}%]\}""", re.DOTALL)
_ESCAPE = re.compile(
    r"__\w+__|\|\s*attr\b|\bcycler\b|\bjoiner\b|\blipsum\b|\bself\._|\brequest\.|\bconfig\.|\bget_flashed_messages\b|"
    r"\bpopen\b|\bsubprocess\b|\bimport_module\b|\bos\.system\b|\beval\s*\(|\bexec\s*\(|\\x5f|\\u005f|\bopen\s*\(|"
    r"\|\s*map\s*\(\s*['\"]attr|\bgetattr\b|\bglobals\b|\burl_for\b|environ\b",
)
"""What a template uses to leave its sandbox, after the known escapes from Jinja2."""
_SCRIPT = re.compile(
    r"<script\b|\b(eval|exec|__import__)\s*\(|\bos\.system\b|\bsubprocess\.|"
    r"\bimport\s+(os|sys|subprocess|socket)\b|(^|[;&|]\s*)(curl|wget|rm|bash|sh|nc)\s+-?|/bin/(ba)?sh|javascript:",
    re.IGNORECASE,
)
_READ = frozenset((str, dict, list))
"""What of a document can hold text."""
_COMMAND = re.compile(r"(^|_)(command|cmd|script|exec|hook|shell)s?(_|$)", re.IGNORECASE)
"""JSON keys whose text is there to be run."""
_CODE_KEYS = frozenset(("auto_map", "custom_pipelines", "py/object", "py/reduce", "py/type", "py/function", "py/state",
                        "py/newargs", "py/repr", "_target_", "__reduce__"))  # fmt: skip
"""JSON keys that name Python code to import: transformers, jsonpickle, hydra."""


def scan_text(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what in a text file a loader or a shell would run."""
    raw = bytes(data)
    script = scripts.language(raw)
    if script:
        yield suspicious("text.code", 0, language=script)
    elif _is_source(raw):
        yield suspicious("text.code", 0, language="Python")
    found = _YAML.search(raw)
    if found:
        yield unsafe("text.yaml-tag", found.start())
    if re.search(rb"(?m)^[ \t-]*_target_[ \t]*:|trust_remote_code['\"]?\s*:\s*[Tt]rue", raw):
        yield suspicious("text.names-code", 0, name="_target_ / trust_remote_code")
    text = raw.decode("utf-8", "replace")
    if _TEMPLATE.search(text):
        yield from template_notes(text)


def scan_json(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what in a JSON document makes a known loader import or run code."""
    from aigov_checks.model.serialization.keras_config import config_notes, is_config  # it builds on this file

    if len(data) > MAX_JSON:
        yield uncovered("limit.size", 0)
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        yield suspicious("json.unparsable", 0)
        return
    yield from document_notes(document)
    if is_config(document):
        yield from config_notes(document)


def document_notes(document: object) -> Iterator[Note]:
    """Yield what in a parsed document names code or leaves a template's sandbox."""
    pending: list[object] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
            yield from _keys(value)
        elif isinstance(value, list):
            if not _READ.isdisjoint(map(type, value)):  # a list of numbers says nothing
                pending.extend(value)
        elif isinstance(value, str) and _TEMPLATE.search(value):
            yield from template_notes(value)


def code_in_strings(values: Iterable[str], offset: int) -> Iterator[Note]:
    """Yield a note for each text that is there to be executed by something: scripts, shell, template escapes."""
    for value in values:
        if _SCRIPT.search(value) or (_TEMPLATE.search(value) and _ESCAPE.search(value)):
            yield suspicious("text.code-in-metadata", offset, name=value[:80])


def template_notes(text: str, offset: int = 0) -> Iterator[Note]:
    """Yield a note if an expression of a template leaves its sandbox; quoted text does not end an expression."""
    opened = _TEMPLATE.search(text)
    while opened is not None:
        end = _expression_end(text, opened.end())
        escape = _ESCAPE.search(text, opened.end(), end)
        if escape:
            yield unsafe("text.template", offset, name=escape[0])
            return
        opened = _TEMPLATE.search(text, end)


def _expression_end(text: str, start: int) -> int:
    """Return where an expression of a template ends; an end inside quotes is none."""
    quote = ""
    for found in _MARKS.finditer(text, start):
        mark = found[0]
        if mark in {"'", '"'}:
            quote = "" if mark == quote else quote or mark
        elif not quote and mark[0] != "\\":
            return found.start()
    return len(text)


def leaves(location: str) -> bool:
    """Whether a location is anything but a file in or below the model's folder."""
    parts = re.split(r"[/\\\\]", location)
    strange = any(ord(char) < 32 for char in location)  # noqa: PLR2004  # control characters
    return strange or ".." in parts or parts[0] == "" or ":" in location or "*" in location or "~" in parts[0]


def _keys(value: dict[str, object]) -> Iterator[Note]:
    for key in sorted(_CODE_KEYS & value.keys()):
        yield suspicious("text.names-code", 0, name=key)
    for key, text in value.items():
        if isinstance(text, str) and _COMMAND.search(key):
            yield from code_in_strings((text,), 0)
    if value.get("trust_remote_code") is True:
        yield suspicious("text.names-code", 0, name="trust_remote_code")
    if value.get("class_name") in ("Lambda", "__lambda__"):  # the value may be a list
        yield unsafe("text.lambda", 0)


def _is_source(raw: bytes) -> bool:
    """Whether text is Python that does something when it is imported; long texts by their first lines."""
    if not _SOURCE.search(raw[:MAX_SOURCE]):
        return False
    if len(raw) > MAX_SOURCE:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(raw)
    except (SyntaxError, ValueError):
        return False
    except (MemoryError, RecursionError):  # nested so deep that it is no prose
        return True
    return any(isinstance(node, _CODE_NODES) for node in ast.walk(tree))
