"""`aigov sign`: sign a model file or folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.cli.passphrases import passphrase_from
from aigov.cli.settings import tell
from aigov.errors import UsageError
from aigov.i18n import msg

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    required=True,
    multiple=True,
    help="Private key: a PEM file or a PKCS#11 URI. Several keys sign one statement, each into a file of its own.",
)
@click.option(
    "--output",
    type=_FILE,
    help="Signature file; default: PATH.sig for a file, PATH/model.sig for a folder, PATH.sm2.sig and so on for keys "
    "outside OpenSSF Model Signing.",
)
@click.option("--certificate", type=_FILE, help="Certificates to carry, PEM: the signer's first, then its issuers.")
@click.option("--hash", "hash_", type=click.Choice(("sha256", "blake3")), default="sha256", show_default=True)
@click.option("--sm3", is_flag=True, help="Write the SM3 of every file beside its digest.")
@click.option("--shards", is_flag=True, help="Hash files in parts (1 GB), so that every core works on one large file.")
@click.option("--shard-size", type=click.IntRange(1), help="Bytes of a part; implies --shards.")
@click.option("--reference-shards", is_flag=True, help="Label parts as model-signing 1.1.1 does, against its standard.")
@click.option("--timestamp-authority", type=_FILE, help="PEM with key and certificate of a time-stamping authority.")
@click.option("--passphrase-file", type=_FILE, help="First line decrypts the keys, or is the PIN of the token.")
def command(  # noqa: PLR0913  # one argument an option
    *,
    path: Path,
    keys: tuple[str, ...],
    output: Path | None,
    certificate: Path | None,
    hash_: str,
    sm3: bool,
    shards: bool,
    shard_size: int | None,
    reference_shards: bool,
    timestamp_authority: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Sign the model at PATH, a file or a folder, in the format of OpenSSF Model Signing v1.0.

    Keys of Ed25519, ML-DSA-65 and SM2 are outside that format: they sign the same statement in a bundle of our own,
    which says so. An encrypted key asks for its passphrase: --passphrase-file, else $AIGOV_KEY_PASSPHRASE, else a
    prompt.
    """
    from aigov.signing import Hashing, Recipe, read_signing_key, sign_with  # start-up time
    from aigov.signing.statement import DEFAULT_SHARD

    if output is not None and len(keys) > 1:
        raise UsageError(msg("signing.output-usage"), hint=msg("signing.output-usage.hint"))
    size = shard_size or (DEFAULT_SHARD if shards or reference_shards else None)
    stamp = _timestamper(timestamp_authority, passphrase_file)
    hashing = Hashing(hash_, size, reference_labels=reference_shards, sm3=sm3)
    recipe = Recipe(hashing, certificate, stamp)
    signers = [read_signing_key(key, passphrase_from(key, passphrase_file)) for key in keys]
    for written in sign_with(path, signers, output, recipe):
        tell(msg("signing.said.signed", path=str(path), signature=str(written)))


def _timestamper(authority: Path | None, passphrase_file: Path | None) -> Callable[[bytes], bytes] | None:
    if authority is None:
        return None
    from datetime import UTC, datetime  # start-up time

    from aigov.signing import read_authority

    found = read_authority(authority, passphrase_from(authority, passphrase_file))
    return lambda signature: found.token(signature, datetime.now(UTC))
