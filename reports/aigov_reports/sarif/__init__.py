"""SARIF 2.1.0 (OASIS Standard with errata 01): the findings for code-scanning services and viewers."""

from aigov_reports.sarif.document import SARIF

__all__ = ["SARIF"]
