"""`aigov policy allow` and `allowed`: the signed list of names that model files may hold."""

from __future__ import annotations

from pathlib import Path

import click

from aigov.cli.passphrases import passphrase_from
from aigov.cli.settings import tell
from aigov.i18n import msg
from aigov.redact import public

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("allow_list", type=_FILE)
@click.argument("names", nargs=-1)
@click.option("--key", required=True, help="Private key that signs the list: a PEM file or a PKCS#11 URI.")
@click.option("--reason", default="", help="Why these names are harmless; asked for with names.")
@click.option("--withdraw", multiple=True, metavar="NAME", help="Take a name off the list; repeatable.")
@click.option("--passphrase-file", type=_FILE, help="First line decrypts the key.")
def allow(  # noqa: PLR0913  # one argument an option
    *,
    allow_list: Path,
    names: tuple[str, ...],
    key: str,
    reason: str,
    withdraw: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:
    """Add exact NAMES of classes or operators to ALLOW_LIST, or make it.

    What it held stays if the same key signed it. A policy names the list and the public key in the parameters
    allow_list and allow_list_key of model.serialization.
    """
    from datetime import UTC, datetime  # start-up time

    from aigov.signing import Allowed, AllowList, read_allow_list, read_signing_key
    from aigov.signing.allow_list import checked_name, checked_reason
    from aigov.signing.signer import write_whole

    signer = read_signing_key(key, passphrase_from(key, passphrase_file))
    now = datetime.now(UTC)
    added = [Allowed(checked_name(name), now, checked_reason(reason)) for name in names]
    known = read_allow_list(allow_list, signer.public).entries if allow_list.exists() else ()
    gone = {*withdraw, *names}
    kept = [entry for entry in known if entry.name not in gone]
    found = AllowList(now, tuple(sorted([*kept, *added], key=lambda entry: entry.name)))
    write_whole(allow_list, found.to_bytes(signer))
    tell(msg("signing.said.allowed", path=str(allow_list), count=len(found.entries)))


@click.command()
@click.argument("allow_list", type=_FILE)
@click.option("--public-key", type=_FILE, required=True, help="Public key that signed the list, PEM.")
def allowed(allow_list: Path, public_key: Path) -> None:
    """Print the names of ALLOW_LIST, a line each: name, since when, why."""
    from aigov.signing import read_allow_list, read_public_key  # start-up time

    for entry in read_allow_list(allow_list, read_public_key(public_key)).entries:
        click.echo(f"{public(entry.name)}  {entry.since.date().isoformat()}  {public(entry.reason, 500)}")
