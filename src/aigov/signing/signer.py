"""Signing a model: its files are hashed once, named in a statement, and every key signs that statement."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.signing.digests import DEFAULT_EXCLUSIONS, entries_of, read_bounded, reason_of
from aigov.signing.envelope import (
    MAX_BYTES,
    Bundle,
    CertificateChain,
    KeyHint,
    is_bundle,
    parse_bundle,
    pre_authentication_encoding,
)
from aigov.signing.locations import FOLDER_SIGNATURE, relative_to, signature_path
from aigov.signing.private_keys import Passphrase, SigningKey, read_signing_key
from aigov.signing.stating import Hashing, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.signing.statement import Statement


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is signed, beside the key."""

    hashing: Hashing = field(default_factory=Hashing)
    certificate: Path | None = None
    """PEM with the signer's certificate and its issuers, leaf first; the signature then carries them."""
    timestamp: Callable[[bytes], bytes] | None = None
    """Asks a time-stamping authority for a token (DER) over the signature that it is given."""


DEFAULT = Recipe()


def sign(
    path: Path | str,
    key: Path | str,
    output: Path | str | None = None,
    passphrase: Passphrase | None = None,
    recipe: Recipe = DEFAULT,
) -> Path:
    """Sign a file or a folder with a key, a PEM file or PKCS#11 URI, and return where the signature was written.

    The default is `<file>.sig` beside a file and `<folder>/model.sig` in a folder; `<name>.<algorithm>.sig` beside
    either for a key outside the OMS registry. The same EC key and the same bytes always give the same signature
    file. Every file is covered, empty ones too; `.git`, `.gitattributes`, `.github` and `.gitignore` at the top are
    left out as OMS v1.0 section 6.2 asks, and named in the signature.

    Raises:
        InputError: the model, the key or the certificate cannot be read, the signature cannot be written.
        SignatureError: the model cannot be signed: no file, a link, a special file, a name that is not UTF-8.
        MissingExtraError: what the key or the digest needs is not installed.
    """
    return sign_with(path, (read_signing_key(key, passphrase),), output, recipe)[0]


def sign_with(
    path: Path | str, keys: Sequence[SigningKey], output: Path | str | None = None, recipe: Recipe = DEFAULT
) -> tuple[Path, ...]:
    """Sign one statement over a model with every key, each into a bundle of its own; see `sign`.

    Raises:
        InputError, SignatureError, MissingExtraError: as `sign`; also two keys for one signature file.
    """
    model = Path(path)
    targets = [Path(output) if output is not None else signature_path(model, key.public.algorithm) for key in keys]
    for index, target in enumerate(targets):
        if target in targets[:index]:
            raise InputError(msg("signing.one-file-twice"), Place(str(target)), hint=msg("signing.one-file-twice.hint"))
    chains = _chains(keys, recipe.certificate)
    entries = entries_of(model)
    for target in targets:
        _check_target(target, model)
    outside = any(not key.public.algorithm.oms for key in keys)
    statement = state(model, entries, _left_out(model, targets, outside), recipe.hashing)
    made = [_signed(statement, key, chain, recipe, model) for key, chain in zip(keys, chains, strict=True)]
    for target, data in zip(targets, made, strict=True):
        write_whole(target, data)
    return tuple(targets)


def sign_statement(statement: Statement, key: SigningKey, chain: tuple[bytes, ...] = ()) -> Bundle:
    """Return the bundle over a statement; with `chain` (DER, leaf first) it carries certificates for the key's hint."""
    payload = statement.to_bytes()
    material = CertificateChain(chain) if chain else KeyHint(key.public.fingerprint)
    signature = key.sign(pre_authentication_encoding(payload))
    algorithm = key.public.algorithm
    return Bundle(material, payload, signature, profile=None if algorithm.oms else algorithm)


def write_whole(target: Path, data: bytes) -> None:
    """Write the whole file or nothing.

    Raises:
        InputError: it cannot be written.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with partial.open("xb") as stream:
            stream.write(data)
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise InputError(msg("signing.cannot-write", detail=reason_of(error)), Place(str(target))) from error


def _signed(statement: Statement, key: SigningKey, chain: tuple[bytes, ...], recipe: Recipe, model: Path) -> bytes:
    bundle = sign_statement(statement, key, chain)
    if recipe.timestamp is not None:
        bundle = replace(bundle, timestamps=(recipe.timestamp(bundle.signature),))
    data = bundle.to_bytes()
    if len(data) > MAX_BYTES:
        raise SignatureError(msg("signing.too-large", limit=MAX_BYTES // 1_000_000), Place(str(model)))
    return data


def _chains(keys: Sequence[SigningKey], certificate: Path | None) -> list[tuple[bytes, ...]]:
    if certificate is None:
        return [()] * len(keys)
    from aigov.signing.certificates import chain_for  # X.509 costs start-up time

    chains = [chain_for(certificate, key.public) for key in keys]
    if not any(chains):
        hint = msg("signing.certificate.other-key.hint")
        raise InputError(msg("signing.certificate.other-key"), Place(str(certificate)), hint=hint)
    return chains


def _left_out(model: Path, targets: list[Path], outside: bool) -> tuple[str, ...]:  # noqa: FBT001  # private
    """Return the exclusions of OMS and the signatures, also the usual one that is there beside one of our profile."""
    if not model.is_dir():
        return ()
    usual = model / FOLDER_SIGNATURE
    beside = [usual] if outside and (not os.path.lexists(usual) or is_bundle(usual)) else []
    own = {relative_to(target, model) for target in [*targets, *beside]} - {""}
    return tuple(sorted({*DEFAULT_EXCLUSIONS, *own}))


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
