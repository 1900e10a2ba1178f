"""Templates of papers, filled with digests, sizes and figures."""

from __future__ import annotations

import hashlib
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def described(name: str, path: Path) -> dict[str, object]:
    """Return digest and size of a file as `NAME_sha256` and `NAME_size`."""
    data = path.read_bytes()
    return {f"{name}_sha256": hashlib.sha256(data).hexdigest(), f"{name}_size": len(data)}


def filled(template: Path, values: Mapping[str, object]) -> str:
    """Return the text of a template with every `$name` replaced."""
    return Template(template.read_text("utf-8")).substitute(values)
