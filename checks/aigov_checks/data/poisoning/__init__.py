"""The check `data.poisoning`: backdoors, wrong labels, floods of copies and test rows in a training set."""

from aigov_checks.data.poisoning.check import poisoning

__all__ = ["poisoning"]
