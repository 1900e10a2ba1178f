"""An ONNX graph as a straight list of torch steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import onnx
import onnx.inliner

from aigov import msg, need
from aigov_checks.model.robustness.onnx_file import SHAPE_ONLY
from aigov_checks.model.robustness.translate.classical import expanded, scores_of
from aigov_checks.model.robustness.translate.steps import (
    STRAIGHT,
    Step,
    UntranslatableError,
    needed,
    run_steps,
    step_of,
    tensor_of,
)

if TYPE_CHECKING:
    from pathlib import Path

Tensor = Any  # torch is untyped
_DECODE_ERROR = need("google.protobuf.message", "robustness").DecodeError
_SQUASHING = ("Softmax", "Sigmoid", "LogSoftmax")


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
        steps = tuple(replace(step, run=STRAIGHT.get(step.node.type, step.run)) for step in self.steps)
        changed = any(new.run is not old.run for new, old in zip(steps, self.steps, strict=True))
        return replace(self, steps=steps) if changed else None

    def on(self, device: str) -> Program:
        """Return the same program on another device."""
        moved = {name: tensor.to(device) for name, tensor in self.constants.items() if tensor.is_floating_point()}
        return replace(self, constants={**self.constants, **moved})

    def _run(self, x: Tensor, wanted: str) -> Tensor:
        values = {**self.constants, self.source: x}
        run_steps(self.steps, values, wanted)
        return values[wanted]


def translate(path: Path, output: str) -> Program:
    """Return the program that computes `output` of the model at `path`.

    Raises:
        UntranslatableError: an unknown operator or domain, loops, or weights that cannot be read.
    """
    try:
        model = onnx.load_model(str(path))
        if model.functions:  # exporters keep layers as functions of the model's own
            model = onnx.inliner.inline_local_functions(model)
        expanded(model.graph)
        constants = {tensor.name: tensor_of(tensor) for tensor in model.graph.initializer}
    except (_DECODE_ERROR, OSError, ValueError, TypeError, onnx.checker.ValidationError) as error:
        raise UntranslatableError(msg("robustness.untranslatable.weights")) from error
    opset = max((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), default=0)
    output = scores_of(model.graph, output)
    nodes = needed(model.graph, [output])
    steps = tuple(step_of(node, opset) for node in nodes)
    sources = [item.name for item in model.graph.input if item.name not in constants]
    if len(sources) != 1:
        raise UntranslatableError(msg("robustness.untranslatable.run", error="inputs"))
    return Program(steps, constants, sources[0], output, _before(nodes, output))


def _before(nodes: list[Any], output: str) -> str:  # onnx is untyped
    """Return the name of the value before a final softmax or sigmoid; what keeps the order after it does not matter."""
    value = output
    for node in reversed(nodes):
        if value in node.output:
            if node.op_type not in (*SHAPE_ONLY, "Normalizer"):
                return str(node.input[0]) if node.op_type in _SQUASHING else output
            value = node.input[0]
    return output
