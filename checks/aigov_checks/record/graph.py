"""What an ONNX graph says of itself: inputs, outputs, parameters, operator set, producer. Nothing is run."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from aigov_checks.model.robustness.onnx_file import checked_model

if TYPE_CHECKING:
    from aigov import Model

_NUMPY = {"float": "float32", "double": "float64"}
"""Names of ONNX element types where numpy's differ."""
_NO_PARAMETERS = frozenset({"int32", "int64", "bool", "string", "undefined"})
"""Element types of shapes, axes and indices rather than of trained numbers."""
_STATISTICS = {"BatchNormalization": (3, 4)}
"""Inputs of an operator that are measured on data rather than trained."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a graph."""

    name: str
    dtype: str
    """As numpy writes it; empty where the value is no tensor."""
    shape: tuple[int | str | None, ...] | None
    """A number each axis, a name or None where it varies; None where the graph does not say."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The facts of one ONNX file."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    trained: int
    """Elements of initialisers, without shapes and indices and without statistics of normalisation."""
    stored: int
    """Elements of all initialisers and constants."""
    opset: int | None
    """Version of the standard operator set."""
    producer: str


def graph_of(model: Model) -> Graph | None:
    """Return the facts of the model's one ONNX file, or None where it has no such file.

    Raises:
        UnsupportedInputError: it is broken or larger than 2 GiB.
        MissingExtraError: onnx is not installed.
    """
    files = [file for file in model.found if file.path.suffix.lower() == ".onnx"]
    if len(files) != 1:
        return None
    proto = checked_model(files[0])
    graph = proto.graph
    weights = {tensor.name: _elements(tensor.dims) for tensor in graph.initializer}
    trained = {tensor.name: weights[tensor.name] for tensor in graph.initializer if _is_trained(tensor.data_type)}
    constants = 0
    for node in graph.node:
        constants += sum(_elements(item.t.dims) for item in node.attribute if node.op_type == "Constant")
        for place in _STATISTICS.get(node.op_type, ()):
            if place < len(node.input):
                trained.pop(node.input[place], None)
    return Graph(
        inputs=tuple(_tensor(value) for value in graph.input if value.name not in weights),
        outputs=tuple(_tensor(value) for value in graph.output),
        trained=sum(trained.values()),
        stored=sum(weights.values())
        + constants
        + sum(_elements(item.values.dims) for item in graph.sparse_initializer),
        opset=next((entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")), None),
        producer=proto.producer_name,
    )


def _elements(dims: Any) -> int:  # a protobuf list of integers
    return prod(max(0, size) for size in dims)


def _is_trained(data_type: int) -> bool:
    return _type_name(data_type) not in _NO_PARAMETERS


def _type_name(data_type: int) -> str:
    from onnx import TensorProto  # heavy; `checked_model` has said whether it is there

    if data_type not in TensorProto.DataType.values():
        return "undefined"
    name = str(TensorProto.DataType.Name(data_type)).lower()
    return _NUMPY.get(name, name)


def _tensor(value: Any) -> Tensor:  # onnx is untyped
    if not value.type.HasField("tensor_type"):
        return Tensor(value.name, "", None)
    kind = value.type.tensor_type
    shape = tuple(_axis(axis) for axis in kind.shape.dim) if kind.HasField("shape") else None
    return Tensor(value.name, _type_name(kind.elem_type), shape)


def _axis(axis: Any) -> int | str | None:  # onnx is untyped
    match axis.WhichOneof("value"):
        case "dim_value":
            return int(axis.dim_value) if axis.dim_value >= 0 else None
        case "dim_param":
            return str(axis.dim_param)
        case _:
            return None
