"""One node of an ONNX graph as the operators see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Type, attributes and operator-set version of a node."""

    type: str
    attributes: Mapping[str, Any]  # numbers, lists, text or torch tensors
    opset: int
    outputs: int

    def ints(self, name: str, default: list[int]) -> list[int]:
        """Return a list of integers."""
        return [int(item) for item in self.attributes.get(name, default)]

    def integer(self, name: str, default: int) -> int:
        """Return an integer."""
        return int(self.attributes.get(name, default))

    def number(self, name: str, default: float) -> float:
        """Return a number."""
        return float(self.attributes.get(name, default))

    def text(self, name: str, default: str) -> str:
        """Return a word."""
        return str(self.attributes.get(name, default))


def integers(node: Node, inputs: list[Any], place: int, name: str) -> list[int] | None:  # torch is untyped
    """Return a list that newer operator sets take as an input and older ones as an attribute; None if absent."""
    if len(inputs) > place and inputs[place] is not None:
        return [int(item) for item in inputs[place].reshape(-1).tolist()]
    return node.ints(name, []) if name in node.attributes else None


_COUNTED = frozenset(
    {"Reshape", "Slice", "Expand", "Tile", "Pad", "Squeeze", "Unsqueeze", "Split", "CumSum"}
    | {"ConstantOfShape", "Range", "Trilu", "OneHot", "DFT", "STFT", "Shape", "Size"}
)
"""Operators that read whole numbers as sizes and places, which stay where Python reads them."""


def together(kind: str, inputs: list[Any]) -> list[Any]:  # torch is untyped
    """Return the inputs of an operator on one device: that of those which are not on the CPU, where there are such."""
    given = [item for item in inputs if item is not None and item.device.type != "cpu"]
    if not given:
        return inputs
    if kind in {"Resize", "Upsample"}:
        return [inputs[0], *(None if item is None else item.cpu() for item in inputs[1:])]
    device, sizes = given[0].device, kind in _COUNTED or kind.startswith("Reduce")
    return [
        item if item is None or (sizes and not (item.is_floating_point() or item.is_complex())) else item.to(device)
        for item in inputs
    ]
