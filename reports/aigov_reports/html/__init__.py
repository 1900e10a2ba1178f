"""The report for people: one self-contained HTML file that reads without scripts and prints to A4."""

from aigov_reports.html.document import HTML

__all__ = ["HTML"]
