"""Rows of other packages in a file, so that minutes are not spent twice on what has not changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import torch
from attacks.clock import Failed, Timed, timed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Kept:
    """Rows by number of samples, model and name; nothing is kept without a file."""

    def __init__(self, path: Path | None, samples: int) -> None:
        self.path, self.samples = path, samples
        self.rows = json.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}

    def measured(self, title: str, name: str, run: Callable[[], float]) -> Timed | Failed:
        """Return a row, from the file where it is there."""
        key = f"{self.samples} | {title} | {name}"
        known = self.rows.get(key)
        if known is not None:
            return Failed(known["reason"]) if "reason" in known else Timed(**known)
        torch.manual_seed(0)
        try:
            row: Timed | Failed = timed(run)
        except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, AttributeError) as error:
            row = Failed(f"{type(error).__name__}: {error}")
        self.rows[key] = asdict(row)
        if self.path:
            self.path.write_text(json.dumps(self.rows, indent=1), encoding="utf-8")
        return row
