"""The check `model.robustness`: accuracy on clean inputs and under the worst perturbation that was found."""

from aigov_checks.model.robustness.check import robustness

__all__ = ["robustness"]
