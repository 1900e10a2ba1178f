"""Modules of torch that a caller of the library hands over."""

from __future__ import annotations

import copy
import sys
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.networks.network import Network, Tensor, tensors_of
from aigov_checks.model.robustness.object_predictor import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDING = ("round", "floor", "ceil", "trunc", "sign")


def is_module(model: Any) -> bool:  # any object of the user's
    """Return whether an object is a module of torch, or an exported program; torch is not imported for the answer."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module | torch.export.ExportedProgram)


def live_network(module: Any) -> Network:  # a torch.nn.Module or a torch.export.ExportedProgram
    """Return the network of a module: a copy in evaluation mode, so that the caller's own stays as it is.

    Raises:
        UnsupportedInputError: it cannot be copied.
    """
    import torch  # needs torch, an extra

    from aigov_checks.model.robustness.networks.exported import exported  # needs torch, an extra
    from aigov_checks.model.robustness.networks.scripted import dtype_of, scripted  # needs torch, an extra

    name, written = type(module).__name__, BytesIO()
    try:
        if isinstance(module, torch.export.ExportedProgram):
            torch.export.save(module, written)
            return exported(written.getvalue(), name)
        if isinstance(module, torch.jit.ScriptModule):
            torch.jit.save(module, written)
            return scripted(written.getvalue())
        own = copy.deepcopy(module).cpu().eval()
    except REFUSALS as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.network.broken", file=name, error=word)) from error
    for weight in own.parameters():
        weight.requires_grad_(False)  # noqa: FBT003  # torch's own order
    return _network(own, dtype_of(own), "cpu")


def _network(module: Any, dtype: Any, device: str) -> Network:  # a torch.nn.Module and a numpy type
    import torch  # needs torch, an extra

    def move(other: str) -> Network:
        return _network(copy.deepcopy(module).to(other), dtype, other)

    name = f"{type(module).__name__}, torch {torch.__version__}"
    network = Network(name, module, dtype, move, _before(module), device=device)
    return replace(network, straight=lambda: _straight(network))


def _before(module: Any) -> Callable[[Tensor], Tensor] | None:  # a torch.nn.Module
    """Return a chain of layers without its final softmax or sigmoid; None where a module is no such chain."""
    from torch import nn  # needs torch, an extra

    if type(module) is nn.Sequential and len(module) > 1 and isinstance(module[-1], nn.Softmax | nn.Sigmoid):
        inner = module[:-1]
        return lambda x: tensors_of(inner(x))[0]
    return None


def _straight(network: Network) -> Network:
    """Return the network with the slope of the identity wherever it rounds while it runs.

    Source: Bengio, Léonard and Courville 2013 (arXiv 1308.3432), the straight-through estimator.
    """
    from torch import Tensor as Values  # needs torch, an extra
    from torch.overrides import TorchFunctionMode, resolve_name

    class Passing(TorchFunctionMode):  # type: ignore[misc]  # torch is untyped
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:  # torch's own
            found = function(*args, **(kwargs or {}))
            named = (resolve_name(function) or "").rpartition(".")[2]
            if named in _ROUNDING and len(args) == 1 and isinstance(args[0], Values):
                return args[0] + (found - args[0]).detach()
            return found

    def through(run: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:  # a tensor, or several
        def call(x: Tensor) -> Any:  # a tensor, or several
            with Passing():
                return run(x)

        return call

    before = None if network.before is None else through(network.before)
    return replace(network, run=through(network.run), before=before, straight=lambda: None)
