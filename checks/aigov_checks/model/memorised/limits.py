"""How far the readers go beyond the limits of `model.serialization`; what lies beyond is said, and never clean."""

from __future__ import annotations

MAX_STRINGS = 10_000_000
"""Strings of a file that are scanned; the largest vocabularies have a quarter of a million."""
MAX_STRING = 1 << 16
"""Bytes of a string that is scanned in one piece; longer ones are cut at a space or newline."""
MAX_VALUES = 1 << 26
"""Numbers that a document of text or a pickle may hold one by one and that are looked at as rows (64 Mi)."""
MAX_CANDIDATES = 2_000_000
"""Places of a file that may hold a row and are compared byte by byte; some ten seconds."""
MAX_NESTING = 64
"""Lists inside lists of GGUF and UBJSON."""
