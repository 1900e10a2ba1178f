"""Whether the weights are the bytes that a trusted key signed."""

from __future__ import annotations

from aigov import Measured, NotPerformed, Subject, check, msg
from aigov_checks.model.signature_looks import look
from aigov_checks.model.signature_results import measure
from aigov_checks.model.signature_trust import SignatureParams, check_extras


@check(
    id="model.signature",
    title="Signature of the weights",
    inputs=("model",),
    measures={
        "signature_valid": "boolean",
        "models_signed": "count",
        "models_unsigned": "count",
        "files_uncovered": "count",
    },
    params=SignatureParams,
)
def signature(subject: Subject, params: SignatureParams) -> Measured | NotPerformed:
    """Verify the signature of every model.

    What it measures
    Whether every model carries a signature that holds under the trusted key or root certificates, by the algorithm
    and with the digests that the policy asks for, and covers every one of its files:
    `signature_valid` (boolean); `models_signed` and `models_unsigned` (models with and without a signature file);
    `files_uncovered` (files of models that no valid signature vouches for). Per file: `clean` is verified, `unsafe`
    differs from what was signed or has a signature that does not hold, `not-covered` has none.

    Why it matters
    Weights without a signature can be exchanged or damaged between the training server and the line. One changed
    bit can plant a backdoor or break a controller without showing in an accuracy test. A signature ties the bytes
    that will run to whoever released them.

    How
    For each model the declared signature, else `<file>.sig` beside a file or `model.sig` in a folder, is read as an
    OpenSSF Model Signing v1.0 bundle (Sigstore bundle, DSSE envelope, in-toto statement). The signature is verified
    before the statement is parsed; the statement is parsed strictly; every file or shard on disk is hashed again and
    compared. Links are never followed, files that were added to a signed folder are reported, empty files count, and
    what the signer left out is listed as not covered. A certificate must chain to the roots, be for code signing,
    name the identity, and be valid at the present or at the time of a trusted RFC 3161 timestamp. Where they are
    given, revocation lists must be current and a signed deny-list must not be older than the policy says. Ed25519,
    ML-DSA-65 and SM2 with SM3 are read from a bundle of aigov's own profile, `<model>.<algorithm>.sig`.

    Limits
    A signature says who vouched for the bytes, not that the model is safe or right. Without a deny-list or revocation
    list a leaked key's signatures still verify; without a trusted timestamp nobody knows when a signature was made.
    Where certificates, timestamps or a deny-list play a part the answer depends on the day, which the observation
    names. Sigstore keyless signatures are not judged by this check.

    References
    OpenSSF Model Signing v1.0. DSSE v1.0. in-toto Attestation Framework v1. FIPS 186-5 (ECDSA). FIPS 204 (ML-DSA).
    RFC 8032 (Ed25519). GB/T 32918.2 and GM/T 0009 (SM2). GB/T 32905 (SM3). RFC 5280. RFC 3161. CWE-347.
    MITRE ATLAS AML.T0010.
    """
    if not subject.models:
        return NotPerformed(msg("signature.none"))
    check_extras(params)
    return measure([(model, look(subject, params, model)) for model in subject.models])
