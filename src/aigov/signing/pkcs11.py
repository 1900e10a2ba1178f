"""Keys that stay in a token: named by a PKCS#11 URI (RFC 7512), asked to sign through the token's own module."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from aigov.check import need
from aigov.errors import InputError, Place
from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.algorithms import ENCODINGS, OMS
from aigov.signing.digests import read_bounded
from aigov.signing.keys import PublicKey, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from aigov.signing.private_keys import Passphrase

EXTRA = "pkcs11"
MODULE_VARIABLE = "AIGOV_PKCS11_MODULE"
_MAX_PIN_BYTES = 4096
_ATTRIBUTE = re.compile(r"([a-z-]+)=([A-Za-z0-9\-._~:\[\]@!$'()*+,=/%]*)")
_PATH = frozenset({"token", "serial", "object", "id", "type"})
_QUERY = frozenset({"module-path", "pin-source"})


@dataclass(frozen=True, slots=True)
class KeyUri:
    """What a URI says about a key and its token."""

    attributes: dict[str, str]
    """Percent-encoded, as written: `id` is bytes."""
    place: Place

    def text(self, name: str) -> str | None:
        """Return an attribute as text; None where it is not given."""
        return unquote(self.attributes[name]) if name in self.attributes else None

    @property
    def id(self) -> bytes | None:
        """CKA_ID of the key."""
        return unquote_to_bytes(self.attributes["id"]) if "id" in self.attributes else None


@dataclass(frozen=True, slots=True)
class TokenKey:
    """An elliptic curve key in a token; every signature opens a session and closes it."""

    public: PublicKey
    uri: KeyUri
    pin: str

    def sign(self, data: bytes) -> bytes:
        """Return a DER ECDSA signature; the token takes the digest and gives r and s.

        Raises:
            InputError: the token, its PIN or the key is refused.
        """
        library = need("pkcs11", EXTRA)
        digest = hashes.Hash(digest_of(self.public.algorithm))
        digest.update(data)
        with _session(library, self.uri, self.pin) as session:
            key = _find(library, session, self.uri, library.ObjectClass.PRIVATE_KEY)
            made: bytes = key.sign(digest.finalize(), mechanism=library.Mechanism.ECDSA)
        half = len(made) // 2
        return encode_dss_signature(int.from_bytes(made[:half], "big"), int.from_bytes(made[half:], "big"))


def token_key(uri: str, pin: Passphrase | None) -> TokenKey:
    """Return the key that a URI names: `pkcs11:token=plant;object=release?module-path=/usr/lib/softhsm.so`.

    Its PIN comes from `pin-source` in the URI, a file, else from `pin`; never from the URI itself.

    Raises:
        InputError: the URI, module, token, PIN or key cannot be used.
        MissingExtraError: `python-pkcs11` is not installed.
    """
    found = parse_uri(uri)
    library = need("pkcs11", EXTRA)
    secret = _pin(found, pin)
    with _session(library, found, secret) as session:
        key = _find(library, session, found, library.ObjectClass.PUBLIC_KEY)
        point, curve = bytes(key[library.Attribute.EC_POINT]), bytes(key[library.Attribute.EC_PARAMS])
    return TokenKey(_public(curve, point, found), found, secret)


def parse_uri(uri: str) -> KeyUri:
    """Return the attributes of a PKCS#11 URI.

    Raises:
        InputError: it is none, repeats an attribute, has one that is not understood here, or holds a PIN.
    """
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    place = Place(public(f"pkcs11:{path}", 200))
    found: dict[str, str] = {}
    for text, known in (*((part, _PATH) for part in path.split(";")), *((part, _QUERY) for part in query.split("&"))):
        match = _ATTRIBUTE.fullmatch(text)
        if not text and known is _QUERY:
            continue
        if match is not None and match[1] in {"pin-value", "pin"}:
            raise InputError(msg("signing.pkcs11.pin-in-uri"), place, hint=msg("signing.pkcs11.pin-in-uri.hint"))
        if match is None or match[1] not in known or match[1] in found:
            shown = public(text.partition("=")[0], 60)
            raise InputError(msg("signing.pkcs11.bad-uri", part=shown), place, hint=msg("signing.pkcs11.bad-uri.hint"))
        found[match[1]] = match[2]
    if not {"object", "id"} & set(found):
        raise InputError(msg("signing.pkcs11.bad-uri", part="object"), place, hint=msg("signing.pkcs11.bad-uri.hint"))
    return KeyUri(found, place)


def _pin(uri: KeyUri, ask: Passphrase | None) -> str:
    source = uri.text("pin-source")
    if source is not None:
        data = read_bounded(Path(source.removeprefix("file://").removeprefix("file:")), _MAX_PIN_BYTES)
        return data.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    if ask is None:
        hint = msg("signing.passphrase-needed.hint")
        raise InputError(msg("signing.passphrase-needed"), uri.place, hint=hint)
    return ask().decode("utf-8", "replace")


@contextmanager
def _session(library: ModuleType, uri: KeyUri, pin: str) -> Iterator[Any]:  # Any: python-pkcs11 is imported by name
    path = uri.text("module-path") or os.environ.get(MODULE_VARIABLE)
    if not path:
        hint = msg("signing.pkcs11.no-module.hint", variable=MODULE_VARIABLE)
        raise InputError(msg("signing.pkcs11.no-module"), uri.place, hint=hint)
    wanted = {"token_label": uri.text("token"), "token_serial": (uri.text("serial") or "").encode() or None}
    try:
        module = library.lib(path)
        token = module.get_token(**{name: value for name, value in wanted.items() if value})
        with token.open(user_pin=pin) as session:
            yield session
    except RuntimeError as error:  # what its module cannot do, and every PKCS11Error
        raise InputError(_failed(error), uri.place) from error


def _find(library: ModuleType, session: Any, uri: KeyUri, kind: object) -> Any:  # Any: as above
    wanted = {"label": uri.text("object"), "id": uri.id}
    given = {name: value for name, value in wanted.items() if value is not None}
    return session.get_key(object_class=kind, key_type=library.KeyType.EC, **given)


def _failed(error: Exception) -> Message:
    detail = public(f"{type(error).__name__} {error}".strip(), 120)
    return msg("signing.pkcs11.failed", detail=detail)


def _public(curve: bytes, point: bytes, uri: KeyUri) -> PublicKey:
    """Return the key of CKA_EC_PARAMS (an OID) and CKA_EC_POINT (an OCTET STRING, or the bare point)."""
    for algorithm in OMS:
        encoding = ENCODINGS[algorithm]
        if curve in encoding.prefix and len(point) >= encoding.size:
            return PublicKey(algorithm, point[-encoding.size :])
    raise InputError(msg("signing.key-kind", kind="PKCS#11"), uri.place, hint=msg("signing.key-kind.hint"))
