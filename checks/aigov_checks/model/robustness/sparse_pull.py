"""What draws a sample to another class: the lead of that class and its gradient, from the twin of a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from aigov_checks.model.robustness import losses
from aigov_checks.model.robustness.apgd import slope

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Array, Gradients
    from aigov_checks.model.robustness.sparse_gradient import Pull


def pull_of(twin: Gradients, x: Array, y: Array, rank: int) -> Pull:
    """Return the lead over the true class of whichever class is best, or of the one that is `rank`-th at `x`."""
    labels = torch.from_numpy(y)
    target = labels
    if rank:
        with torch.no_grad():
            logits = twin.logits(torch.from_numpy(np.ascontiguousarray(x))).scatter(1, labels[:, None], -torch.inf)
        target = logits.argsort(dim=1, descending=True)[:, rank - 1]

    def pull(points: Array, rows: Array) -> tuple[Array, Array]:
        inputs = torch.from_numpy(np.ascontiguousarray(points)).requires_grad_()
        logits, mine = twin.logits(inputs), labels[torch.from_numpy(rows)]
        lead = -losses.margin(logits, mine)
        aimed = lead
        if rank:
            aim = target[torch.from_numpy(rows)]
            aimed = (logits.gather(1, aim[:, None]) - logits.gather(1, mine[:, None]))[:, 0]
        gradient = slope(aimed, inputs).numpy()
        return torch.where(lead > 0, lead, torch.minimum(aimed, lead)).detach().numpy().astype(np.float64), gradient

    return pull
