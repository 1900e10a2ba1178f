"""The built-in reporters: from an assessment to HTML, JSON, SARIF 2.1.0 and JUnit XML."""

from aigov_reports.html import HTML
from aigov_reports.json_report import JSON
from aigov_reports.junit_report import JUNIT
from aigov_reports.sarif import SARIF

REPORTERS = (HTML, JSON, SARIF, JUNIT)
"""What this pack offers, in the order in which `aigov list formats` shows it."""

__all__ = ["HTML", "JSON", "JUNIT", "REPORTERS", "SARIF"]
