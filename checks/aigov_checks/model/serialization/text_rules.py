"""Text beside models: code, YAML tags, templates and configurations that make a loader run something."""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import TYPE_CHECKING

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
_TEMPLATE_END = re.compile(r"\}\}|%\}")
_ESCAPE = re.compile(
    r"__\w+__|\|\s*attr\b|\bcycler\b|\bjoiner\b|\blipsum\b|\bself\._|\brequest\.|\bconfig\.|\bget_flashed_messages\b|"
    r"\bpopen\b|\bsubprocess\b|\bimport_module\b|\bos\.system\b|\beval\s*\(|\bexec\s*\(|\\x5f|\\u005f|\bopen\s*\(|"
    r"\|\s*map\s*\(\s*['\"]?attr|\bgetattr\b|\bglobals\b|\burl_for\b|environ\b",
)
"""What a template uses to leave its sandbox, after the known escapes from Jinja2."""
_SCRIPT = re.compile(
    r"<script\b|\b(eval|exec|__import__)\s*\(|\bos\.system\b|\bsubprocess\.|"
    r"\bimport\s+(os|sys|subprocess|socket)\b|(^|[;&|]\s*)(curl|wget|rm|bash|sh|nc)\s+-?|/bin/(ba)?sh|javascript:",
    re.IGNORECASE,
)
_CODE_KEYS = frozenset(("auto_map", "custom_pipelines", "py/object", "py/reduce", "py/type", "py/function", "py/state",
                        "py/newargs", "py/repr", "_target_", "__reduce__"))  # fmt: skip
"""JSON keys that name Python code to import: transformers, jsonpickle, hydra."""


def scan_text(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what in a text file a loader or a shell would run."""
    raw = bytes(data)
    if raw.startswith(b"#!"):
        yield suspicious("text.code", 0, language="script")
    elif _is_source(raw):
        yield suspicious("text.code", 0, language="Python")
    found = _YAML.search(raw)
    if found:
        yield unsafe("text.yaml-tag", found.start())
    if re.search(rb"(?m)^[ \t-]*_target_[ \t]*:|trust_remote_code['\"]?\s*:\s*[Tt]rue", raw):
        yield suspicious("text.names-code", 0, name="_target_ / trust_remote_code")
    text = raw.decode("utf-8", "replace")
    if _TEMPLATE.search(text):
        yield from _template(text)


def scan_json(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what in a JSON document makes a known loader import or run code."""
    if len(data) > MAX_JSON:
        yield uncovered("limit.size", 0)
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        yield suspicious("json.unparsable", 0)
        return
    pending: list[object] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
            yield from _keys(value)
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str) and _TEMPLATE.search(value):
            yield from _template(value)


def code_in_strings(values: Iterable[str], offset: int) -> Iterator[Note]:
    """Yield a note for each text that is there to be executed by something: scripts, shell, template escapes."""
    for value in values:
        if _SCRIPT.search(value) or (_TEMPLATE.search(value) and _ESCAPE.search(value)):
            yield suspicious("text.code-in-metadata", offset, name=value[:80])


def _template(text: str) -> Iterator[Note]:
    for part in _TEMPLATE.split(text)[1:]:
        escape = _ESCAPE.search(_TEMPLATE_END.split(part, maxsplit=1)[0])
        if escape:
            yield unsafe("text.template", 0, name=escape[0])
            return


def _keys(value: dict[str, object]) -> Iterator[Note]:
    for key in sorted(_CODE_KEYS & value.keys()):
        yield suspicious("text.names-code", 0, name=key)
    if value.get("trust_remote_code") is True:
        yield suspicious("text.names-code", 0, name="trust_remote_code")
    if value.get("class_name") in {"Lambda", "__lambda__"}:
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
