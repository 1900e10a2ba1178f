"""`aigov key`: make and look at signing keys, and where their passphrases come from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.cli.settings import current, tell
from aigov.errors import InputError, Place
from aigov.i18n import msg, say

if TYPE_CHECKING:
    from collections.abc import Callable

_CURVES = ("p256", "p384", "p521")
_VARIABLE = "AIGOV_KEY_PASSPHRASE"
_MAX_PASSPHRASE_BYTES = 4096


@click.group()
def command() -> None:
    """Make and show the keys that models are signed with."""


@command.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--curve", type=click.Choice(_CURVES), default="p256", show_default=True, help="NIST curve of the key.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Encrypt the private key with the first line of this file.",
)
def new(path: Path, curve: str, passphrase_file: Path | None) -> None:
    """Write a new private key to PATH, for its owner only, and its public key beside it (.pub.pem).

    Existing files are never overwritten.
    """
    from aigov.signing import Curve, new_key, public_path  # start-up time

    public = new_key(path, Curve(curve), first_line(passphrase_file) if passphrase_file else b"")
    tell(msg("signing.said.new-key", private=str(path), public=str(public_path(path)), fingerprint=public.fingerprint))


@command.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="First line decrypts the key.")
def show(path: Path, passphrase_file: Path | None) -> None:
    """Print curve and fingerprint of the public or private key at PATH, and its public key."""
    from aigov.signing import read_any_key  # start-up time

    public = read_any_key(path, passphrase_from(path, passphrase_file))
    click.echo(f"{public.curve.value} {public.fingerprint}")
    click.echo(public.pem.decode("ascii"), nl=False)


def passphrase_from(key: Path, file: Path | None) -> Callable[[], bytes]:
    """Return how to ask for the passphrase of `key`: `file`, else $AIGOV_KEY_PASSPHRASE, else a prompt.

    Calling it raises InputError where none of them is there.
    """

    def ask() -> bytes:
        if file is not None:
            return first_line(file)
        if _VARIABLE in os.environ:
            return os.environ[_VARIABLE].encode()
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
            line = stream.readline(_MAX_PASSPHRASE_BYTES).rstrip(b"\r\n")
    except OSError as error:
        raise InputError(msg("signing.cannot-read", detail=error.strerror or ""), Place(str(path))) from error
    if not line:
        raise InputError(msg("signing.passphrase-empty"), Place(str(path)))
    return line
