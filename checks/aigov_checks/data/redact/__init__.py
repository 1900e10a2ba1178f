"""Copies of data sets without personal data and secrets, for `aigov redact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.cleaning import Cleaned, Cleaning
    from aigov.model import File


def redactor(source: File, target: Path, cleaning: Cleaning) -> Cleaned:
    """Write a copy of a file in which neither `data.pii` nor `data.secrets` finds anything."""
    from aigov_checks.data.redact.file import redact_file  # it is built on the checks that hand it out

    return redact_file(source, target, cleaning)
