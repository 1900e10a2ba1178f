"""The transposes of convolutions and matrix products, which need no forward pass; the others follow by derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.nn import grad

if TYPE_CHECKING:
    from aigov_checks.model.robustness.certify.graph import BoundStep

Tensor = Any  # torch is untyped
_CONV = {1: grad.conv1d_input, 2: grad.conv2d_input, 3: grad.conv3d_input}


def transposed(step: BoundStep, weights: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    """Return the weights of the input, of `shape` a sample, or None where only the derivative tells them."""
    match step.type:
        case "Conv":
            return _convolution(step, weights, shape)
        case "Gemm" if not step.node.integer("transA", 0) and step.variables == (0,):
            matrix = step.constants[1]
            product = weights @ (matrix if step.node.integer("transB", 0) else matrix.T)  # type: ignore[union-attr]  # a constant
            return step.node.number("alpha", 1.0) * product
        case _:
            return None


def _convolution(step: BoundStep, weights: Tensor, shape: tuple[int, ...]) -> Tensor | None:
    node, kernel = step.node, step.constants[1]
    rank = len(shape) - 1
    pads = node.ints("pads", [0] * 2 * rank)
    if node.text("auto_pad", "NOTSET") != "NOTSET" or pads[:rank] != pads[rank:]:
        return None
    strides, dilations = node.ints("strides", [1] * rank), node.ints("dilations", [1] * rank)
    size = (len(weights), *shape)
    return _CONV[rank](size, kernel, weights, strides, pads[:rank], dilations, node.integer("group", 1))
