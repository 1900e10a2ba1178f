"""The plugin contract for outputs: a function from an assessment to bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aigov.model import Assessment


@dataclass(frozen=True, slots=True)
class Reporter:
    """A report format. `render(assessment, lang)` is total: it returns bytes for every valid assessment."""

    format: str
    title: str
    media_type: str
    file_name: str
    """Name of the file in a report folder, `report.html`."""
    render: Callable[[Assessment, str], bytes]
