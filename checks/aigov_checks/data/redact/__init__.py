"""Copies of data sets without personal data and secrets, for `aigov redact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov.cleaning import Cleaned, Cleaning, Redactor
from aigov_checks.data.detectors import load
from aigov_checks.data.presidio import DEFAULT

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.model import File


def _clean(source: File, target: Path, cleaning: Cleaning) -> Cleaned:
    """Write a copy of a file in which neither `data.pii` nor `data.secrets` finds anything."""
    from aigov_checks.data.redact.file import redact_file  # it is built on the checks that hand it out

    return redact_file(source, target, cleaning)


def _types() -> tuple[str, ...]:
    return tuple(sorted({detector.type for detector in (*load("pii", DEFAULT), *load("secrets"))}))


REDACTOR = Redactor(_clean, _types)
"""What both checks of data sets hand out: a secret half replaced as personal data would not be found any more."""
