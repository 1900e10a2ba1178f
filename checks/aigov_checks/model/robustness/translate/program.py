"""An ONNX graph as a straight list of torch steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import onnx
import onnx.inliner
import torch
from onnx import numpy_helper

from aigov import AigovError, msg, need
from aigov_checks.model.robustness.onnx_file import SHAPE_ONLY
from aigov_checks.model.robustness.translate import (
    attention,
    convolution,
    elementwise,
    indexing,
    integers,
    linear,
    normalisation,
    recurrent,
    resize,
    rounding,
    shapes,
    spectrum,
)
from aigov_checks.model.robustness.translate.node import Node, together

if TYPE_CHECKING:
    from pathlib import Path

Tensor = Any  # torch is untyped
Operator = Callable[[Node, list[Tensor]], Tensor]
_FAMILIES = (
    elementwise, linear, normalisation, convolution, resize, shapes, indexing, rounding, integers, recurrent, attention,
    spectrum,
)  # fmt: skip
OPERATORS: Mapping[str, Operator] = {name: run for family in _FAMILIES for name, run in family.OPERATORS.items()}
_STRAIGHT: Mapping[str, Operator] = {**rounding.STRAIGHT, **integers.STRAIGHT}
_DECODE_ERROR = need("google.protobuf.message", "robustness").DecodeError
_SQUASHING = ("Softmax", "Sigmoid", "LogSoftmax")


class UntranslatableError(AigovError):
    """The graph holds something that this translator does not know."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node: names of what it reads and writes, and the function between."""

    node: Node
    run: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A translated graph with one input."""

    steps: tuple[Step, ...]
    constants: Mapping[str, Tensor]
    source: str
    """Name of the input."""
    output: str
    before: str
    """Name of the value before a final softmax or sigmoid; `output` where there is none."""

    @property
    def squashed(self) -> bool:
        """Whether the graph ends in a softmax or sigmoid."""
        return self.before != self.output

    def outputs(self, x: Tensor) -> Tensor:
        """Return the output of the graph."""
        return self._run(x, self.output)

    def logits(self, x: Tensor) -> Tensor:
        """Return the value before a final softmax or sigmoid."""
        return self._run(x, self.before)

    def straight(self) -> Program | None:
        """Return the same values with a slope through rounding and quantisation; None where there are none."""
        steps = tuple(replace(step, run=_STRAIGHT.get(step.node.type, step.run)) for step in self.steps)
        changed = any(new.run is not old.run for new, old in zip(steps, self.steps, strict=True))
        return replace(self, steps=steps) if changed else None

    def on(self, device: str) -> Program:
        """Return the same program on another device."""
        moved = {name: tensor.to(device) for name, tensor in self.constants.items() if tensor.is_floating_point()}
        return replace(self, constants={**self.constants, **moved})

    def _run(self, x: Tensor, wanted: str) -> Tensor:
        values = {**self.constants, self.source: x}
        for step in self.steps:
            if wanted in values:
                break
            inputs = [values[name] if name else None for name in step.inputs]
            result = step.run(step.node, together(step.node.type, inputs))
            results = result if isinstance(result, tuple) else (result,)
            values.update(zip(step.outputs, results, strict=False))
        return values[wanted]


def translate(path: Path, output: str) -> Program:
    """Return the program that computes `output` of the model at `path`.

    Raises:
        UntranslatableError: an unknown operator or domain, control flow, or weights that cannot be read.
    """
    try:
        model = onnx.load_model(str(path))
        if model.functions:  # exporters keep layers as functions of the model's own
            model = onnx.inliner.inline_local_functions(model)
        constants = {tensor.name: _tensor(tensor) for tensor in model.graph.initializer}
    except (_DECODE_ERROR, OSError, ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise UntranslatableError(msg("robustness.untranslatable.weights")) from error
    opset = max((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), default=0)
    needed = _needed(model.graph, output)
    steps = tuple(_step(node, opset) for node in needed)
    sources = [item.name for item in model.graph.input if item.name not in constants]
    if len(sources) != 1:
        raise UntranslatableError(msg("robustness.untranslatable.run", error="inputs"))
    return Program(steps, constants, sources[0], output, _before(needed, output))


def _step(node: Any, opset: int) -> Step:  # onnx is untyped
    if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
        raise UntranslatableError(msg("robustness.untranslatable.operator", operator=node.op_type))
    attributes = {attribute.name: _attribute(attribute) for attribute in node.attribute}
    known = Node(node.op_type, attributes, opset, len(node.output))
    return Step(known, OPERATORS[node.op_type], tuple(node.input), tuple(node.output))


def _attribute(attribute: Any) -> Any:  # onnx is untyped
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, onnx.TensorProto):
        return _tensor(value)
    if isinstance(value, onnx.GraphProto | onnx.SparseTensorProto):
        raise UntranslatableError(msg("robustness.untranslatable.operator", operator=attribute.name))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _tensor(tensor: Any) -> Tensor:  # onnx is untyped
    return torch.from_numpy(numpy_helper.to_array(tensor).copy())


def _needed(graph: Any, output: str) -> list[Any]:  # onnx is untyped
    """Return the nodes that `output` depends on, in their order."""
    wanted, kept = {output}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _before(nodes: list[Any], output: str) -> str:  # onnx is untyped
    """Return the name of the value before a final softmax or sigmoid; changes of shape after it do not matter."""
    value = output
    for node in reversed(nodes):
        if value in node.output:
            if node.op_type not in SHAPE_ONLY:
                return str(node.input[0]) if node.op_type in _SQUASHING else output
            value = node.input[0]
    return output
