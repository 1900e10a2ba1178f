"""JSON of strangers: bounded in depth, without duplicate names, every field asked for by name."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from aigov.errors import Place, SignatureError
from aigov.i18n import Arg, msg
from aigov.redact import public

if TYPE_CHECKING:
    from collections.abc import Collection

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of such

MAX_DEPTH = 32
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""Strings and brackets; an unclosed string runs to the end and nothing is tried twice, so time is linear."""


class UnsupportedSignatureError(SignatureError):
    """A signature of a kind that is not verified here; nothing is known about whether it holds."""


@dataclass(frozen=True, slots=True)
class StrictJson:
    """Reads one signature file; every refusal is a SignatureError at `place`."""

    place: Place

    def refuse(self, id_: str, /, **args: Arg) -> NoReturn:
        """Raise the SignatureError `id_` at this place."""
        raise SignatureError(msg(id_, **args), self.place)

    def leave(self, id_: str, /, **args: Arg) -> NoReturn:
        """Raise the UnsupportedSignatureError `id_` at this place."""
        raise UnsupportedSignatureError(msg(id_, **args), self.place)

    def parse(self, data: bytes) -> Json:
        """Return the value of a UTF-8 JSON text; no byte order mark, no NaN, no duplicate names."""
        if not data:
            self.refuse("signing.empty-file")
        if _depth(data) > MAX_DEPTH:
            self.refuse("signing.too-deep", limit=MAX_DEPTH)
        try:
            return json.loads(data.decode("utf-8"), object_pairs_hook=self._unique, parse_constant=self._constant)
        except (ValueError, RecursionError) as error:
            raise SignatureError(msg("signing.not-json", detail=public(str(error), 120)), self.place) from error

    def members(
        self, value: Json, where: str, required: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, Json]:
        """Return an object that has every required member and none beyond the optional ones."""
        found = self.object(value, where)
        for name in required:
            if name not in found:
                self.refuse("signing.missing-field", field=f"{where}.{name}")
        for name in found:
            if name not in required and name not in optional:
                self.refuse("signing.unknown-field", field=f"{where}.{public(name, 60)}")
        return found

    def object(self, value: Json, where: str) -> dict[str, Json]:
        """Return a JSON object."""
        if not isinstance(value, dict):
            self.refuse("signing.wrong-type", field=where, expected="object")
        return value

    def array(self, value: Json, where: str, limit: int) -> list[Json]:
        """Return a JSON array of at most `limit` items."""
        if not isinstance(value, list):
            self.refuse("signing.wrong-type", field=where, expected="array")
        if len(value) > limit:
            self.refuse("signing.too-many", field=where, limit=limit)
        return value

    def text(self, value: Json, where: str) -> str:
        """Return a string that is not empty."""
        if not isinstance(value, str) or not value:
            self.refuse("signing.wrong-type", field=where, expected="string")
        return value

    def base64(self, value: Json, where: str) -> bytes:
        """Return the bytes of a string in standard base64, without white space."""
        try:
            return base64.b64decode(self.text(value, where).encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            self.refuse("signing.not-base64", field=where)

    def _unique(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.refuse("signing.duplicate-field", field=public(twice, 60))
        return found

    def _constant(self, text: str) -> NoReturn:
        self.refuse("signing.not-json", detail=text)


def _depth(data: bytes) -> int:
    """Return how deep brackets nest outside strings, without recursion; at most one more than is allowed."""
    depth = deepest = 0
    for token in _TOKENS.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif first in b"]}":
            depth -= 1
    return deepest
