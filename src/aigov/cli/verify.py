"""`aigov verify`: check a model against its signature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.cli.settings import current, json_text, tell
from aigov.errors import UsageError
from aigov.i18n import Message, msg, say

if TYPE_CHECKING:
    from aigov.signing import Trust, Verification

SCHEMA = "aigov/verification/v1"
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--signature", type=_FILE, help="Signature file; default: PATH.sig, or PATH/model.sig for a folder.")
@click.option("--public-key", type=_FILE, help="Trust this public key, PEM.")
@click.option("--trust", type=_FILE, help="Trust certificates that chain to these roots, PEM; needs --identity.")
@click.option("--identity", help="E-mail, DNS name, URI, subject or sha256:HEX that the certificate must name.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def command(  # noqa: PLR0913  # one argument an option
    *,
    path: Path,
    signature: Path | None,
    public_key: Path | None,
    trust: Path | None,
    identity: str | None,
    form: str,
) -> None:
    """Check that the model at PATH is what its signer signed: same files, same bytes, nothing added.

    Exit code 0 if it is, 1 if the signature does not hold or a file differs, 2 if something cannot be read.
    """
    from aigov.signing import verify  # start-up time

    found = verify(path, signature, _trust(public_key, trust, identity))
    if form == "json":
        click.echo(json_text(as_json(found), indent=2))
        return
    for sentence in _sentences(path, found):
        tell(sentence)


def as_json(found: Verification) -> dict[str, object]:
    """Return a verification as JSON values, schema `aigov/verification/v1`."""
    return {
        "schema": SCHEMA,
        "verified": not found.differences,
        "scheme": found.scheme,
        "fingerprint": found.fingerprint,
        "identity": found.identity,
        "subject": found.subject,
        "root": found.root,
        "resources": [{"name": r.name, "algorithm": r.algorithm, "digest": r.digest} for r in found.resources],
        "ignored": list(found.ignored),
        "uncovered": list(found.uncovered),
        "notes": [{"id": note.id, "text": say(note, current().lang)} for note in found.notes],
    }


def _trust(public_key: Path | None, roots: Path | None, identity: str | None) -> Trust:
    from aigov.signing import CertificateTrust, KeyTrust  # start-up time

    if public_key is not None and roots is None and identity is None:
        return KeyTrust(public_key)
    if public_key is None and roots is not None and identity:
        from datetime import UTC, datetime  # start-up time

        return CertificateTrust(roots, identity, datetime.now(UTC))
    raise UsageError(msg("signing.trust-usage"), hint=msg("signing.trust-usage.hint"))


def _sentences(path: Path, found: Verification) -> list[Message]:
    said = [msg("signing.said.verified", path=str(path), count=len(found.resources), fingerprint=found.fingerprint)]
    if found.identity:
        said.append(msg("signing.said.identity", identity=found.identity))
    if found.ignored:
        said.append(msg("signing.said.ignored", names=found.ignored))
    if found.uncovered:
        said.append(msg("signing.said.uncovered", count=len(found.uncovered), names=found.uncovered[:10]))
    return [*said, *found.notes]
