"""Scaled dot-product attention as one node. Source: ONNX operator specification, opset 23; arXiv 1706.03762."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from aigov_checks.model.robustness.translate.node import Node

Tensor = Any  # torch is untyped
_MASK, _FLAT = 3, 3
_CACHED = (4, 5, 6)
"""Places of inputs that hold what earlier calls computed: no classifier has them."""


def _attention(node: Node, inputs: list[Tensor]) -> Tensor:
    """Return what the heads see, in the layout of the query.

    Raises:
        ValueError: keys or values of earlier calls, or scores as a second output.
    """
    given = [*inputs, *[None] * (_CACHED[-1] + 1 - len(inputs))]
    if any(given[place] is not None for place in _CACHED) or node.outputs > 1:
        raise ValueError("options of Attention")
    query, key, value = (
        _heads(item, node.integer(name, 1))
        for item, name in zip(given[:_MASK], ("q_num_heads", "kv_num_heads", "kv_num_heads"), strict=True)
    )
    shared = query.shape[1] // key.shape[1]
    key, value = (item.repeat_interleave(shared, dim=1) for item in (key, value))
    scale = node.number("scale", 0.0) or 1 / math.sqrt(query.shape[-1])
    scores = _seen(node, scale * (query @ key.transpose(-1, -2)), given[_MASK])
    seen = torch.softmax(scores, dim=-1) @ value
    return seen.transpose(1, 2).flatten(2) if inputs[0].ndim == _FLAT else seen


def _seen(node: Node, scores: Tensor, mask: Tensor | None) -> Tensor:
    """Return scores with what may not be seen at minus infinity."""
    limit = node.number("softcap", 0.0)
    if mask is not None and mask.dtype is not torch.bool:
        scores = scores + mask
    if mask is not None and mask.dtype is torch.bool:
        scores = scores.masked_fill(~mask, -math.inf)
    if node.integer("is_causal", 0):
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(later, -math.inf)
    return limit * torch.tanh(scores / limit) if limit else scores


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(2, (heads, -1)).transpose(1, 2) if x.ndim == _FLAT else x


OPERATORS = {"Attention": _attention}
