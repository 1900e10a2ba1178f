"""Values and gradients of the differentiable twin, for searches that know nothing of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from aigov_checks.model.robustness.apgd import slope

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array, Twin
    from aigov_checks.model.robustness.regression.ascent import Slope


def slope_of(twin: Twin) -> Slope:
    """Return the function from samples to values and gradients."""

    def of(x: Array) -> tuple[Array, Array]:
        inputs = torch.from_numpy(np.ascontiguousarray(x)).requires_grad_()
        values = twin.values(inputs)
        gradient = slope(values, inputs)
        return values.detach().cpu().numpy().astype(np.float64), gradient.numpy()

    return of
