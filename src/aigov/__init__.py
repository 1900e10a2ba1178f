"""Audit industrial AI: measure models and data, judge against policies, report for people and pipelines.

Everything public is here by name and loaded on first use, so that `aigov --help` costs no more than it must.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aigov.audit import Options, audit
    from aigov.check import Check, Json, Observed, Part, Split, Unit, check, need, split_check
    from aigov.errors import (
        AigovError,
        InputError,
        MissingExtraError,
        MissingInputError,
        NonConformant,
        Place,
        PluginError,
        PolicyError,
        SignatureError,
        UnsupportedInputError,
        UsageError,
    )
    from aigov.i18n import FrozenMap, Message, Quantity, Text, msg, say
    from aigov.intervals import clopper_pearson, count, flag, ratio
    from aigov.model import (
        Agreement,
        ArtifactStatus,
        Assessment,
        Bar,
        Comparison,
        Conclusion,
        Crashed,
        Dataset,
        Endpoint,
        Evidence,
        Example,
        Figure,
        File,
        Finding,
        Interval,
        Location,
        Measured,
        Measurement,
        Model,
        NotPerformed,
        Observation,
        Occurrence,
        Raster,
        Redacted,
        Role,
        Severity,
        Shade,
        Status,
        Subject,
        Table,
        Tier,
        Trace,
        Verdict,
    )
    from aigov.reporter import Reporter

__version__ = "0.1.0"

__all__ = [
    "Agreement",
    "AigovError",
    "ArtifactStatus",
    "Assessment",
    "Bar",
    "Check",
    "Comparison",
    "Conclusion",
    "Crashed",
    "Dataset",
    "Endpoint",
    "Evidence",
    "Example",
    "Figure",
    "File",
    "Finding",
    "FrozenMap",
    "InputError",
    "Interval",
    "Json",
    "Location",
    "Measured",
    "Measurement",
    "Message",
    "MissingExtraError",
    "MissingInputError",
    "Model",
    "NonConformant",
    "NotPerformed",
    "Observation",
    "Observed",
    "Occurrence",
    "Options",
    "Part",
    "Place",
    "PluginError",
    "PolicyError",
    "Quantity",
    "Raster",
    "Redacted",
    "Reporter",
    "Role",
    "Severity",
    "Shade",
    "SignatureError",
    "Split",
    "Status",
    "Subject",
    "Table",
    "Text",
    "Tier",
    "Trace",
    "Unit",
    "UnsupportedInputError",
    "UsageError",
    "Verdict",
    "__version__",
    "audit",
    "check",
    "clopper_pearson",
    "count",
    "flag",
    "msg",
    "need",
    "ratio",
    "say",
    "split_check",
]

_HOMES = {
    "aigov.audit": "Options audit",
    "aigov.check": "Check Json Observed Part Split Unit check need split_check",
    "aigov.errors": (
        "AigovError InputError MissingExtraError MissingInputError NonConformant Place PluginError "
        "PolicyError SignatureError UnsupportedInputError UsageError"
    ),
    "aigov.i18n": "FrozenMap Message Quantity Text msg say",
    "aigov.intervals": "clopper_pearson count flag ratio",
    "aigov.model": (
        "Agreement ArtifactStatus Assessment Bar Comparison Conclusion Crashed Dataset Endpoint Evidence Example "
        "Figure File Finding Interval Location Measured Measurement Model NotPerformed Observation Occurrence Raster "
        "Redacted Role Severity Shade Status Subject Table Tier Trace Verdict"
    ),
    "aigov.reporter": "Reporter",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it."""
    if name not in _HOME:
        raise AttributeError(f"module 'aigov' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps `aigov.audit` and `aigov.check` the functions although modules of these names exist; ADR 0002."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
