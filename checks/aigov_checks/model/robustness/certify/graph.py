"""The part of a translated graph that depends on the values of the input, in float64, each step with its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import torch

from aigov import AigovError, msg
from aigov_checks.model.robustness.translate.steps import Step

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node
    from aigov_checks.model.robustness.translate.program import Program

Tensor = Any  # torch is untyped


class UncertifiableError(AigovError):
    """The graph holds something for which no linear bounds are known."""


class StepKind(StrEnum):
    """How a step is bounded."""

    MOVED = "moved"
    """Every value of a sample stays as it is and in its order."""
    AFFINE = "affine"
    RELAXED = "relaxed"
    """Lies between two linear functions wherever its inputs are bounded."""


MOVED = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast"})
MONOTONE = frozenset(
    {
        "AveragePool",
        "GlobalAveragePool",
        "Pad",
        "Slice",
        "Concat",
        "Gather",
        "ReduceMean",
        "ReduceSum",
        "Transpose",
        "Split",
        "Add",
        "Sum",
        "Neg",
        "Sub",
        "Resize",
        "DepthToSpace",
        "SpaceToDepth",
    }
)
"""Affine in all their inputs together, with coefficients of one sign an input."""
WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "Mul", "Div", "BatchNormalization"})
"""Affine in one input, the others being constants."""
RELAXED = frozenset({"Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "MaxPool", "GlobalMaxPool", "ReduceMax"})
_FIRST_ONLY = WEIGHTED - {"Mul", "MatMul"}
"""The variable input must be the first one."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundStep:
    """One step on values that vary: which of its inputs do, and the constants for the others."""

    step: Step
    kind: StepKind
    variables: tuple[int, ...]
    """Places of the inputs that vary."""
    constants: tuple[Tensor | None, ...]
    """Every input; None where it varies or is absent."""

    @property
    def type(self) -> str:
        """Type of the node."""
        return self.step.node.type

    @property
    def node(self) -> Node:
        """The node."""
        return self.step.node

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the inputs that vary."""
        return tuple(self.step.inputs[place] for place in self.variables)

    def run(self, values: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the outputs for given values of the inputs that vary; a cast leaves them in float64."""
        if self.type == "Cast":
            return values
        inputs = list(self.constants)
        for place, value in zip(self.variables, values, strict=True):
            inputs[place] = value
        result = self.step.run(self.node, inputs)
        return result if isinstance(result, tuple) else (result,)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Steps in order, from the input to the scores before any softmax."""

    steps: tuple[BoundStep, ...]
    source: str
    output: str
    shapes: Mapping[str, tuple[int, ...]]
    """Shape of one sample of every value that varies."""


def graph_of(program: Program, x: Tensor) -> Graph:
    """Return the graph for samples of the shape of `x`, which has one row.

    Raises:
        UncertifiableError: a step for which no bounds are known, or which mixes samples.
    """
    values = {name: _double(value) for name, value in program.constants.items()} | {program.source: x.double()}
    varying = {program.source}
    steps = []
    with torch.no_grad():
        for step in program.steps:
            if program.before in values:
                break
            inputs = [values[name] if name else None for name in step.inputs]
            result = step.run(step.node, inputs)
            results = [_double(item) for item in (result if isinstance(result, tuple) else (result,))]
            values.update(zip(step.outputs, results, strict=False))
            places = tuple(place for place, name in enumerate(step.inputs) if name in varying)
            if places and step.node.type != "Shape":
                varying.update(step.outputs)
                constants = tuple(None if place in places else item for place, item in enumerate(inputs))
                steps.append(BoundStep(step, _kind(step, places, results), places, constants))
    shapes = {name: tuple(values[name].shape[1:]) for name in varying if name in values}
    return Graph(tuple(steps), program.source, program.before, shapes)


def _kind(step: Step, places: tuple[int, ...], results: list[Tensor]) -> StepKind:
    node = step.node
    alone = places == (0,) or (len(places) == 1 and node.type not in _FIRST_ONLY)
    whole = all(item.ndim and item.shape[0] == 1 for item in results)
    kept = node.type != "Transpose" or node.ints("perm", [1])[0] == 0
    kept &= node.type not in {"Concat", "Split", "Gather"} or node.integer("axis", 0) != 0
    kept &= node.type != "Resize" or node.text("mode", "nearest") in {"nearest", "linear"}  # cubic has both signs
    if not whole or not kept:
        raise UncertifiableError(msg("robustness.uncertifiable.operator", operator=node.type))
    if node.type in MOVED and alone and results[0].is_floating_point():
        return StepKind.MOVED
    if node.type in MONOTONE or (node.type in WEIGHTED and alone and not (node.type == "Gather" and places != (0,))):
        return StepKind.AFFINE
    if node.type in RELAXED and places == (0,) and 0 <= node.number("alpha", 0.0) <= 1:
        return StepKind.RELAXED
    raise UncertifiableError(msg("robustness.uncertifiable.operator", operator=node.type))


def _double(value: Tensor) -> Tensor:
    """Return floats in float64; half precision rounds more than the margin of a proof allows for."""
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float16, torch.bfloat16):
        raise UncertifiableError(msg("robustness.uncertifiable.operator", operator="float16"))
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
