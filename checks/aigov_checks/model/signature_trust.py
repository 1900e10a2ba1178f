"""Whom `model.signature` trusts: what a policy names, else what the subject declares for a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from aigov import InputError, Message, Model, Subject, msg
from aigov.check import need
from aigov.signing.verification import Assurance, CertificateTrust, DenyTrust, KeyTrust, Trust

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.signing import Verification

Algorithm = Literal["", "p256", "p384", "p521", "ed25519", "ml-dsa-65", "sm2"]
_OUTSIDE = {"ed25519", "ml-dsa-65", "sm2"}


@dataclass(frozen=True, slots=True)
class SignatureParams:
    """Parameters that a policy may set."""

    public_key: str = ""
    """PEM file of the only key to trust, absolute or relative to the subject; empty: the key of each model."""
    roots: str = ""
    """PEM file of the only root certificates to trust; needs `identity`; empty: the roots of each model."""
    identity: str = ""
    """E-mail, DNS name, URI, subject or `sha256:` and the fingerprint that the signing certificate must name."""
    crl: str = ""
    """Certificate revocation list that every issuer must have, PEM or DER; empty: that of each model, if any."""
    timestamp_roots: str = ""
    """PEM file of the roots of time-stamping authorities; empty: those of each model, if any."""
    deny_list: str = ""
    """Signed list of keys and certificates that are no longer trusted; empty: that of each model, if any."""
    deny_list_key: str = ""
    """PEM file of the public key that signs the deny-list."""
    deny_list_age_days: int = 30
    """Days after which a deny-list is too old to rely on."""
    algorithm: Algorithm = ""
    """Algorithm that must have signed; outside OpenSSF Model Signing the bundle `<model>.<algorithm>.sig` is read."""
    digest: Literal["", "sha256", "blake2b", "blake3", "sm3"] = ""
    """Digest that every file must have in the signature; `sm3` stands beside another."""
    at: str = ""
    """The present, ISO 8601, for certificates, timestamps and deny-lists; empty: the clock of this machine."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the signature of one model."""

    trust: Trust | None
    """None where neither policy nor subject say whom to trust."""
    assurance: Assurance
    params: SignatureParams

    @property
    def dated(self) -> bool:
        """Whether the present plays a part in the answer."""
        beyond = self.assurance
        return isinstance(self.trust, CertificateTrust) or bool(beyond.deny or beyond.timestamp_roots)

    def unmet(self, found: Verification) -> Message | None:
        """Return what a signature that holds still lacks; None if nothing."""
        wanted = self.params
        if wanted.algorithm and found.algorithm != wanted.algorithm:
            return msg("signature.other-algorithm", found=found.algorithm, wanted=wanted.algorithm)
        if wanted.digest and wanted.digest not in found.digests:
            return msg("signature.other-digest", found=found.digests, wanted=wanted.digest)
        return None


def check_extras(params: SignatureParams) -> None:
    """Say what is missing before anything is looked at.

    Raises:
        MissingExtraError: SM2 is asked for and `tongsuopy` is not installed.
    """
    if params.algorithm == "sm2":
        need("tongsuopy", "cn-crypto")


def outside(params: SignatureParams) -> str:
    """Return the algorithm that signs bundles of our own, if a policy asks for one."""
    return params.algorithm if params.algorithm in _OUTSIDE else ""


def asked_of(subject: Subject, params: SignatureParams, model: Model) -> Asked:
    """Return whom to trust for a model, and what is asked beyond that.

    Raises:
        InputError: `at` is no time, or a deny-list comes without its key.
    """
    at = _moment(params.at)
    special = model.trust.get(f"public_key_{params.algorithm.replace('-', '_')}", "") if params.algorithm else ""
    policy = bool(params.public_key or params.roots)
    key = params.public_key or ("" if policy else special or model.trust.get("public_key", ""))
    roots = params.roots or ("" if policy else model.trust.get("roots", ""))
    identity = params.identity or ("" if policy else model.trust.get("identity", ""))
    stamps = _path(subject, params.timestamp_roots or ("" if policy else model.trust.get("timestamp_roots", "")))
    crl, deny, deny_key, rotation = (
        _path(subject, getattr(params, name, "") or model.trust.get(name, ""))
        for name in ("crl", "deny_list", "deny_list_key", "rotation")
    )
    trust: Trust | None = None
    if key:
        trust = KeyTrust(subject.root / key, (rotation,) if rotation and not policy else ())
    elif roots and identity:
        trust = CertificateTrust(subject.root / roots, identity, at, (crl,) if crl else ())
    if (deny is None) != (deny_key is None):
        raise InputError(msg("signature.deny-usage"))
    listed = DenyTrust(deny, deny_key, timedelta(days=params.deny_list_age_days)) if deny and deny_key else None
    return Asked(trust, Assurance(at, stamps, listed), params)


def _path(subject: Subject, declared: str) -> Path | None:
    return subject.root / declared if declared else None


def _moment(text: str) -> datetime:
    """Return the time that a policy sets, else the present: certificates and lists run out."""
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(msg("signature.not-a-time", text=text[:40])) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
