"""Keras: configurations of layers, which name classes, functions and files that loading looks up.

Source: the serialization formats of Keras 2 and 3; CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-12058.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aigov_checks.model.serialization.known import known
from aigov_checks.model.serialization.limits import MAX_JSON
from aigov_checks.model.serialization.names import effect_of
from aigov_checks.model.serialization.notes import Note, suspicious, uncovered, unsafe
from aigov_checks.model.serialization.text_rules import document_notes
from aigov_checks.model.serialization.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = words("Lambda __lambda__ TorchModuleWrapper JaxLayer FlaxLayer TFSMLayer")
"""Classes whose configuration is code, or the place of code."""
_MODULES = re.compile(
    r"keras(\.(src\.)?(layers|activations|initializers|optimizers|losses|metrics|regularizers|constraints|models|random|"
    r"dtype_policies|quantizers|distribution|mixed_precision)(\.[a-z_0-9.]+)?)?|(tf_)?keras\.src\.[a-z_0-9.]+",
)
_PATHS = words("vocabulary file_path filepath idf_weights")
"""Keys by which a layer reads a file; lists and numbers there are harmless."""
_FUNCTIONS = re.compile(r"[a-z][a-z0-9_]*")


def is_config(document: object) -> bool:
    """Whether a JSON document is the configuration of a Keras object."""
    return isinstance(document, dict) and isinstance(document.get("class_name"), str) and "config" in document


def scan_config(data: memoryview) -> Iterator[Note]:
    """Yield what in the text of a configuration makes Keras look up code or files; any JSON is looked at as one."""
    if len(data) > MAX_JSON:
        yield uncovered("limit.size", 0)
        return
    try:
        document = json.loads(bytes(data))
    except (ValueError, RecursionError):
        yield suspicious("json.unparsable", 0)
        return
    yield from document_notes(document)
    yield from config_notes(document)


def config_notes(document: object) -> Iterator[Note]:
    """Yield what in a parsed configuration makes Keras look up code or files."""
    pending: list[object] = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(node.values())
            if isinstance(node.get("class_name"), str):
                yield from _node(node)


def _node(node: dict[str, object]) -> Iterator[Note]:
    name = str(node["class_name"]).rpartition(">")[2]
    module, config = node.get("module"), node.get("config")
    if name in _CODE:
        if name != "Lambda":  # said already by the rules for any JSON
            yield unsafe("model.code", 0, format="keras", name=name)
    elif name == "function":
        yield from _function(module, config)
    else:
        yield from _class(module, name)
        yield from _paths(config)


def _class(module: object, name: str) -> Iterator[Note]:
    if not isinstance(module, str):
        if name not in known("keras"):
            yield suspicious("keras.class", 0, name=name)
    elif not _MODULES.fullmatch(module):
        full = f"{module}.{name}"
        if effect_of(module, name):
            yield unsafe("model.code", 0, format="keras", name=full)
        else:
            yield suspicious("keras.class", 0, name=full)


def _paths(config: object) -> Iterator[Note]:
    if not isinstance(config, dict):
        return
    for key in sorted(_PATHS & config.keys()):
        if isinstance(config[key], str) and config[key]:
            yield unsafe("model.outside", 0, format="keras", location=config[key])


def _function(module: object, config: object) -> Iterator[Note]:
    full = f"{module}.{config}" if isinstance(module, str) and module != "builtins" else str(config)
    inside = isinstance(module, str) and _MODULES.fullmatch(module) and _FUNCTIONS.fullmatch(str(config))
    if isinstance(module, str) and effect_of(module, str(config)) and module != "builtins":
        yield unsafe("model.code", 0, format="keras", name=full)
    elif not inside:
        yield suspicious("keras.class", 0, name=full)
