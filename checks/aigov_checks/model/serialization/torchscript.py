"""TorchScript: the text of its program, read as Python and never run; which operators it calls decides.

Source: torch/csrc/jit/docs/serialization.md of PyTorch.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_TEXT
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACES = words(
    """aten prim prims quantized quantized_decomposed onednn mkldnn mkldnn_prepacked profiler inductor sparse
    torchvision torchaudio static_runtime""",
)
"""Namespaces of operators that come with PyTorch or its own libraries."""
OUT = words(
    """from_file save load read_file write_file _load_state_dict open import_ hub package file_ decode_video
    read_video""",
)
"""Operators that read or write files."""
_NAMES = words(
    """eval exec compile __import__ open getattr setattr globals os sys subprocess importlib builtins ctypes
    socket""",
)


def scan_code(data: memoryview, _context: Context) -> Iterator[Note]:
    """Yield what one file of a TorchScript program does that no model needs."""
    if len(data) > MAX_TEXT:
        yield uncovered("limit.size", 0)
        return
    try:
        tree = ast.parse(bytes(data))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        yield suspicious("torchscript.unparsable", 0)
        return
    plain = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_member(node)}
    for node in ast.walk(tree):
        if id(node) in plain:
            continue
        if isinstance(node, ast.Attribute):
            yield from _attribute(_dotted(node))
        elif isinstance(node, ast.Name) and node.id in _NAMES:
            yield unsafe("model.code", 0, format="torchscript", name=node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _import(node)


def _is_member(call: ast.Call) -> bool:
    """Whether a call is how the compiler writes a member whose name is no identifier: `getattr(self, "0")`."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name))], keywords=[]):
            return not name.startswith("__")
        case _:
            return False


def _import(node: ast.Import | ast.ImportFrom) -> Iterator[Note]:
    inside = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
    for alias in node.names:
        if not f"{inside}{alias.name}".startswith("__torch__"):
            yield unsafe("model.code", 0, format="torchscript", name=f"import {inside}{alias.name}")


def _dotted(node: ast.expr) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else [""]), *reversed(parts)])


def _attribute(name: str) -> Iterator[Note]:
    parts = name.split(".")
    if parts[0] in {"ops", "torch"} and parts[-1] in OUT:
        yield unsafe("model.reaches-out", 0, format="torchscript", name=name)
    elif parts[0] == "ops" and len(parts) > 2 and parts[1] not in SPACES:  # noqa: PLR2004  # ops, namespace, name
        yield suspicious("model.custom", 0, format="torchscript", name=name)
