"""Where a model is measured: how long a call of it may take, which files may run code, and what a check must offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from aigov import Measured, Model, Subject

Clock = Callable[[], AbstractContextManager[None]]
"""Returns a context whose body may take only so long."""

Keep = Callable[[Mapping[str, Any]], None]  # Any: numpy arrays
"""Takes arrays that prove what was measured, of equal length; one of them is `x`."""


def _kept_by_nobody(_: Mapping[str, Any]) -> None:  # Any: numpy arrays
    """Forget the arrays."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The place of a measurement; without anything said, this process, where nothing may run code."""

    clock: Clock = nullcontext
    admitted: frozenset[str] = frozenset()
    """SHA-256 of files that were scanned and are trusted; only ever said inside the sandbox."""
    keep: Keep = _kept_by_nobody


HERE = Setting()
"""This process: nothing may run code, and nothing keeps the time."""


def _none(_subject: Subject, _params: object) -> tuple[Model, ...]:
    return ()


class Params(Protocol):
    """What the parameters of a check that runs a model have in common."""

    @property
    def model(self) -> str:
        """Name of the model; empty for the first one."""

    @property
    def seconds(self) -> float:
        """Wall clock that the check means to take, about."""

    @property
    def call_seconds(self) -> float:
        """Wall clock of loading the model, and of one call of it."""

    @property
    def allow(self) -> tuple[str, ...]:
        """Names of classes of one's own that a trusted pickle may hold."""

    @property
    def allow_list(self) -> str:
        """Signed list of more such names; empty for none."""

    @property
    def allow_list_key(self) -> str:
        """PEM file of the public key that signs the list."""


@dataclass(frozen=True, slots=True)
class Inner:
    """What a check does with a model, as the sandbox finds it and as this process does."""

    entry: str
    """`module:function` that calls `answered` with the same function."""
    measure: Callable[[Subject, Any, Setting], Measured]  # Any: the check's own parameters
    frameworks: tuple[str, ...] = field(default=())
    """Modules that an ONNX model needs beside its runtime."""
    datasets: tuple[str, ...] = ("dataset",)
    """Parameters that name the data sets on which the model is measured."""
    companions: Callable[[Subject, Any], tuple[Model, ...]] = _none
    """Returns models that are measured together with it; the last argument are the check's own parameters."""
    evidence: str = ""
    """How the name of the file of evidence begins, where the check keeps arrays."""
