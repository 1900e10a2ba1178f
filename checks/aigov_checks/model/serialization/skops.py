"""skops: a tree of JSON nodes that name types; each type is held against the same list as in a pickle."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.limits import MAX_JSON
from aigov_checks.model.serialization.names import Trust, effect_of, trust_of
from aigov_checks.model.serialization.notes import Context, Note, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADERS = words(
    """DictNode DefaultDictNode ListNode SetNode TupleNode FunctionNode TypeNode SliceNode ObjectNode JsonNode
    BytesNode BytearrayNode NdArrayNode MaskedArrayNode RandomStateNode RandomGeneratorNode DTypeNode
    SparseMatrixNode TreeNode LossNode CachedNode ConstructorFromReduceNode _DictWithDeprecatedKeysNode
    QuantileForestNode""",
)
"""Loaders that build data; those that make methods, partials and operators are named one by one."""
_BUILT_IN = frozenset(("builtins.map", "builtins.NoneType", "builtins.type", "builtins.function"))
"""Types that skops names for values that it builds itself."""


def scan_schema(data: memoryview, context: Context) -> Iterator[Note]:
    """Yield every type of a skops schema that is not known to be harmless."""
    if len(data) > MAX_JSON:
        yield uncovered("limit.size", 0)
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        yield suspicious("json.unparsable", 0)
        return
    if not isinstance(document, dict) or "__loader__" not in document:
        yield suspicious("skops.schema", 0)
        return
    pending: list[object] = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pending.extend(node.values())
            if "__loader__" in node or "__class__" in node:
                yield from _node(node, context)
        elif isinstance(node, list):
            pending.extend(node)


def _node(node: dict[str, object], context: Context) -> Iterator[Note]:
    loader = str(node.get("__loader__", ""))
    if loader not in _LOADERS:
        yield suspicious("skops.loader", 0, name=loader)
    content = node.get("content")
    if loader == "FunctionNode" and isinstance(content, dict):
        yield from _type(str(content.get("module_path", "")), str(content.get("function", "")), context)
    elif loader == "TypeNode" and isinstance(content, dict):
        yield from _type(str(content.get("__module__", "")), str(content.get("__class__", "")), context)
    module, name = str(node.get("__module__", "")), str(node.get("__class__", ""))
    if loader not in {"FunctionNode", "TypeNode"} or f"{module}.{name}" not in _BUILT_IN | {"numpy.ufunc"}:
        yield from _type(module, name, context)


def _type(module: str, name: str, context: Context) -> Iterator[Note]:
    full = f"{module}.{name}"
    match trust_of(module, name, context.allow):
        case Trust.DANGEROUS if full not in _BUILT_IN:
            yield replace(unsafe("skops.type", 0, name=full), effect=effect_of(module, name))
        case Trust.UNKNOWN:
            yield suspicious("skops.type", 0, name=full)
        case _:
            return
