"""Auto-PGD on survivors: a sample leaves the batch as soon as it is broken.

Source: Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
attacks", ICML 2020 (arXiv 2003.01690), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from aigov_checks.model.robustness.losses import margin

Tensor = Any  # torch is untyped
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
_MOMENTUM = 0.75
_RHO = 0.75
_PATIENCE, _PATIENT_STEPS = 0.5, 20
"""A batch in which nothing broke for this share of the steps (20 steps at least) is given up."""
_FIRST_CHECK, _SHORTER, _SHORTEST = 0.22, 0.03, 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What is attacked, in tensors: model, centre, bounds, labels, and the class aimed at by targeted losses."""

    logits: Callable[[Tensor], Tensor]
    norm: str
    x: Tensor
    low: Tensor
    high: Tensor
    eps: Tensor
    """Shape of one sample."""
    y: Tensor
    target: Tensor
    snapped: Callable[[Tensor, Tensor], Tensor] | None = None
    """From rows and their points to the points that the model is asked about, where not all values are real numbers;
    the search itself moves freely."""


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """State of the samples still standing; the first axis of every tensor is the sample."""

    rows: Tensor
    x: Tensor
    before: Tensor
    gradient: Tensor
    best: Tensor
    best_gradient: Tensor
    best_loss: Tensor
    loss: Tensor
    step: Tensor
    gains: Tensor
    """Steps since the last check that raised the loss."""
    halved: Tensor
    loss_at_check: Tensor

    def keep(self, rows: Tensor) -> _Search:
        return _Search(*(getattr(self, item.name)[rows] for item in fields(self)))


def apgd(aim: Aim, loss: Loss, steps: int, generator: Any) -> tuple[Tensor, Tensor, int]:  # a torch.Generator
    """Return the last point of each sample (n, ...), which of them the twin calls broken, and gradients taken."""
    noise = torch.rand(aim.x.shape, generator=generator, dtype=aim.x.dtype).to(aim.x.device) * 2 - 1
    start = _project(aim, torch.arange(len(aim.x), device=aim.x.device), aim.x + noise * aim.eps)
    found, broken = start.clone(), torch.zeros(len(start), dtype=torch.bool, device=aim.x.device)
    state, taken = _begin(aim, loss, start, found, broken), len(start)
    check = interval = max(1, int(_FIRST_CHECK * steps))
    fruitless, patience = 0, max(_PATIENT_STEPS, int(_PATIENCE * steps))
    for step in range(1, steps):
        if not len(state.rows):
            break
        state = _advance(aim, state, first=step == 1)
        taken += len(state.rows)
        standing = len(state.rows)
        state = _evaluate(aim, loss, state, found, broken)
        fruitless = 0 if len(state.rows) < standing else fruitless + 1
        if fruitless > patience:
            break
        if step == check and len(state.rows):
            state = _checked(state, interval)
            interval = max(1, int(_SHORTEST * steps), interval - max(1, int(_SHORTER * steps)))
            check += interval
    return found, broken, taken


def slope(values: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of the sum of `values` by `x`; zero where they do not depend on it or it is not finite."""
    if not values.requires_grad:
        return torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(values.sum(), x, allow_unused=True)
    return torch.zeros_like(x) if gradient is None else torch.nan_to_num(gradient)


def _begin(aim: Aim, loss: Loss, start: Tensor, found: Tensor, broken: Tensor) -> _Search:
    rows = torch.arange(len(start), device=start.device)
    n = len(start)
    wide = (n, *[1] * (start.ndim - 1))
    low = start.new_full((n,), -torch.inf)
    zeros, unset = start.new_zeros(n), torch.zeros_like(start)
    state = _Search(
        rows=rows, x=start, before=start, gradient=unset, best=start, best_gradient=unset, best_loss=low, loss=low,
        step=start.new_full(wide, 2.0), gains=zeros, halved=torch.ones(n, dtype=torch.bool, device=start.device),
        loss_at_check=low,
    )  # fmt: skip
    state = _evaluate(aim, loss, state, found, broken)
    return replace(state, loss_at_check=state.best_loss, gains=torch.zeros_like(state.gains))


def _evaluate(aim: Aim, loss: Loss, state: _Search, found: Tensor, broken: Tensor) -> _Search:
    """Take loss and gradient at `state.x`; record the broken samples and drop them."""
    x = (state.x if aim.snapped is None else aim.snapped(state.rows, state.x)).detach().requires_grad_()
    y = aim.y[state.rows]
    logits = aim.logits(x)
    values = loss(logits, y, aim.target[state.rows])
    gradient = slope(values, x)
    won = ~(margin(logits.detach(), y) > 0)
    found[state.rows] = x.detach()
    broken[state.rows[won]] = True
    values = values.detach()
    better = values > state.best_loss
    wide = better.reshape(-1, *[1] * (x.ndim - 1))
    state = replace(
        state,
        gradient=gradient,
        best=torch.where(wide, state.x, state.best),
        best_gradient=torch.where(wide, gradient, state.best_gradient),
        best_loss=torch.where(better, values, state.best_loss),
        gains=state.gains + (values > state.loss),
        loss=values,
    )
    return state.keep(~won) if bool(won.any()) else state


def _advance(aim: Aim, state: _Search, *, first: bool) -> _Search:
    """Move one step up the gradient, with momentum."""
    direction = _direction(aim, state.gradient)
    ahead = _project(aim, state.rows, state.x + state.step * aim.eps * direction)
    share = 1.0 if first else _MOMENTUM
    moved = state.x + share * (ahead - state.x) + (1 - share) * (state.x - state.before)
    return replace(state, x=_project(aim, state.rows, moved), before=state.x)


def _checked(state: _Search, interval: int) -> _Search:
    """Halve the step of samples that no longer gain, and restart them from their best point."""
    stalled = state.gains <= _RHO * interval
    stuck = ~state.halved & (state.loss_at_check >= state.best_loss)
    halve = stalled | stuck
    wide = halve.reshape(state.step.shape)
    return replace(
        state,
        step=torch.where(wide, state.step / 2, state.step),
        x=torch.where(wide, state.best, state.x),
        gradient=torch.where(wide, state.best_gradient, state.gradient),
        halved=halve,
        loss_at_check=state.best_loss,
        gains=torch.zeros_like(state.gains),
    )


def _direction(aim: Aim, gradient: Tensor) -> Tensor:
    """Return the steepest direction in units of the budget."""
    if aim.norm == "linf":
        return gradient.sign()
    scaled = gradient * aim.eps
    lengths = scaled.flatten(1).norm(dim=1).clamp_min(1e-30)
    return scaled / lengths.reshape(-1, *[1] * (gradient.ndim - 1))


def _project(aim: Aim, rows: Tensor, points: Tensor) -> Tensor:
    """Return points inside budget and box."""
    centre = aim.x[rows]
    if aim.norm == "l2":
        unit = torch.where(aim.eps > 0, aim.eps, torch.ones_like(aim.eps))
        lengths = ((points - centre) / unit * (aim.eps > 0)).flatten(1).norm(dim=1).clamp_min(1.0)
        points = centre + (points - centre) / lengths.reshape(-1, *[1] * (points.ndim - 1))
    return torch.minimum(torch.maximum(points, aim.low[rows]), aim.high[rows])
