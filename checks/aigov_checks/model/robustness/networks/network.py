"""A model that is a function on torch tensors, wherever it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from aigov import UnsupportedInputError, msg

Tensor = Any  # torch is untyped
_PAIR = 2


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A model on tensors; rows are independent samples."""

    name: str
    run: Callable[[Tensor], Any]
    """From samples (n, ...) to a tensor, or several in a tuple, a list or a dictionary."""
    dtype: npt.DTypeLike
    """Floating-point type that it takes."""
    move: Callable[[str], Network]
    """Returns the same network on another torch device."""
    before: Callable[[Tensor], Tensor] | None = None
    """The same without its final softmax or sigmoid; None where there is none, or where it cannot be taken off."""
    straight: Callable[[], Network | None] = lambda: None
    """Returns the same network with the slope of the identity in place of rounding; None where nothing rounds."""
    shape: tuple[int | None, ...] | None = None
    """Shape of one sample where the model fixes it; None for a free axis."""
    batch: int | None = None
    """Number of samples of a call where the model fixes it."""
    device: str = "cpu"


def tensors_of(output: Any) -> list[Tensor]:  # whatever a module returns
    """Return the tensors of an output, in their order."""
    match output:
        case Mapping():
            parts: Sequence[Any] = list(output.values())  # of any type
        case tuple() | list():
            parts = output
        case _:
            return [output] if hasattr(output, "requires_grad") else []
    return [tensor for part in parts for tensor in tensors_of(part)]


def place_of(outputs: Sequence[Tensor]) -> int:
    """Return which output is read: the first with several floats a sample, else the first with floats, else the first.

    Raises:
        UnsupportedInputError: there is no tensor.
    """
    if not outputs:
        raise UnsupportedInputError(msg("robustness.network.no-tensor"))
    floats = [place for place, item in enumerate(outputs) if item.is_floating_point()]
    wide = [place for place in floats if outputs[place].ndim > 1 and outputs[place][0].numel() > 1]
    return (wide or floats or [0])[0]


def flat(output: Tensor) -> Tensor:
    """Return an output as one row a sample.

    Raises:
        UnsupportedInputError: it has several axes beside the sample, as the answer to each pixel has.
    """
    rows = output.reshape(len(output), -1) if output.ndim else output
    if output.ndim > _PAIR and rows.shape[1] != output.shape[1]:
        shape = "x".join(map(str, output.shape[1:]))
        raise UnsupportedInputError(msg("robustness.output-shape", output="0", shape=shape))
    return rows
