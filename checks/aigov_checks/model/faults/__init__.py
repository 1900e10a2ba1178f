"""The check `model.faults`: what is left of a model's accuracy when sensors and cameras fail as they do."""

from aigov_checks.model.faults.check import faults

__all__ = ["faults"]
