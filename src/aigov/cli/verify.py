"""`aigov verify`: check a model against its signature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.cli.settings import current, json_text, tell
from aigov.errors import UsageError
from aigov.i18n import Message, msg, say

if TYPE_CHECKING:
    from aigov.signing import Assurance, Resource, Trust, Verification

SCHEMA = "aigov/verification/v1"
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--signature", type=_FILE, help="Signature file; default: PATH.sig, or PATH/model.sig for a folder.")
@click.option("--public-key", type=_FILE, help="Trust this public key, PEM.")
@click.option("--rotation", type=_FILE, multiple=True, help="Also trust the key that this statement hands over to.")
@click.option("--trust", type=_FILE, help="Trust certificates that chain to these roots, PEM; needs --identity.")
@click.option("--identity", help="E-mail, DNS name, URI, subject or sha256:HEX that the certificate must name.")
@click.option("--crl", type=_FILE, multiple=True, help="Certificate revocation list; every issuer then needs one.")
@click.option("--timestamp-trust", type=_FILE, help="Roots of time-stamping authorities, PEM.")
@click.option("--deny-list", type=_FILE, help="Signed list of keys that are no longer trusted; needs its key.")
@click.option("--deny-list-key", type=_FILE, help="Public key that signs the deny-list, PEM.")
@click.option(
    "--deny-list-age", type=click.IntRange(1), default=30, show_default=True, help="Days until it is too old."
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def command(  # noqa: PLR0913  # one argument an option
    *,
    path: Path,
    signature: Path | None,
    public_key: Path | None,
    rotation: tuple[Path, ...],
    trust: Path | None,
    identity: str | None,
    crl: tuple[Path, ...],
    timestamp_trust: Path | None,
    deny_list: Path | None,
    deny_list_key: Path | None,
    deny_list_age: int,
    form: str,
) -> None:
    """Check that the model at PATH is what its signer signed: same files, same bytes, nothing added.

    Exit code 0 if it is, 1 if the signature does not hold or a file differs, 2 if something cannot be read.
    """
    from aigov.signing import verify  # start-up time

    mixed = (public_key or rotation) and (trust or identity or crl)
    whom = None if mixed else _key(public_key, rotation) or _roots(trust, identity, crl)
    if whom is None:
        raise UsageError(msg("signing.trust-usage"), hint=msg("signing.trust-usage.hint"))
    beyond = _assurance(timestamp_trust, deny_list, deny_list_key, deny_list_age)
    found = verify(path, signature, whom, beyond)
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
        "format": "oms" if found.oms else "aigov-profile",
        "algorithm": found.algorithm,
        "fingerprint": found.fingerprint,
        "identity": found.identity,
        "signed_before": found.signed_before.isoformat() if found.signed_before else None,
        "subject": found.subject,
        "root": found.root,
        "resources": [_resource(resource) for resource in found.resources],
        "ignored": list(found.ignored),
        "uncovered": list(found.uncovered),
        "notes": [{"id": note.id, "text": say(note, current().lang)} for note in found.notes],
    }


def _resource(resource: Resource) -> dict[str, object]:
    found: dict[str, object] = {"name": resource.name, "algorithm": resource.algorithm, "digest": resource.digest}
    if resource.part is not None:
        found |= {"start": resource.part.start, "end": resource.part.end}
    return found | ({"sm3": resource.sm3} if resource.sm3 else {})


def _key(public_key: Path | None, rotations: tuple[Path, ...]) -> Trust | None:
    from aigov.signing import KeyTrust  # start-up time

    return None if public_key is None else KeyTrust(public_key, rotations)


def _roots(roots: Path | None, identity: str | None, crls: tuple[Path, ...]) -> Trust | None:
    from datetime import UTC, datetime  # start-up time

    from aigov.signing import CertificateTrust

    return CertificateTrust(roots, identity, datetime.now(UTC), crls) if roots is not None and identity else None


def _assurance(timestamp_roots: Path | None, deny_list: Path | None, key: Path | None, days: int) -> Assurance:
    from datetime import UTC, datetime, timedelta  # start-up time

    from aigov.signing import Assurance, DenyTrust

    if (deny_list is None) != (key is None):
        raise UsageError(msg("signing.deny-usage"), hint=msg("signing.deny-usage.hint"))
    deny = DenyTrust(deny_list, key, timedelta(days=days)) if deny_list is not None and key is not None else None
    return Assurance(datetime.now(UTC), timestamp_roots, deny)


def _sentences(path: Path, found: Verification) -> list[Message]:
    files = len({resource.name for resource in found.resources})
    said = [msg("signing.said.verified", path=str(path), count=files, fingerprint=found.fingerprint)]
    if found.identity:
        said.append(msg("signing.said.identity", identity=found.identity))
    if not found.oms:
        said.append(msg("signing.said.profile", algorithm=found.algorithm))
    if found.signed_before is not None:
        said.append(msg("signing.said.signed-before", time=found.signed_before.isoformat()))
    if found.ignored:
        said.append(msg("signing.said.ignored", names=found.ignored))
    if found.uncovered:
        said.append(msg("signing.said.uncovered", count=len(found.uncovered), names=found.uncovered[:10]))
    return [*said, *found.notes]
