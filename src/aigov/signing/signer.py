"""Signing a model: its files are hashed, named in a statement, and the statement is signed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.digests import (
    DEFAULT_EXCLUSIONS,
    Entry,
    Kind,
    digest_entry,
    entries_of,
    excluded,
    read_bounded,
    reason_of,
)
from aigov.signing.envelope import (
    MAX_BYTES,
    Bundle,
    CertificateChain,
    KeyHint,
    parse_bundle,
    pre_authentication_encoding,
)
from aigov.signing.locations import relative_to, signature_path
from aigov.signing.private_keys import Passphrase, PrivateKey, read_private_key
from aigov.signing.statement import Resource, Statement

_REFUSED = {
    Kind.SYMLINK: "signing.has-link",
    Kind.SPECIAL: "signing.has-special",
    Kind.UNNAMEABLE: "signing.bad-file-name",
}


def sign(
    path: Path | str, key: Path | str, output: Path | str | None = None, passphrase: Passphrase | None = None
) -> Path:
    """Sign a file or a folder with an EC private key and return where the signature was written.

    The default is `<file>.sig` beside a file and `<folder>/model.sig` in a folder. The same key and the same
    bytes always give the same signature file. Every file is covered, empty ones too; `.git`, `.gitattributes`,
    `.github` and `.gitignore` at the top are left out as OMS v1.0 section 6.2 asks, and named in the signature.

    Raises:
        InputError: the model or the key cannot be read, the signature cannot be written.
        SignatureError: the model cannot be signed: no file, a link, a special file, a name that is not UTF-8.
    """
    model = Path(path)
    target = Path(output) if output is not None else signature_path(model)
    signer = read_private_key(Path(key), passphrase)
    entries = entries_of(model)
    _check_target(target, model)
    bundle = sign_statement(state(model, entries, target), signer)
    _write(target, bundle.to_bytes())
    return target


def sign_statement(statement: Statement, key: PrivateKey, chain: tuple[bytes, ...] = ()) -> Bundle:
    """Return the bundle over a statement; with `chain` (DER, leaf first) it carries certificates for the key's hint."""
    payload = statement.to_bytes()
    material = CertificateChain(chain) if chain else KeyHint(key.public.fingerprint)
    return Bundle(material, payload, key.sign(pre_authentication_encoding(payload)))


def state(model: Path, entries: tuple[Entry, ...], target: Path) -> Statement:
    """Return the statement over the files of a model, `target` (the signature file) left out.

    Raises:
        SignatureError: nothing is left to sign, or something in it cannot be signed.
    """
    whole = model.is_file()
    beside = relative_to(target, model)
    ignored = () if whole else tuple(sorted({*DEFAULT_EXCLUSIONS, *([beside] if beside else [])}))
    covered = [entry for entry in entries if not excluded(entry.name, ignored)]
    for entry in covered:
        if entry.kind is not Kind.FILE:
            raise SignatureError(msg(_REFUSED[entry.kind], name=public(entry.name)), Place(str(model)))
    if not covered:
        raise SignatureError(msg("signing.empty-model"), Place(str(model)))
    resources = tuple(Resource(entry.name, "sha256", digest_entry(entry, "sha256")) for entry in covered)
    return Statement(model.resolve().name or "model", resources, ignored)


def _check_target(target: Path, model: Path) -> None:
    """Refuse to write over anything that is not an older signature."""
    if not os.path.lexists(target):
        return
    place = Place(str(target))
    if model.is_file() and target.exists() and target.samefile(model):
        raise InputError(msg("signing.would-overwrite"), place, hint=msg("signing.would-overwrite.hint"))
    old = read_bounded(target, MAX_BYTES)
    if not old:
        return
    try:
        parse_bundle(old, place)
    except SignatureError as error:
        raise InputError(msg("signing.would-overwrite"), place, hint=msg("signing.would-overwrite.hint")) from error


def _write(target: Path, data: bytes) -> None:
    """Write the whole file or nothing."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with partial.open("xb") as stream:
            stream.write(data)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise InputError(msg("signing.cannot-write", detail=reason_of(error)), Place(str(target))) from error
