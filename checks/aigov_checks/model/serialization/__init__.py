"""The check `model.serialization`: does anything in a model's files run when they are loaded?"""

from aigov_checks.model.serialization.allowed import SerializationParams
from aigov_checks.model.serialization.check import scan_bytes, scan_file, serialization

__all__ = ["SerializationParams", "scan_bytes", "scan_file", "serialization"]
