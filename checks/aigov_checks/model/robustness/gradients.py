"""The differentiable twin of a model, or the reason why there is none."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from aigov import Message, msg
from aigov_checks.model.robustness.devices import on_device

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array, Gradients, Opened, Twin


def gradients_of(opened: Opened, x: Array, device: str = "cpu") -> tuple[Twin | None, Message | None]:
    """Return the differentiable twin on a device, or the reason why there is none; a linear model needs none.

    Raises:
        UnsupportedInputError: the device is not there.
    """
    if opened.affine is not None:
        return None, None
    if opened.differentiable is None:
        return None, opened.no_gradients or msg("robustness.note.black-box", model=opened.predictor.name)
    twin, reason = opened.differentiable(x)
    if twin is None or device == "cpu":
        return twin, reason
    twin, fallen = on_device(twin, device, x)
    opened.facts = {**opened.facts, "device": twin.device}
    opened.notes.extend([fallen] if fallen is not None else [])
    return twin, reason


def one_thread_of(twin: Gradients | None) -> nullcontext[None]:
    """Return a context in which torch keeps to one thread, where it is used at all."""
    if twin is None:
        return nullcontext()
    from aigov_checks.model.robustness.gradient_stage import one_thread  # needs torch, an extra

    return one_thread()  # type: ignore[return-value]  # both are context managers of None
