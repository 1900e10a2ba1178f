"""`model.extraction`: how good a copy of a model its answers make."""

from aigov_checks.model.extraction.check import extraction

__all__ = ["extraction"]
