"""Recurrent layers: LSTM, GRU and RNN, in every direction. Source: ONNX operator specification, opsets 7 to 22.

Where activations and options are those of torch, torch's own kernels run; everything else goes step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from aigov_checks.model.robustness.translate.gates import CELLS, Cell, Parts
from aigov_checks.model.robustness.translate.node import Node
from aigov_checks.model.robustness.translate.squashing import function_of

if TYPE_CHECKING:
    from collections.abc import Callable

Tensor = Any  # torch is untyped
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
_DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
_STATES = {"LSTM": (5, 6), "GRU": (5,), "RNN": (5,)}
"""Places of the initial states among the inputs."""
_LENGTHS, _PEEPHOLES = 4, 7
_TORCH_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Gates of ONNX (input, output, forget, cell; update, reset, hidden) in the order of torch."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One node with its tensors: steps first, then samples."""

    node: Node
    x: Tensor
    weights: Tensor
    recurrent: Tensor
    bias: Tensor | None
    lengths: Tensor | None
    states: tuple[Tensor, ...]
    peepholes: Tensor | None

    @property
    def directions(self) -> tuple[bool, ...]:
        """Whether each direction runs backwards."""
        return _DIRECTIONS[self.node.text("direction", "forward")]

    def part(self, place: int) -> Parts:
        """Return the weights of one direction."""
        chosen = (
            None if item is None else item[place] for item in (self.weights, self.recurrent, self.bias, self.peepholes)
        )
        return Parts(*chosen)


def _run(node: Node, inputs: list[Tensor]) -> tuple[Tensor, ...]:
    layer = _layer(node, inputs)
    outputs, *last = _by_torch(layer) if _is_torch(layer) else _by_steps(layer)
    if not node.integer("layout", 0):
        return (outputs, *last)
    return (outputs.permute(2, 0, 1, 3), *(state.transpose(0, 1) for state in last))


def _layer(node: Node, inputs: list[Tensor]) -> _Layer:
    given = [*inputs, *[None] * (_PEEPHOLES + 1 - len(inputs))]
    swapped = bool(node.integer("layout", 0))
    x, weights, recurrent, bias = given[:_LENGTHS]
    x = x.transpose(0, 1) if swapped else x
    lengths = given[_LENGTHS]
    if lengths is not None and bool((lengths == len(x)).all()):
        lengths = None
    shape = (len(weights), x.shape[1], recurrent.shape[-1])
    states = []
    for place in _STATES[node.type]:
        state = x.new_zeros(shape) if given[place] is None else given[place]
        states.append(state.transpose(0, 1) if swapped and given[place] is not None else state)
    return _Layer(node, x, weights, recurrent, bias, lengths, tuple(states), given[_PEEPHOLES])


def _is_torch(layer: _Layer) -> bool:
    """Return whether torch has exactly this layer."""
    node = layer.node
    names = [str(_text(name)).lower() for name in node.attributes.get("activations", [])]
    usual = [name.lower() for name in _DEFAULTS[node.type]] * len(layer.directions)
    same = not names or names == usual or (node.type == "RNN" and set(names) == {"relu"})
    plain = layer.lengths is None and layer.peepholes is None and "clip" not in node.attributes
    reset = node.type != "GRU" or node.integer("linear_before_reset", 0) == 1
    forward = layer.directions != (True,)
    return same and plain and reset and forward and not node.integer("input_forget", 0)


def _by_torch(layer: _Layer) -> tuple[Tensor, ...]:
    """Run torch's kernel, in training mode: gradients on some devices ask for it, and there is no dropout."""
    node, size = layer.node, layer.recurrent.shape[-1]
    flat = []
    for place in range(len(layer.directions)):
        part = layer.part(place)
        matrices = [part.weights, part.recurrent]
        if part.bias is not None:
            matrices += list(part.bias.split(len(part.bias) // 2))
        flat += [_ordered(item, node.type, size) for item in matrices]
    relu = node.type == "RNN" and str(_text([*node.attributes.get("activations", []), ""][0])).lower() == "relu"
    run = {"LSTM": torch.lstm, "GRU": torch.gru, "RNN": torch.rnn_relu if relu else torch.rnn_tanh}[node.type]
    states = list(layer.states) if node.type == "LSTM" else layer.states[0]
    both = len(layer.directions) > 1
    found, *last = run(layer.x, states, flat, layer.bias is not None, 1, 0.0, True, both, False)  # noqa: FBT003  # torch's own order
    return (found.reshape(*found.shape[:2], len(layer.directions), size).transpose(1, 2), *last)


def _ordered(matrix: Tensor, kind: str, size: int) -> Tensor:
    gates = matrix.split(size)
    return torch.cat([gates[place] for place in _TORCH_ORDER[kind]])


def _by_steps(layer: _Layer) -> tuple[Tensor, ...]:
    functions = _activations(layer)
    each = len(functions) // len(layer.directions)
    found = []
    for place, backwards in enumerate(layer.directions):
        cell = CELLS[layer.node.type](layer.node, layer.part(place), functions[place * each : (place + 1) * each])
        found.append(_scan(layer, cell, tuple(state[place] for state in layer.states), backwards=backwards))
    outputs = torch.stack([item[0] for item in found], dim=1)
    return (outputs, *(torch.stack(states) for states in zip(*(item[1] for item in found), strict=True)))


def _scan(
    layer: _Layer, cell: Cell, states: tuple[Tensor, ...], *, backwards: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run one direction; a sample that is over keeps its state and puts out zeros."""
    steps = range(len(layer.x))
    outputs: list[Tensor] = [None] * len(layer.x)
    for step in reversed(steps) if backwards else steps:
        new = cell(layer.x[step], states)
        if layer.lengths is None:
            states, outputs[step] = new, new[0]
            continue
        runs = (layer.lengths > step)[:, None]
        states = tuple(torch.where(runs, after, before) for after, before in zip(new, states, strict=True))
        outputs[step] = torch.where(runs, new[0], torch.zeros_like(new[0]))
    return torch.stack(outputs), states


def _activations(layer: _Layer) -> list[Callable[[Tensor], Tensor]]:
    """Return the functions of all directions; each takes its numbers from the lists in turn, or its defaults."""
    node = layer.node
    names = node.attributes.get("activations") or _DEFAULTS[node.type] * len(layer.directions)
    alphas, betas = (list(node.attributes.get(name, [])) for name in ("activation_alpha", "activation_beta"))
    return [function_of(str(_text(name)), alphas, betas) for name in names]


def _text(name: object) -> object:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


OPERATORS = dict.fromkeys(("LSTM", "GRU", "RNN"), _run)
