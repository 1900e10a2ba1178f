"""TorchScript programs. Their code runs here: only where they were admitted, in the sandbox."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from aigov_checks.model.robustness.networks.network import Network, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

_SQUASHING = ("aten::softmax", "aten::log_softmax", "aten::sigmoid")
_ROUNDING = ("aten::round", "aten::floor", "aten::ceil", "aten::trunc", "aten::sign")
_DTYPES: dict[Any, npt.DTypeLike] = {torch.float64: np.float64, torch.float16: np.float16}  # by torch.dtype


def scripted(data: bytes) -> Network:
    """Return the network of a TorchScript archive.

    Raises:
        RuntimeError: it cannot be loaded.
    """
    return _network(data, "cpu")


def _network(data: bytes, device: str) -> Network:
    module = torch.jit.load(BytesIO(data), map_location=device)
    module.eval()
    for weight in module.parameters():
        weight.requires_grad_(False)  # noqa: FBT003  # torch's own order
    network = Network(
        f"torchscript, torch {torch.__version__}",
        _unoptimised(module),
        dtype_of(module),
        lambda other: _network(data, other),
        device=device,
    )
    graph = _graph_of(module)
    if graph is None:
        return network
    return replace(network, before=_before(graph), straight=lambda: _straight(network, graph))


def dtype_of(module: Any) -> npt.DTypeLike:  # a torch module
    """Return the type of the first floating-point weight or buffer; single precision where there is none."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return numpy_dtype(tensor.dtype)
    return np.float32


def numpy_dtype(kind: Any) -> npt.DTypeLike:  # a torch.dtype
    """Return what a type of torch is in numpy; single precision for those that numpy has not."""
    return _DTYPES.get(kind, np.float32)


def _unoptimised(run: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:  # a tensor, or several
    """Run as written: an executor that rewrites a graph from its second call on rounds that one in another way."""

    def call(x: Tensor) -> Any:  # a tensor, or several
        with torch.jit.optimized_execution(False):  # noqa: FBT003  # torch's own order
            return run(x)

    return call


def _graph_of(module: Any) -> Any:  # a ScriptModule to a torch.Graph
    """Return the one graph of a program, its weights as constants; None where it cannot be had."""
    try:
        graph = torch.jit.freeze(module).graph.copy()
        inputs = list(graph.inputs())
        if len(inputs) != 2 or inputs[0].uses():  # noqa: PLR2004  # the module and the samples
            return None
        graph.eraseInput(0)
    except RuntimeError:
        return None
    return graph


def _before(graph: Any) -> Callable[[Tensor], Tensor] | None:  # a torch.Graph
    """Return the graph without its final softmax or sigmoid, None where there is none."""
    inner = graph.copy()
    outputs = list(inner.outputs())
    last = outputs[0].node()
    if len(outputs) != 1 or last.kind() not in _SQUASHING:
        return None
    inner.eraseOutput(0)
    inner.registerOutput(next(iter(last.inputs())))
    return _unoptimised(_function(inner))


def _straight(network: Network, graph: Any) -> Network | None:  # a torch.Graph
    """Return the network with x + (rounded - x).detach() in place of each rounding; None where there is none.

    Source: Bengio, Léonard and Courville 2013 (arXiv 1308.3432), the straight-through estimator.
    """
    through = graph.copy()
    found = [node for kind in _ROUNDING for node in through.findAllNodes(kind) if node.inputsSize() == 1]
    for node in found:
        (x,), (rounded,) = node.inputs(), node.outputs()
        uses = list(rounded.uses())
        one = through.insertConstant(1)
        one.node().moveBefore(node)
        gap = through.create("aten::sub", [rounded, x, one], 1)
        gap.insertAfter(node)
        kept = through.create("aten::detach", [gap.output()], 1)
        kept.insertAfter(gap)
        total = through.create("aten::add", [x, kept.output(), one], 1)
        total.insertAfter(kept)
        for use in uses:
            use.user.replaceInputWith(rounded, total.output())
    if not found:
        return None
    before = _before(through) if network.before is not None else None
    return replace(network, run=_unoptimised(_function(through)), before=before, straight=lambda: None)


def _function(graph: Any) -> Callable[[Tensor], Any]:  # a torch.Graph to what it returns
    torch._C._jit_pass_dce(graph)  # noqa: SLF001  # there is no public way
    function: Callable[[Tensor], Any] = torch._C._create_function_from_graph("forward", graph)  # noqa: SLF001  # same
    return function
