"""The checks `model.weights` and `model.difference`: tensors with their digests, and what differs in two."""

from aigov_checks.model.weights.check import WeightsParams, weights
from aigov_checks.model.weights.difference import DifferenceParams, difference

__all__ = ["DifferenceParams", "WeightsParams", "difference", "weights"]
