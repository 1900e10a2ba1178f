"""`aigov timestamp`: trusted times (RFC 3161) for a signature, from an authority elsewhere. No network."""

from __future__ import annotations

from pathlib import Path

import click

from aigov.cli.settings import tell
from aigov.i18n import msg

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Ask for and attach trusted timestamps, so that a signature outlives its certificate."""


@command.command()
@click.argument("signature", type=_FILE)
@click.argument("output", type=_FILE)
def request(signature: Path, output: Path) -> None:
    """Write a request over SIGNATURE to OUTPUT (TimeStampReq, DER), to be carried to a time-stamping authority.

    Not into the folder of the model: there it would be a file that nobody signed.
    """
    from aigov.errors import Place  # start-up time
    from aigov.signing.digests import read_bounded
    from aigov.signing.envelope import MAX_BYTES, parse_bundle
    from aigov.signing.signer import write_whole
    from aigov.signing.timestamp_authority import request as request_for

    bundle = parse_bundle(read_bounded(signature, MAX_BYTES), Place(str(signature)))
    write_whole(output, request_for(bundle.signature))
    tell(msg("signing.said.request", path=str(output)))


@command.command()
@click.argument("signature", type=_FILE)
@click.argument("response", type=_FILE)
def attach(signature: Path, response: Path) -> None:
    """Add the RESPONSE of an authority (TimeStampResp, DER) to SIGNATURE."""
    from aigov.signing import attach as with_response  # start-up time
    from aigov.signing.signer import write_whole

    write_whole(signature, with_response(signature, response))
    tell(msg("signing.said.attached", path=str(signature)))
