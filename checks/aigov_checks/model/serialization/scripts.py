"""Scripts beside models: shells of Unix and Windows, known by how they are written and not by their names."""

from __future__ import annotations

import re

_LONGEST = 1 << 16
"""Bytes of a text that are looked at."""
_ENOUGH = 2
"""Different signs that make a script of a text without a first line that says so."""
_FENCE = re.compile(rb"^(```|~~~).*?^(```|~~~)", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(rb"^( {4}|\t).*$", re.MULTILINE)
_SURE = (
    ("batch", re.compile(rb"\A\s*(rem\b[^\n]*\n)*@echo\s+off\b", re.IGNORECASE)),
    (
        "PowerShell",
        re.compile(
            rb"^[ \t]*(\[CmdletBinding\(|param\s*\(|Set-ExecutionPolicy\b|IEX\b|Start-Process\b|"
            rb"Invoke-(Expression|WebRequest|Command)\b|\$\w+\s*=\s*New-Object\b)",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    ("VBScript", re.compile(rb"\bCreateObject\s*\(\s*\"(WScript|Scripting|MSXML2|Shell|ADODB)\.", re.IGNORECASE)),
    ("HTML script", re.compile(rb"<script\b[^>]{0,999}>|<iframe\b", re.IGNORECASE)),
)
_SHELL = (
    re.compile(rb"^[ \t]*set\s+-[euxo]+\b", re.MULTILINE),
    re.compile(
        rb"^[ \t]*(export|source|sudo|chmod|chown|mkdir -p|rm -r?f|curl|wget|nohup|eval|exec|trap)\s+\S", re.MULTILINE
    ),
    re.compile(rb"^[ \t]*if \[.*\][ \t]*;[ \t]*then\b", re.MULTILINE),
    re.compile(rb"^[ \t]*(for \w+ in .*;[ \t]*do|while .*;[ \t]*do)\b", re.MULTILINE),
    re.compile(rb"^[ \t]*(fi|done|esac)[ \t\r]*$", re.MULTILINE),
    re.compile(rb"\|\s*(ba|z)?sh\b"),
    re.compile(rb"^[A-Z_]+=\$[({]", re.MULTILINE),
)


def language(raw: bytes) -> str:
    """Return the language of a script; empty for text. Code that a page quotes is no script."""
    if raw.startswith(b"#!"):
        return "script"
    text = _INDENTED.sub(b"", _FENCE.sub(b"", raw[:_LONGEST])) if b"```" in raw or b"~~~" in raw else raw[:_LONGEST]
    for name, sign in _SURE:
        if sign.search(text):
            return name
    signs = sum(sign.search(text) is not None for sign in _SHELL)
    return "shell" if signs >= _ENOUGH else ""
