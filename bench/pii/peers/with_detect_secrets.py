"""detect-secrets: all its plugins, on a file with the values as lines, or with `--line` by `scan_line`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from detect_secrets.core.scan import scan_file, scan_line
from detect_secrets.settings import default_settings
from values import read, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detect_secrets.core.potential_secret import PotentialSecret


def spans(text: str, secrets: Iterable[PotentialSecret]) -> Iterator[tuple[int, int, str]]:
    """Yield where the secrets stand in the text."""
    for secret in secrets:
        value = secret.secret_value or ""
        start = text.find(value)
        if value and start >= 0:
            yield start, start + len(value), secret.type


def by_line(texts: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Yield what `scan_line` finds: it takes a line for one that a person asked about, and guesses more."""
    for number, text in enumerate(texts):
        for start, end, kind in spans(text, scan_line(text)):
            yield number, start, end, kind


def by_file(texts: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Yield what the scan of a file finds, as `detect-secrets scan` does it."""
    places = [(number, line) for number, text in enumerate(texts) for line in text.split("\n")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.txt"
        path.write_text("".join(f"{line}\n" for _, line in places), encoding="utf-8")
        for secret in scan_file(str(path)):
            number, line = places[secret.line_number - 1]
            first = texts[number].find(line)
            for start, end, kind in spans(line, [secret]):
                yield number, first + start, first + end, kind


if __name__ == "__main__":
    with default_settings():
        write("detect-secrets", (by_line if "--line" in sys.argv else by_file)(read()))
