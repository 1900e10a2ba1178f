"""One step of an LSTM, a GRU or a plain recurrent layer. Source: ONNX operator specification, opsets 7 to 22."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
Function = Callable[[Tensor], Tensor]
Cell = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
"""From the input (n, features) and the states to the new states, the output first, each (n, hidden)."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Weights of one direction: (gates * hidden, features), (gates * hidden, hidden), (2 * gates * hidden), or None."""

    weights: Tensor
    recurrent: Tensor
    bias: Tensor | None
    peepholes: Tensor | None

    @property
    def biases(self) -> tuple[Tensor, Tensor]:
        """Those of the input and of the state."""
        if self.bias is None:
            none = self.weights.new_zeros(len(self.weights))
            return none, none
        first, second = self.bias.split(len(self.weights))
        return first, second


def _clip(node: Node) -> Function:
    if "clip" not in node.attributes:
        return lambda x: x
    limit = node.number("clip", 0.0)
    return lambda x: x.clamp(-limit, limit)


def _rnn(node: Node, parts: Parts, functions: Sequence[Function]) -> Cell:
    clip, (wide, narrow) = _clip(node), parts.biases

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        total = x @ parts.weights.T + states[0] @ parts.recurrent.T + wide + narrow
        return (functions[0](clip(total)),)

    return step


def _gru(node: Node, parts: Parts, functions: Sequence[Function]) -> Cell:
    clip, (wide, narrow) = _clip(node), parts.biases
    size = parts.recurrent.shape[-1]
    squash, last = functions
    after = bool(node.integer("linear_before_reset", 0))
    gates, hidden = parts.recurrent[: 2 * size], parts.recurrent[2 * size :]

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        state = states[0]
        given = x @ parts.weights.T + wide
        both = squash(clip(given[:, : 2 * size] + state @ gates.T + narrow[: 2 * size]))
        update, reset = both[:, :size], both[:, size:]
        if after:
            carried = reset * (state @ hidden.T + narrow[2 * size :])
        else:
            carried = (reset * state) @ hidden.T + narrow[2 * size :]
        new = last(clip(given[:, 2 * size :] + carried))
        return ((1 - update) * new + update * state,)

    return step


def _lstm(node: Node, parts: Parts, functions: Sequence[Function]) -> Cell:
    clip, (wide, narrow) = _clip(node), parts.biases
    size = parts.recurrent.shape[-1]
    squash, inner, outer = functions
    peep_in, peep_out, peep_forget = (0.0, 0.0, 0.0) if parts.peepholes is None else parts.peepholes.split(size)
    coupled = bool(node.integer("input_forget", 0))

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        state, cell = states
        total = x @ parts.weights.T + state @ parts.recurrent.T + wide + narrow
        into, out, forget, new = total.split(size, dim=1)
        into = squash(clip(into + peep_in * cell))
        forget = 1 - into if coupled else squash(clip(forget + peep_forget * cell))
        cell = forget * cell + into * inner(clip(new))
        out = squash(clip(out + peep_out * cell))
        return out * outer(cell), cell

    return step


CELLS: dict[str, Callable[[Node, Parts, Sequence[Function]], Cell]] = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}
