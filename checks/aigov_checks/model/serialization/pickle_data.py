"""Pickles kept as data inside a pickle: nothing runs at load, but nothing honest hides code like this."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING

from aigov import Status
from aigov_checks.model.serialization.notes import Context, Note, suspicious

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.model.serialization.pickle_values import Value

_BASE64 = ("gAI", "gAM", "gAN", "gAO", "gAQ", "gAR", "gAS", "gAT", "gAU", "gAV", "gAW", "gAX")
"""How the header of protocols 2 to 5 begins in base 64."""
_HEX = ("8002", "8003", "8004", "8005")
TORCH_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How torch begins the bytes of a tensor inside a pickle: the number 0x1950a86a20f9469cfc6c, as a pickle."""
_SHORTEST = 8
_LONGEST = 1 << 20
"""Bytes of a value that is decoded (1 MiB)."""


def data_inside(value: Value, offset: int, context: Context) -> Iterator[Note] | None:
    """Return notes if text or bytes are a pickle by themselves; None for the many values that cannot be one."""
    if len(value) < _SHORTEST or context.depth <= 0:
        return None
    if isinstance(value, memoryview):
        return _looked_at(value, offset, context) if value[0] in _STARTS else _encoded(value, offset, context)
    if value.startswith((*_BASE64, *_HEX)):
        return _encoded(memoryview(value.encode("utf-8", "replace")), offset, context)
    if ord(value[0]) in _STARTS and ("\n" in value or value[0] == "\x80"):
        return _looked_at(memoryview(value.encode("latin-1", "replace")), offset, context)
    return None


def _encoded(value: memoryview, offset: int, context: Context) -> Iterator[Note] | None:
    head = bytes(value[:4]).decode("latin-1")
    if len(value) > _LONGEST:
        return None
    try:
        if head.startswith(_BASE64):
            return _looked_at(memoryview(base64.b64decode(value, validate=True)), offset, context)
        if head in _HEX:
            return _looked_at(memoryview(bytes.fromhex(bytes(value).decode("ascii"))), offset, context)
    except (binascii.Error, ValueError):
        return None
    return None


def _looked_at(value: memoryview, offset: int, context: Context) -> Iterator[Note]:
    from aigov_checks.model.serialization.pickle_probe import probe  # the probe runs a machine inside

    if bytes(value[: len(TORCH_MAGIC)]) == TORCH_MAGIC:
        if context.look(value, context.deeper()).status is not Status.CLEAN:
            yield suspicious("pickle.nested", offset)
        return
    seen = probe(value, replace(context, depth=context.depth - 1))
    if seen.runs or (seen.complete and value[0] == 0x80):  # noqa: PLR2004  # PROTO
        yield suspicious("pickle.nested", offset)


_STARTS = frozenset(b"\x80c(i]})NIKJMLSTUVXBCFG\x8c\x8d\x8e\x8f\x88\x89\x8a\x8b\x95\x96")
"""First bytes of a pickle that can mean something; all others end at once."""
