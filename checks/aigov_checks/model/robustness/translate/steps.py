"""Nodes of an ONNX graph as steps, those with branches too; whichever branch the condition names is run.

Source: ONNX operator specification, opsets 7 to 23.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from onnx import numpy_helper

from aigov import AigovError, msg
from aigov_checks.model.robustness.translate import (
    attention,
    classical,
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

Tensor = Any  # torch is untyped
Operator = Callable[[Node, list[Tensor]], Tensor]
_FAMILIES = (
    elementwise, linear, normalisation, convolution, resize, shapes, indexing, rounding, integers, recurrent, attention,
    spectrum,
)  # fmt: skip
OPERATORS: Mapping[str, Operator] = {name: run for family in _FAMILIES for name, run in family.OPERATORS.items()}
STRAIGHT: Mapping[str, Operator] = {**rounding.STRAIGHT, **integers.STRAIGHT}
"""Those of them that have another slope where rounding is looked through."""
_BRANCHES = ("then_branch", "else_branch")


class UntranslatableError(AigovError):
    """The graph holds something that this translator does not know."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node: names of what it reads and writes, and the function between."""

    node: Node
    run: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def run_steps(steps: Sequence[Step], values: dict[str, Tensor], wanted: str) -> None:
    """Compute values by name until the wanted one is there."""
    for step in steps:
        if wanted in values:
            return
        inputs = [values[name] if name else None for name in step.inputs]
        result = step.run(step.node, together(step.node.type, inputs))
        results = result if isinstance(result, tuple) else (result,)
        values.update(zip(step.outputs, results, strict=False))


def step_of(node: Any, opset: int) -> Step:  # onnx is untyped
    """Return a node as a step.

    Raises:
        UntranslatableError: an unknown operator or domain, or a loop.
    """
    if node.op_type == "If" and node.domain in ("", "ai.onnx"):
        return _choice(node, opset)
    family = classical.OPERATORS if node.domain == classical.DOMAIN else OPERATORS
    if node.op_type not in family or node.domain not in ("", "ai.onnx", classical.DOMAIN):
        raise UntranslatableError(msg("robustness.untranslatable.operator", operator=node.op_type))
    attributes = {attribute.name: _attribute(attribute) for attribute in node.attribute}
    known = Node(node.op_type, attributes, opset, len(node.output))
    return Step(known, family[node.op_type], tuple(node.input), tuple(node.output))


def tensor_of(tensor: Any) -> Tensor:  # onnx is untyped
    """Return a stored tensor."""
    return torch.from_numpy(numpy_helper.to_array(tensor).copy())


def needed(graph: Any, outputs: Sequence[str]) -> list[Any]:  # onnx is untyped
    """Return the nodes that the outputs depend on, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input).union(*(_from_outside(branch) for branch in _branches(node)))
            kept.append(node)
    return kept[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    """One side of a choice; it may read any value from outside."""

    steps: tuple[Step, ...]
    constants: Mapping[str, Tensor]
    outputs: tuple[str, ...]

    def run(self, outside: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Return its outputs."""
        values = {**outside, **self.constants}
        for name in self.outputs:
            run_steps(self.steps, values, name)
        return tuple(values[name] for name in self.outputs)


def _choice(node: Any, opset: int) -> Step:  # onnx is untyped
    graphs = {attribute.name: attribute.g for attribute in node.attribute}
    then, other = (_branch(graphs[name], opset) for name in _BRANCHES)
    names = sorted(set().union(*(_from_outside(graph) for graph in graphs.values())))

    def run(_: Node, inputs: list[Tensor]) -> tuple[Tensor, ...]:
        chosen = then if bool(inputs[0]) else other
        return chosen.run(dict(zip(names, inputs[1:], strict=True)))

    return Step(Node("If", {}, opset, len(node.output)), run, (node.input[0], *names), tuple(node.output))


def _branch(graph: Any, opset: int) -> _Branch:  # onnx is untyped
    outputs = tuple(item.name for item in graph.output)
    constants = {tensor.name: tensor_of(tensor) for tensor in graph.initializer}
    return _Branch(tuple(step_of(node, opset) for node in needed(graph, outputs)), constants, outputs)


def _branches(node: Any) -> list[Any]:  # onnx is untyped
    return [attribute.g for attribute in node.attribute if attribute.name in _BRANCHES]


def _from_outside(graph: Any) -> set[str]:  # onnx is untyped
    """Return the names that a branch reads and does not make itself."""
    made = {tensor.name for tensor in graph.initializer}
    read: set[str] = set()
    for node in graph.node:
        read |= set(node.input).union(*(_from_outside(branch) for branch in _branches(node))) - made
        made |= set(node.output)
    read |= {item.name for item in graph.output} - made
    return read - {""}


def _attribute(attribute: Any) -> Any:  # onnx is untyped
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, onnx.TensorProto):
        return tensor_of(value)
    if isinstance(value, onnx.GraphProto | onnx.SparseTensorProto):
        raise UntranslatableError(msg("robustness.untranslatable.operator", operator=attribute.name))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
