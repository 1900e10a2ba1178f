"""`aigov key`: make, show, replace and deny signing keys."""

from __future__ import annotations

from pathlib import Path

import click

from aigov.cli.passphrases import first_line, passphrase_from
from aigov.cli.settings import tell
from aigov.i18n import msg

_ALGORITHMS = ("p256", "p384", "p521", "ed25519", "ml-dsa-65", "sm2")
_FILE = click.Path(path_type=Path, dir_okay=False)
_algorithm = click.option(
    "--algorithm",
    "--curve",
    "algorithm",
    type=click.Choice(_ALGORITHMS),
    default="p256",
    show_default=True,
    help="Kind of the key. The NIST curves sign OpenSSF Model Signing bundles; the others a bundle of our own.",
)
_decrypt = click.option("--passphrase-file", type=_FILE, help="First line decrypts the key.")


@click.group()
def command() -> None:
    """Make, show, replace and deny the keys that models are signed with."""


@command.command()
@click.argument("path", type=_FILE)
@_algorithm
@click.option("--passphrase-file", type=_FILE, help="Encrypt the private key with the first line of this file.")
def new(path: Path, algorithm: str, passphrase_file: Path | None) -> None:
    """Write a new private key to PATH, for its owner only, and its public key beside it (.pub.pem).

    Existing files are never overwritten.
    """
    from aigov.signing import Algorithm, new_key, public_path  # start-up time

    public = new_key(path, Algorithm(algorithm), first_line(passphrase_file) if passphrase_file else b"")
    tell(msg("signing.said.new-key", private=str(path), public=str(public_path(path)), fingerprint=public.fingerprint))


@command.command()
@click.argument("key")
@_decrypt
def show(key: str, passphrase_file: Path | None) -> None:
    """Print kind and fingerprint of KEY, a public or private key in a file or a PKCS#11 URI, and its public key."""
    from aigov.signing import read_any_key, read_signing_key  # start-up time

    ask = passphrase_from(key, passphrase_file)
    public = read_signing_key(key, ask).public if key.startswith("pkcs11:") else read_any_key(Path(key), ask)
    click.echo(f"{public.algorithm.value} {public.fingerprint}")
    click.echo(public.pem.decode("ascii"), nl=False)


@command.command()
@click.argument("old")
@click.argument("path", type=_FILE)
@_algorithm
@_decrypt
@click.option("--new-passphrase-file", type=_FILE, help="Encrypt the new private key with the first line of this file.")
def rotate(
    old: str, path: Path, algorithm: str, passphrase_file: Path | None, new_passphrase_file: Path | None
) -> None:
    """Make the key at PATH the successor of OLD, a private key in a file or a PKCS#11 URI.

    Writes the new key like `key new`, and beside it a statement, signed by OLD, that this key comes after it
    (.rotation.json). Who pinned the old public key follows with: aigov verify --public-key OLD --rotation FILE
    """
    from datetime import UTC, datetime  # start-up time

    from aigov.errors import InputError, Place
    from aigov.signing import Algorithm, new_key, public_path, read_signing_key, rotation_path, write_rotation
    from aigov.signing.private_keys import write_new

    signer = read_signing_key(old, passphrase_from(old, passphrase_file))
    statement = rotation_path(path)
    if statement.exists():
        raise InputError(msg("signing.key-exists"), Place(str(statement)), hint=msg("signing.key-exists.hint"))
    public = new_key(path, Algorithm(algorithm), first_line(new_passphrase_file) if new_passphrase_file else b"")
    write_new(statement, write_rotation(signer, public, datetime.now(UTC)), 0o644)
    tell(msg("signing.said.new-key", private=str(path), public=str(public_path(path)), fingerprint=public.fingerprint))
    tell(msg("signing.said.rotated", path=str(statement), old=signer.public.fingerprint))


@command.command()
@click.argument("deny_list", type=_FILE)
@click.argument("fingerprints", nargs=-1)
@click.option("--key", required=True, help="Private key that signs the list: a PEM file or a PKCS#11 URI.")
@click.option("--reason", default="unspecified", show_default=True, help="Why, for whoever meets the refusal.")
@click.option("--from", "start", help="Still take what a trusted timestamp puts before this time (ISO 8601).")
@click.option("--until", "end", help="The entry lapses at this time (ISO 8601).")
@_decrypt
def deny(  # noqa: PLR0913  # one argument an option
    *,
    deny_list: Path,
    fingerprints: tuple[str, ...],
    key: str,
    reason: str,
    start: str | None,
    end: str | None,
    passphrase_file: Path | None,
) -> None:
    """Add FINGERPRINTS of keys or certificates to DENY_LIST, or make it; without any, date it anew.

    What it held stays if the same key signed it.
    """
    from datetime import UTC, datetime  # start-up time

    from aigov.signing import Denied, DenyList, read_deny_list, read_signing_key
    from aigov.signing.deny_list import checked_fingerprint
    from aigov.signing.documents import time_argument
    from aigov.signing.signer import write_whole

    signer = read_signing_key(key, passphrase_from(key, passphrase_file))
    known = read_deny_list(deny_list, signer.public).entries if deny_list.exists() else ()
    first, last = (time_argument(text) if text else None for text in (start, end))
    added = tuple(Denied(checked_fingerprint(text), reason, first, last) for text in fingerprints)
    found = DenyList(datetime.now(UTC), (*known, *(entry for entry in added if entry not in known)))
    write_whole(deny_list, found.to_bytes(signer))
    tell(msg("signing.said.denied", path=str(deny_list), count=len(found.entries)))
