"""`model.adversarial-detection`: what a declared detector of adversarial inputs sees."""

from aigov_checks.model.detection.check import detection

__all__ = ["detection"]
