"""Where gradients are computed: a device of torch that is there, on which the twin answers as it does on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aigov import Message, UnsupportedInputError, msg

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array, Twin

_TOLERANCE = 1e-2
"""Largest difference between two devices, relative to the largest output (at least 1): whatever the twin finds is tried
on the original model again, so that a slope in lower precision does no harm."""
_TRIED = 16


def on_device(twin: Twin, device: str, x: Array) -> tuple[Twin, Message | None]:
    """Return the twin on a device, or the one on the CPU with the reason; tried on a few samples.

    Raises:
        UnsupportedInputError: the device is not there.
    """
    if device == "cpu":
        return twin, None
    _find(device)
    import torch  # needs torch, an extra

    few = torch.from_numpy(np.ascontiguousarray(x[:_TRIED]))
    try:
        there = twin.on(device)
        inputs = few.clone().to(device).requires_grad_()
        found = there.logits(inputs)
        torch.autograd.grad(found.sum(), inputs, allow_unused=True)
        with torch.no_grad():
            expected = twin.logits(few)
        gap = float((found.detach().cpu() - expected).abs().max())
        if not gap <= _TOLERANCE * max(1.0, float(expected.abs().max())):
            return twin, msg("robustness.note.device-differs", device=device)
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        return twin, msg("robustness.note.device-fails", device=device, error=type(error).__name__)
    return there, None


def _find(device: str) -> None:
    """Say so where a device is not there.

    Raises:
        UnsupportedInputError: it is not.
    """
    present = _present()
    kind, _, index = device.partition(":")
    if f"{kind}:{index or 0}" not in present:
        raise UnsupportedInputError(msg("robustness.device-missing", device=device, found=present))


def _present() -> tuple[str, ...]:
    import torch  # needs torch, an extra

    found = ["cpu:0"]
    if torch.cuda.is_available():
        found += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps:0")
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found += [f"xpu:{index}" for index in range(torch.xpu.device_count())]
    return tuple(found)
