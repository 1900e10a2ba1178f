"""ONNX graphs as torch functions: only the operators of plain classifiers, each checked against onnxruntime in use."""

from aigov_checks.model.robustness.translate.program import Program, translate
from aigov_checks.model.robustness.translate.steps import UntranslatableError

__all__ = ["Program", "UntranslatableError", "translate"]
