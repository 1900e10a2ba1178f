"""A network as its own twin: the gradients of the very function that is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.networks.network import Network, flat, tensors_of
from aigov_checks.model.robustness.networks.opening import looks_squashed
from aigov_checks.model.robustness.predictor import Answer
from aigov_checks.model.robustness.twin import TOLERANCE, columns, disagreement, edge_of, in_batches

if TYPE_CHECKING:
    from aigov import Message
    from aigov_checks.model.robustness.predictor import Array, Predictor, Twin

Tensor = Any  # torch is untyped


@dataclass(frozen=True, slots=True, eq=False)
class ModuleTwin:
    """A network on torch; implements `Twin`."""

    network: Network
    place: int
    """Which of its outputs is read."""
    threshold: float
    """Where a model with one value a sample changes to class 1."""
    squashed: bool
    """Whether it ends in a softmax or sigmoid."""
    plain: bool = False
    """Whether the one value a sample is what the model predicts, and no score of two classes."""

    @property
    def edge(self) -> float:
        """Where a model with one value a sample changes to class 1, before any final sigmoid."""
        return edge_of(self.threshold, squashed=self.squashed)

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.network.device

    def values(self, x: Tensor) -> Tensor:
        """Return differentiable predicted values, shape (n,)."""
        return self.outputs(x)[:, 0]

    def outputs(self, x: Tensor) -> Tensor:
        """Return the outputs as the original gives them, shape (n, classes)."""
        raw = self._in_batches(x, self._read)
        return raw if self.plain else columns(raw, self.threshold)

    def logits(self, x: Tensor) -> Tensor:
        """Return differentiable scores before any final softmax or sigmoid, shape (n, classes)."""
        if not self.squashed:
            return columns(self._in_batches(x, self._read), self.edge)
        before = self.network.before
        if before is not None:
            return columns(self._in_batches(x, lambda part: flat(before(part))), self.edge)
        chances = self._in_batches(x, self._read)
        least = torch.finfo(chances.dtype).tiny
        logs = chances.clamp_min(least).log()
        return columns(logs - (1 - chances).clamp_min(least).log() if chances.shape[1] == 1 else logs, self.edge)

    def straight(self) -> ModuleTwin | None:
        """Return the twin with a slope through rounding; None where nothing is rounded."""
        network = self.network.straight()
        return None if network is None else replace(self, network=network)

    def on(self, device: str) -> ModuleTwin:
        """Return the same twin on another device."""
        return replace(self, network=self.network.move(device))

    def _read(self, part: Tensor) -> Tensor:
        return flat(tensors_of(self.network.run(part))[self.place])

    def _in_batches(self, x: Tensor, run: Any) -> Tensor:  # from tensors to tensors
        return in_batches(x.to(self.network.device), run, self.network.batch)


def twin_of(
    network: Network, place: int, predictor: Predictor, edge: float, clean: Array
) -> tuple[Twin | None, Message | None]:
    """Return the twin, or the reason why the gradient stages cannot run; tried on the clean samples."""
    few = clean[:256]
    plain = predictor.answer is Answer.VALUES
    twin = ModuleTwin(network, place, edge, squashed=False, plain=plain)
    reason = disagreement(twin, predictor, few) or _without_slope(twin, few)
    if reason is not None:
        return None, msg("robustness.note.no-gradients", reason=reason)
    return (twin if plain else _unsquashed(twin, few)), None


def _without_slope(twin: ModuleTwin, few: Array) -> Message | None:
    """Return the reason why outputs follow inputs by no gradient at all, None where they do."""
    inputs = torch.from_numpy(np.ascontiguousarray(few[:2])).requires_grad_()
    try:
        outputs = twin.outputs(inputs)
        if not outputs.requires_grad:
            return msg("robustness.network.no-slope")
        torch.autograd.grad(outputs.sum(), inputs, allow_unused=True)
    except (RuntimeError, ValueError, TypeError, IndexError, UnsupportedInputError) as error:
        return msg("robustness.untranslatable.run", error=type(error).__name__)
    return None


def _unsquashed(twin: ModuleTwin, few: Array) -> ModuleTwin:
    """Return the twin that looks behind a final softmax or sigmoid: taken off where it can be, else by logarithms."""
    x = torch.from_numpy(np.ascontiguousarray(few))
    with torch.no_grad():
        raw = twin._in_batches(x, twin._read)  # noqa: SLF001  # of the same file
        before = twin.network.before
        if before is not None:
            inner = twin._in_batches(x, lambda part: flat(before(part)))  # noqa: SLF001  # of the same file
            again = torch.sigmoid(inner) if raw.shape[1] == 1 else torch.softmax(inner, dim=1)
            logs = torch.log_softmax(inner, dim=1)
            if any(bool(((item - raw).abs() <= TOLERANCE * (1 + raw.abs())).all()) for item in (again, logs)):
                return replace(twin, squashed=True)
    squashed = looks_squashed(raw.cpu().numpy(), twin.threshold)
    return replace(twin, squashed=squashed, network=replace(twin.network, before=None))
