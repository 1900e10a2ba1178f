"""Programs of torch.export. Loading one looks up what it names: only where it was admitted, in the sandbox."""

from __future__ import annotations

import copy
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import torch
from torch.export.passes import move_to_device_pass

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.networks.network import Network, Tensor, tensors_of
from aigov_checks.model.robustness.networks.scripted import numpy_dtype

if TYPE_CHECKING:
    from collections.abc import Callable

_SQUASHING = ("softmax", "_softmax", "log_softmax", "_log_softmax", "sigmoid")
_ROUNDING = ("round", "floor", "ceil", "trunc", "sign")


def exported(data: bytes, name: str, device: str = "cpu") -> Network:
    """Return the network of an archive of torch.export, on a device.

    Raises:
        UnsupportedInputError: it takes several inputs, or none of floating point.
        RuntimeError: it cannot be loaded.
    """
    program = torch.export.load(BytesIO(data))
    if device != "cpu":
        program = move_to_device_pass(program, device)
    given = program.graph_signature.user_inputs
    values = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    if len(given) != 1:
        raise UnsupportedInputError(msg("robustness.several-inputs", file=name, inputs=tuple(map(str, given))))
    example = values[given[0]]
    if not getattr(example, "is_floating_point", bool)():
        kind = str(getattr(example, "dtype", type(example).__name__))
        raise UnsupportedInputError(msg("robustness.input-type", file=name, type=kind))
    sizes = [int(size) if isinstance(size, int) else None for size in example.shape]
    module = program.module()
    for weight in module.parameters():
        weight.requires_grad_(False)  # noqa: FBT003  # torch's own order

    network = Network(
        f"torch.export, torch {torch.__version__}",
        module,
        numpy_dtype(example.dtype),
        lambda other: exported(data, name, other),
        _before(module),
        shape=tuple(sizes[1:]),
        batch=sizes[0] if sizes else None,
        device=device,
    )
    return replace(network, straight=lambda: _straight(network, module))


def _before(module: Any) -> Callable[[Tensor], Tensor] | None:  # a torch.fx.GraphModule
    """Return the graph without its final softmax or sigmoid, None where there is none."""
    inner = copy.deepcopy(module)
    outputs = list(inner.graph.output_node().all_input_nodes)
    if len(outputs) != 1 or _name_of(outputs[0]) not in _SQUASHING:
        return None
    squashed = outputs[0]
    squashed.replace_all_uses_with(squashed.args[0])
    inner.graph.erase_node(squashed)
    inner.recompile()
    return lambda x: tensors_of(inner(x))[0]


def _straight(network: Network, module: Any) -> Network | None:  # a torch.fx.GraphModule
    """Return the network with the slope of the identity through each rounding; None where there is none.

    Source: Bengio, Léonard and Courville 2013 (arXiv 1308.3432), the straight-through estimator.
    """
    through = copy.deepcopy(module)
    found = [node for node in through.graph.nodes if _name_of(node) in _ROUNDING and len(node.args) == 1]
    for node in found:
        node.target = _passing(node.target)
    if not found:
        return None
    through.recompile()
    before = _before(through) if network.before is not None else None
    return replace(network, run=through, before=before, straight=lambda: None)


def _passing(rounding: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def straight_through(x: Tensor) -> Tensor:
        return x + (rounding(x) - x).detach()

    return straight_through


def _name_of(node: Any) -> str:  # a torch.fx.Node
    """Return the name of the operator that a node calls, empty for any other node."""
    if node.op != "call_function" or not str(node.target).startswith("aten."):
        return ""
    return str(node.target).split(".")[1]
