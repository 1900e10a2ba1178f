"""Programs of `torch.export`: the operators that the graph names, and the expressions that loading evaluates.

Source: torch/_export/serde of PyTorch: an operator is looked up by its dotted name from the module torch on, sizes are
parsed by sympy, which evaluates what it reads, and guards are Python code.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_TEXT
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.torchscript import OUT, SPACES
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = re.compile(r"[^/]+/models/[^/]+\.json")
"""Members that hold a graph."""
CONFIG = re.compile(r"[^/]+/data/(weights|constants)/[^/]+_config\.json")
"""Members that say how each weight is stored."""
RAW = re.compile(
    r"[^/]+/data/(weights/weight|constants/tensor)_\d+|"
    r"([^/]+/)?(archive_format|archive_version|byteorder|version|\.data/(version|serialization_id))",
)
"""Members that are raw numbers, as long as no configuration calls one of them a pickle."""
COMPILED = re.compile(r"[^/]+/data/aotinductor/")
"""How the name of a member begins that was compiled to machine code."""
_FORMAT = "torch-export"
_DEEPEST = 200
_HIGHER = words("cond while_loop scan associative_scan wrap_with_set_grad_enabled wrap_with_autocast map_impl")
"""Operators that run parts of the same graph."""
_PURE = re.compile(
    r"_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)|"
    r"math\.[a-z0-9]+|torch\.(_sym|sym)_[a-z0-9]+",
)
"""Functions of numbers."""
_SIZE = re.compile(
    r"(Symbol\('\w+'(, [a-z]+=(True|False))*\)|Float\('[\d.e+-]+', precision=\d+\)|"
    r"(Add|Mul|Pow|Mod|Max|Min|Integer|Rational|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|Equality|Unequality|GreaterThan|LessThan|"
    r"StrictGreaterThan|StrictLessThan|FloorDiv|ModularIndexing|Where|PythonMod|CleanDiv|CeilDiv|CeilToInt|FloorToInt|"
    r"TruncToInt|RoundToInt|RoundDecimal|ToFloat|IntTrueDiv|FloatTrueDiv|PowByNatural|FloatPow|OpaqueUnaryFn_sqrt)(?=\()|"
    r"(true|false|True|False|oo|int_oo)\b|[szu]u?\d+\b|\d+(\.\d+)?\b|[-+*/(), ])*",
)
_GUARD = re.compile(r"(L\['\w+'\]|\.size\(\)|\[\d+\]|\d+|and\b|or\b|not\b|[<>=!]=|[-+*/%()<> ])*")
_LENGTHS = (4, 5)
"""Parts of the name of an operator: torch, ops, namespace, name, overload."""


def scan_program(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what a graph calls or evaluates beyond the operators of PyTorch and sizes."""
    for key, value in _leaves(data):
        if isinstance(value, Note):
            yield value
        elif key in {"target", "as_operator"}:
            yield from _operator(value)
        elif key in _EVALUATED and not _EVALUATED[key](value):
            yield unsafe("model.code", 0, format=_FORMAT, name=value)


def scan_config(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield where a weight is a pickle or an object, and not raw numbers."""
    for key, value in _leaves(data):
        if isinstance(value, Note):
            yield value
        elif key in _STORED and not _STORED[key](value):
            yield unsafe("model.code", 0, format=_FORMAT, name=f"{key} {value}")


def _is_spec(value: str) -> bool:
    """Whether the description of a container, JSON within JSON, imports nothing."""
    return not any(word in value for word in ("__enum__", "defaultdict", "default_factory", "\\u"))


_EVALUATED: dict[str, Callable[[str], bool]] = {
    "expr_str": lambda value: _SIZE.fullmatch(value) is not None,
    "guards_code": lambda value: _GUARD.fullmatch(value) is not None,
    "in_spec": _is_spec,
    "out_spec": _is_spec,
}
_STORED: dict[str, Callable[[str], bool]] = {
    "use_pickle": lambda value: value == "False",
    "path_name": lambda value: re.fullmatch(r"(weight|tensor)_\d+", value) is not None,
}


def _operator(name: str) -> Iterator[Note]:
    if _PURE.fullmatch(name):
        return
    parts = name.split(".")
    if parts[:2] != ["torch", "ops"] or len(parts) not in _LENGTHS or any(part.startswith("__") for part in parts):
        yield unsafe("model.code", 0, format=_FORMAT, name=name)
        return
    space, operator = parts[2:4]
    if operator in OUT:
        yield unsafe("model.reaches-out", 0, format=_FORMAT, name=name)
    elif operator not in _HIGHER if space == "higher_order" else space not in SPACES:
        yield suspicious("model.custom", 0, format=_FORMAT, name=name)


def _leaves(data: memoryview) -> Iterator[tuple[str, str | Note]]:
    """Yield every text and truth value of a JSON document with the name under which it stands, or what is wrong."""
    if len(data) > MAX_TEXT:
        yield "", uncovered("limit.size", 0)
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        yield "", suspicious("model.unparsable", 0, format=_FORMAT)
        return
    waiting = [("", document, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > _DEEPEST:
            yield key, uncovered("limit.depth", 0)
            return
        if isinstance(value, dict):
            waiting.extend((name, item, depth + 1) for name, item in value.items())
        elif isinstance(value, list):
            waiting.extend((key, item, depth + 1) for item in value)
        elif isinstance(value, str | bool):
            yield key, str(value)
