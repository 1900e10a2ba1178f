"""Which classes and functions a model file may name: an exact list, rules for CamelCase classes, and known dangers.

Everything else is unknown and says its own name, so that a policy can allow it. A list of dangers is never what
protects (CWE-184): it only makes the label of what is not allowed anyway worse.
"""

from __future__ import annotations

import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from enum import Enum

from aigov_checks.model.serialization.name_lists import DANGEROUS, EXACT, NOT_BY_RULE, STANDARD_LIBRARY
from aigov_checks.model.serialization.words import words


class Trust(Enum):
    """What may be done with a name."""

    CALLABLE = "callable"
    """Harmless whatever it is called with."""
    CONSTRUCTIBLE = "constructible"
    """A class whose bare instance is harmless; calling it may open a file."""
    UNKNOWN = "unknown"
    DANGEROUS = "dangerous"


_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_MODULE = re.compile(rf"{_IDENTIFIER}(\.{_IDENTIFIER})*")
_CLASS = re.compile(r"_?[A-Z][A-Za-z0-9]*|(bsr|coo|csc|csr|dia|dok|lil)_(matrix|array)")
_PRIVATE_PARTS = words("callback conftest datasets estimator_checks externals testing _testing tests _test_common")
_RULES = (
    ("sklearn", Trust.CALLABLE),
    ("scipy.sparse", Trust.CALLABLE),
    ("torch.nn.modules", Trust.CONSTRUCTIBLE),
    ("torch.ao.nn", Trust.CONSTRUCTIBLE),
    ("xgboost.sklearn", Trust.CONSTRUCTIBLE),
    ("xgboost.core", Trust.CONSTRUCTIBLE),
    ("lightgbm.sklearn", Trust.CONSTRUCTIBLE),
    ("lightgbm.basic", Trust.CONSTRUCTIBLE),
    ("catboost.core", Trust.CONSTRUCTIBLE),
    ("pandas.core", Trust.CONSTRUCTIBLE),
)
"""Package prefixes whose CamelCase classes are known; what such a module only imports is in `NOT_BY_RULE`."""
_SCRIPTED = re.compile(rf"__torch__(\.{_IDENTIFIER})*")
"""Where TorchScript says that its own classes are: no module that Python could import, whatever comes after."""
_COMPILED = re.compile(r"__pyx_unpickle_[A-Za-z0-9_]+|newObj")
_PYTHON_2 = 3
"""First protocol at which the names of Python 2 are no longer translated."""


def translated(module: str, name: str, protocol: int) -> tuple[str, str]:
    """Return the name that Python 3 looks up; below protocol 3 the names of Python 2 are renamed (`fix_imports`)."""
    if protocol >= _PYTHON_2:
        return module, name
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def trust_of(module: str, name: str, allow: frozenset[str]) -> Trust:
    """Return what may be done with `module.name`; `allow` never lifts a danger."""
    full = f"{module}.{name}"
    if full in EXACT:
        return Trust.CALLABLE
    if "." in name or effect_of(module, name):
        return Trust.DANGEROUS
    if full in allow:
        return Trust.CALLABLE
    return _by_rule(module, name)


def effect_of(module: str, name: str) -> str:
    """Return the id of what a dangerous name can do, such as `command` or `network`; else an empty text."""
    entries = {f"{module}.{name}", *_ancestors(module)}
    for effect, known in DANGEROUS:
        if entries & known:
            return effect
    if "." in name:
        return "dotted"
    return "library" if module.partition(".")[0] in STANDARD_LIBRARY else ""


def is_name(module: str, name: str) -> bool:
    """Whether both could be imported at all: plain identifiers joined by dots."""
    return bool(_MODULE.fullmatch(module)) and bool(_MODULE.fullmatch(name))


def _ancestors(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _by_rule(module: str, name: str) -> Trust:
    if _SCRIPTED.fullmatch(module) and re.fullmatch(_IDENTIFIER, name):
        return Trust.CONSTRUCTIBLE
    if not _MODULE.fullmatch(module) or name in NOT_BY_RULE or _PRIVATE_PARTS & set(module.split(".")):
        return Trust.UNKNOWN
    for prefix, trust in _RULES:
        if module == prefix or module.startswith(prefix + "."):
            if _CLASS.fullmatch(name):
                return trust
            if prefix == "sklearn" and _COMPILED.fullmatch(name):
                return Trust.CALLABLE
    return Trust.UNKNOWN
