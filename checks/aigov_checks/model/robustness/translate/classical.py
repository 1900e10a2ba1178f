"""Operators of `ai.onnx.ml` that converters of scikit-learn write around networks and linear models.

Linear ones become products and sums of plain operators, of which linear bounds are known. Source: ONNX operator
specification, domain ai.onnx.ml, versions 1 to 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
DOMAIN = "ai.onnx.ml"
_AFTER = {"NONE": None, "SOFTMAX": "Softmax", "LOGISTIC": "Sigmoid"}
_SEVERAL = 2


def expanded(graph: Any) -> None:  # onnx is untyped
    """Put plain operators in the place of linear ones of the domain, in the graph itself."""
    nodes: list[Any] = []  # onnx is untyped
    for place, node in enumerate(graph.node):
        expand = _EXPANSIONS.get(node.op_type) if node.domain == DOMAIN else None
        nodes.extend([node] if expand is None else expand(graph, node, f"{place} of {DOMAIN}"))
    del graph.node[:]
    graph.node.extend(nodes)


def scores_of(graph: Any, output: str) -> str:  # onnx is untyped
    """Return the name of the scores that an output of mappings from label to score is made of, else the output."""
    made = next((node for node in graph.node if output in node.output), None)
    return str(made.input[0]) if made is not None and made.op_type == "ZipMap" and made.domain == DOMAIN else output


def _values(node: Any) -> dict[str, Any]:  # onnx is untyped
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _constant(graph: Any, name: str, values: Any) -> str:  # onnx is untyped
    graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype=np.float32), name))
    return name


def _scaler(graph: Any, node: Any, name: str) -> list[Any]:  # onnx is untyped
    given = _values(node)
    offset = _constant(graph, f"offset {name}", given.get("offset", [0.0]))
    scale = _constant(graph, f"scale {name}", given.get("scale", [1.0]))
    return [
        helper.make_node("Cast", [node.input[0]], [f"float {name}"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Sub", [f"float {name}", offset], [f"moved {name}"]),
        helper.make_node("Mul", [f"moved {name}", scale], [node.output[0]]),
    ]


def _linear(graph: Any, node: Any, name: str) -> list[Any]:  # onnx is untyped
    """Expand a linear regressor or classifier; one of another kind stays as it is, and is not translated."""
    given = _values(node)
    classifies = node.op_type == "LinearClassifier"
    weights, offset = given.get("coefficients", []), given.get("intercepts", [])
    rows = len(offset) if classifies else given.get("targets", 1)
    after = given.get("post_transform", b"NONE").decode("utf-8", "replace")
    if not rows or len(weights) % rows or after not in _AFTER or (classifies and rows < _SEVERAL):
        return [node]
    matrix = _constant(graph, f"weights {name}", np.reshape(weights, (rows, -1)))
    bias = _constant(graph, f"offset {name}", offset or [0.0] * rows)
    last = _AFTER[after]
    scores = node.output[1 if classifies else 0]
    inner = f"scores {name}" if last else scores
    found = [
        helper.make_node("Cast", [node.input[0]], [f"float {name}"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Gemm", [f"float {name}", matrix, bias], [inner], transB=1),
    ]
    return [*found, helper.make_node(last, [inner], [scores])] if last else found


def _normalizer(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0].float()
    match node.text("norm", "MAX"):
        case "L1":
            size = x.abs().sum(dim=1, keepdim=True)
        case "L2":
            size = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        case _:
            size = x.amax(dim=1, keepdim=True)
    return x / torch.where(size == 0, torch.ones_like(size), size)


def _imputer(node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    values = torch.tensor(list(node.attributes["imputed_value_floats"]), dtype=x.dtype).to(x.device)
    replaced = node.number("replaced_value_float", 0.0)
    return torch.where(torch.isnan(x) if np.isnan(replaced) else x == replaced, values.expand_as(x), x)


def _features(_: Node, inputs: list[Tensor]) -> Tensor:
    return inputs[0].index_select(-1, inputs[1].reshape(-1).to(torch.int64))


_EXPANSIONS: dict[str, Callable[[Any, Any, str], list[Any]]] = {  # onnx is untyped
    "Scaler": _scaler,
    "LinearRegressor": _linear,
    "LinearClassifier": _linear,
}
OPERATORS: dict[str, Callable[[Node, list[Tensor]], Tensor]] = {
    "Normalizer": _normalizer,
    "Imputer": _imputer,
    "ArrayFeatureExtractor": _features,
}
