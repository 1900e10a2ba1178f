"""The check `model.memorised-data`: which personal data, secrets and training rows does a model file carry?"""

from aigov_checks.model.memorised.check import memorised
from aigov_checks.model.memorised.params import MemorisedParams

__all__ = ["MemorisedParams", "memorised"]
