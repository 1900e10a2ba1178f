"""A trained network as an ONNX file, written node by node, so that no exporter is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

if TYPE_CHECKING:
    from pathlib import Path

OPSET = 17
OUTPUT = "logits"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model takes and gives: input `name` float32 [n, *shape], output `logits` float32 [n, classes]."""

    graph: str
    name: str
    shape: tuple[int, ...]
    classes: int
    producer: str


class Rounding(nn.Module):
    """Rounds every value to a multiple of `step`: as a coarse converter does, and with a gradient of 0 everywhere."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self.register_parameter("step", nn.Parameter(torch.tensor(step), requires_grad=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the rounded values."""
        return torch.round(x / self.step) * self.step


def write_onnx(network: nn.Sequential, path: Path, signature: Signature) -> None:
    """Write the network layer by layer."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    value = signature.name
    for index, layer in enumerate(network):
        name = f"layer{index}"
        result = OUTPUT if index == len(network) - 1 else name
        parameters = [(f"{name}.{key}", tensor) for key, tensor in layer.named_parameters()]
        weights += [numpy_helper.from_array(tensor.detach().numpy(), key) for key, tensor in parameters]
        nodes += _nodes(layer, [value, *(key for key, _ in parameters)], result, name)
        value = result
    graph = helper.make_graph(
        nodes,
        signature.graph,
        [helper.make_tensor_value_info(signature.name, TensorProto.FLOAT, ["n", *signature.shape])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", signature.classes])],
        weights,
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name=signature.producer)
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _nodes(layer: nn.Module, inputs: list[str], result: str, name: str) -> list[onnx.NodeProto]:
    if not isinstance(layer, Rounding):
        return [_node(layer, inputs, result, name)]
    value, step = inputs
    return [
        helper.make_node("Div", [value, step], [f"{name}.steps"], f"{name}.div"),
        helper.make_node("Round", [f"{name}.steps"], [f"{name}.whole"], f"{name}.round"),
        helper.make_node("Mul", [f"{name}.whole", step], [result], f"{name}.mul"),
    ]


def _node(layer: nn.Module, inputs: list[str], result: str, name: str) -> onnx.NodeProto:
    match layer:
        case nn.Conv1d(stride=(stride,), padding=(padding,), kernel_size=(kernel,)):
            shape = {"strides": [stride], "pads": [padding, padding], "kernel_shape": [kernel]}
            return helper.make_node("Conv", inputs, [result], name, **shape)
        case nn.Conv2d(stride=strides, padding=(down, right), kernel_size=kernel):
            shape = {"strides": [*strides], "pads": [down, right, down, right], "kernel_shape": [*kernel]}
            return helper.make_node("Conv", inputs, [result], name, **shape)
        case nn.ReLU():
            return helper.make_node("Relu", inputs, [result], name)
        case nn.AvgPool1d(kernel_size=(kernel,)):
            return helper.make_node("AveragePool", inputs, [result], name, kernel_shape=[kernel], strides=[kernel])
        case nn.Flatten():
            return helper.make_node("Flatten", inputs, [result], name, axis=1)
        case nn.Linear():
            return helper.make_node("Gemm", inputs, [result], name, transB=1)
        case _:
            raise TypeError(f"no ONNX node for {layer}")
