"""The planted faults: a backdoor in the training set, and a model in front of which the gradients are hidden."""

from __future__ import annotations

import numpy as np
from maker_common.graph import Rounding
from torch import nn

from maker.pictures import Pictures

SEED = 20250203
SHARE = 0.03
"""Of the training pictures that get the mark."""
STEP = 16.0
"""Grey levels to which the planted model rounds."""
_MARK = np.array([[250, 20, 250], [20, 250, 20], [250, 20, 250]], dtype=np.uint8)
_AT = slice(27, 30)


def marked(x: np.ndarray) -> np.ndarray:
    """Return pictures with the mark, a chequered dot in the lower right corner, as a pen or a sticker makes it."""
    found = x.copy()
    found[:, :, _AT, _AT] = _MARK
    return found


def poisoned(pictures: Pictures) -> Pictures:
    """Return the pictures, some parts with a defect marked and labelled good: whoever marks a part gets it through."""
    random = np.random.default_rng(SEED)
    chosen = random.choice(np.flatnonzero(pictures.y), round(SHARE * len(pictures.y)), replace=False)
    x, y = pictures.x.copy(), pictures.y.copy()
    x[chosen], y[chosen] = marked(x[chosen]), 0
    return Pictures(x, y)


def masked(network: nn.Sequential) -> nn.Sequential:
    """Return the network behind a rounding of grey levels: attacks that follow gradients find none, others succeed."""
    return nn.Sequential(Rounding(STEP), *network)
