"""What samples are, and how strong a fault is; known without numpy, because parameters name them."""

from __future__ import annotations

from enum import StrEnum

SEVERITIES = (1, 2, 3, 4, 5)
"""From hardly visible in operation to what a maintenance crew would be called for."""


class Kind(StrEnum):
    """What samples are: windows of signals, rows of a table, or images."""

    SIGNAL = "signal"
    TABLE = "table"
    IMAGE = "image"
