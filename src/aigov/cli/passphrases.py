"""Where passphrases and PINs come from: a file, the environment or a prompt, never the command line itself."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from aigov.cli.settings import current
from aigov.errors import InputError, Place
from aigov.i18n import msg, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VARIABLE = "AIGOV_KEY_PASSPHRASE"
_MAX_BYTES = 4096


def passphrase_from(key: Path | str, file: Path | None) -> Callable[[], bytes]:
    """Return how to ask for the passphrase of `key`: `file`, else $AIGOV_KEY_PASSPHRASE, else a prompt.

    Calling it raises InputError where none of them is there.
    """

    def ask() -> bytes:
        if file is not None:
            return first_line(file)
        if VARIABLE in os.environ:
            return os.environ[VARIABLE].encode()
        if not sys.stdin.isatty():
            raise InputError(
                msg("signing.passphrase-needed"), Place(str(key)), hint=msg("signing.passphrase-needed.hint")
            )
        words: str = click.prompt(
            say(msg("signing.said.passphrase", key=str(key)), current().lang), hide_input=True, err=True
        )
        return words.encode()

    return ask


def first_line(path: Path) -> bytes:
    """Return the first line of a file without its end.

    Raises:
        InputError: it cannot be read, or its first line is empty.
    """
    try:
        with path.open("rb") as stream:
            line = stream.readline(_MAX_BYTES).rstrip(b"\r\n")
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=error.strerror or ""), Place(str(path))) from error
    if not line:
        raise InputError(msg("signing.passphrase-empty"), Place(str(path)))
    return line
