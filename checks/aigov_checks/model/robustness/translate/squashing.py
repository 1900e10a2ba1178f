"""Activations inside recurrent layers, by name, with the defaults of their own operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

Tensor = Any  # torch is untyped
_PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softsign": functional.softsign,
    "softplus": functional.softplus,
}
_SHAPED: dict[str, tuple[Callable[[Tensor, float, float], Tensor], float, float | None]] = {
    "leakyrelu": (lambda x, alpha, _: functional.leaky_relu(x, alpha), 0.01, None),
    "thresholdedrelu": (lambda x, alpha, _: x * (x > alpha), 1.0, None),
    "elu": (lambda x, alpha, _: functional.elu(x, alpha), 1.0, None),
    "hardsigmoid": (lambda x, alpha, beta: torch.clamp(alpha * x + beta, 0, 1), 0.2, 0.5),
    "scaledtanh": (lambda x, alpha, beta: alpha * torch.tanh(beta * x), 1.0, 1.0),
    "affine": (lambda x, alpha, beta: alpha * x + beta, 1.0, 0.0),
}
"""Function of the value and of its two numbers, with their defaults; None where it has only the first."""


def function_of(name: str, alphas: list[float], betas: list[float]) -> Callable[[Tensor], Tensor]:
    """Return an activation; one with numbers takes the next of the lists, where there is one.

    Raises:
        KeyError: an activation that no recurrent layer has.
    """
    key = name.lower()
    if key in _PLAIN:
        return _PLAIN[key]
    run, alpha, beta = _SHAPED[key]
    first = float(alphas.pop(0)) if alphas else alpha
    second = 0.0 if beta is None else float(betas.pop(0)) if betas else beta
    return lambda x: run(x, first, second)
