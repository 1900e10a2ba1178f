"""One bounded way to read a YAML or JSON file, with the line of everything in it."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov.errors import InputError, Place
from aigov.i18n import FrozenMap, Message, Quantity, msg
from aigov.load.jsontext import read_json
from aigov.load.node import Limits, Source, flatten
from aigov.load.yaml import read_yaml

if TYPE_CHECKING:
    from os import PathLike

DEFAULT_LIMITS = Limits()

_FLAGS: int = getattr(os, "O_NONBLOCK", 0)
"""Without `O_NONBLOCK`, opening a named pipe would wait for ever."""
_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read. Mappings are FrozenMap, lists are tuples, dates are `datetime.date`."""

    value: Any  # whatever the file holds: FrozenMap, tuple, str, int, float, bool, date or None
    lines: FrozenMap[str, int]
    """JSON pointer of every value to the 1-based line of its key (of itself in a list)."""
    path: str
    sha256: str
    """Of the bytes of the file, in hexadecimal."""

    def line(self, pointer: str) -> int | None:
        """Return the line of a JSON pointer, or else of the nearest thing around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)

    def place(self, pointer: str = "") -> Place:
        """Return file and line of a JSON pointer, for an error message."""
        return Place(self.path, self.line(pointer))

    def error(self, message: Message, pointer: str = "", hint: Message | None = None) -> InputError:
        """Return an error at a JSON pointer."""
        return InputError(message, self.place(pointer), hint)


def load_document(path: str | PathLike[str], limits: Limits = DEFAULT_LIMITS, *, name: str | None = None) -> Document:
    """Return what a YAML (or, by its name, `.json`) file holds; errors call the file `name`, or else as given.

    Raises:
        InputError: the file is missing, unreadable, too large, not UTF-8, not well-formed, or beyond a limit.
    """
    return parse_document(read_bytes(path, limits.size, name=name), name or str(path), limits)


def parse_document(data: bytes, path: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Return what the bytes of a file named `path` hold.

    Raises:
        InputError: as `load_document`.
    """
    source = Source.of(_decode(data, path), path, limits)
    control = _CONTROL.search(source.text)
    if control:
        code = f"U+{ord(control.group()):04X}"
        raise source.error(msg("load.control-character", code=code), source.line(control.start()))
    root = read_json(source) if path.endswith(".json") else read_yaml(source)
    if root is None:
        raise source.error(msg("load.empty"), None)
    value, lines = flatten(root, source)
    return Document(value, lines, path, hashlib.sha256(data).hexdigest())


def read_bytes(path: str | PathLike[str], limit: int, *, name: str | None = None) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises:
        InputError: it is missing, unreadable, no regular file or too large.
    """
    place = Place(name or str(path))
    try:
        with open(path, "rb", opener=_opener) as stream:  # `Path.open` takes no opener
            data = stream.read(limit + 1)
    except _NotRegularError as error:
        raise InputError(msg("load.not-a-file"), place) from error
    except FileNotFoundError as error:
        raise InputError(msg("load.missing"), place) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(msg("load.unreadable", reason=reason), place) from error
    if len(data) > limit:
        raise InputError(msg("load.too-large", limit=Quantity(limit, "bytes")), place)
    return data


class _NotRegularError(Exception):
    """A folder, pipe, socket or device."""


def _opener(path: str, flags: int) -> int:
    """Return a descriptor of a regular file; it is asked of what was opened, because a path can be swapped."""
    descriptor = os.open(path, flags | _FLAGS)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise _NotRegularError


def _decode(data: bytes, path: str) -> str:
    if data.startswith(_OTHER_BOMS):
        raise InputError(msg("load.not-utf8"), Place(path, 1), msg("load.not-utf8.hint"))
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(msg("load.not-utf8"), Place(path, line), msg("load.not-utf8.hint")) from error
