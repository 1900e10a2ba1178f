"""`aigov sign`: sign a model file or folder."""

from __future__ import annotations

from pathlib import Path

import click

from aigov.cli.settings import tell
from aigov.i18n import msg


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--key", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Private key, PEM.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Signature file; default: PATH.sig for a file, PATH/model.sig for a folder.",
)
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="First line decrypts the key.")
def command(path: Path, key: Path, output: Path | None, passphrase_file: Path | None) -> None:
    """Sign the model at PATH, a file or a folder, in the format of OpenSSF Model Signing v1.0.

    An encrypted key asks for its passphrase: --passphrase-file, else $AIGOV_KEY_PASSPHRASE, else a prompt.
    """
    from aigov.cli.key import passphrase_from  # start-up time
    from aigov.signing import sign  # start-up time

    written = sign(path, key, output, passphrase_from(key, passphrase_file))
    tell(msg("signing.said.signed", path=str(path), signature=str(written)))
