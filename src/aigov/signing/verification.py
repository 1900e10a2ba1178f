"""What verifying needs and what it answers, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from aigov.i18n import Message, msg
from aigov.redact import public
from aigov.signing.statement import Resource

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class KeyTrust:
    """Trust one public key, a PEM file, and the keys that it handed over to."""

    public_key: Path
    rotations: tuple[Path, ...] = ()
    """Statements of `aigov key rotate`, in any order."""


@dataclass(frozen=True, slots=True)
class CertificateTrust:
    """Trust certificates that chain to `roots` (a PEM file), name `identity`, and are valid at `at`.

    `identity` equals one subject alternative name (e-mail, DNS name or URI), the subject's RFC 4514 name, or
    `sha256:<hex>` of the certificate.
    """

    roots: Path
    identity: str
    at: datetime
    """The present; a trusted timestamp of the signature takes its place for what was valid when it was made."""
    crls: tuple[Path, ...] = ()
    """Certificate revocation lists, PEM or DER. With any, the issuer of every certificate must have a current one."""


Trust = KeyTrust | CertificateTrust


@dataclass(frozen=True, slots=True)
class DenyTrust:
    """A deny-list, the key that signs it, and the age at which it is too old to rely on."""

    path: Path
    public_key: Path
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class Assurance:
    """What is asked of a signature beyond that it holds and is trusted."""

    at: datetime | None = None
    """The present; needed by everything below."""
    timestamp_roots: Path | None = None
    """Certificates of time-stamping authorities, PEM; without them timestamps are not looked at."""
    deny: DenyTrust | None = None


class Change(StrEnum):
    """How what is on disk differs from what was signed."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    """A file that the signature does not name."""
    SYMLINK = "symlink"
    SPECIAL = "special"
    UNNAMEABLE = "unnameable"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as it was signed."""

    change: Change
    name: str
    """Relative to the model, printable; its base name where the model is one file."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A signature that holds, and what it says about the files."""

    scheme: str
    """`key` or `certificate`."""
    algorithm: str
    """Of the signer's key: `p256`, `p384`, `p521`; outside OMS `ed25519`, `ml-dsa-65`, `sm2`."""
    fingerprint: str
    """Of the signer: SHA-256 of the public key's PEM text, or of the leaf certificate's DER."""
    identity: str
    """The pinned identity; empty for a key."""
    subject: str
    """What the signer called the model; informative only."""
    root: str
    """OMS root digest with the files in code point order, SHA-256."""
    resources: tuple[Resource, ...]
    """Files or shards that the signature names, by name."""
    differences: tuple[Difference, ...] = ()
    """Empty if every signed file is unchanged and no other file is there."""
    ignored: tuple[str, ...] = ()
    """Paths that the signer chose to leave out, beyond OMS's own exclusions and the signature itself."""
    uncovered: tuple[str, ...] = ()
    """Files that exist and that nothing vouches for, because they lie under an excluded path."""
    signed_before: datetime | None = None
    """What a trusted timestamp says: the signature is not younger. None without one."""
    notes: tuple[Message, ...] = ()

    @property
    def oms(self) -> bool:
        """Whether this is an OpenSSF Model Signing bundle, or one of our own profile."""
        return self.algorithm in {"p256", "p384", "p521"}

    @property
    def digests(self) -> tuple[str, ...]:
        """Algorithms with which every file was hashed."""
        every = {resource.algorithm for resource in self.resources}
        return (*sorted(every), *(("sm3",) if all(resource.sm3 for resource in self.resources) else ()))

    @property
    def reasons(self) -> tuple[Message, ...]:
        """The differences in words, one sentence a kind of change."""
        return tuple(
            _reason(change, [d.name for d in self.differences if d.change is change])
            for change in Change
            if self.has(change)
        )

    def has(self, change: Change) -> bool:
        """Return whether some file differs in this way."""
        return any(difference.change is change for difference in self.differences)


def _reason(change: Change, names: list[str]) -> Message:
    shown = tuple(public(name) for name in names[:_SHOWN])
    return msg(f"signing.files.{change.value}", names=shown, count=len(names))
