"""`model.membership`: whether a model tells which samples it was trained on."""

from aigov_checks.model.membership.check import membership

__all__ = ["membership"]
