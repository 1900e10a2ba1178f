"""Keep one signature of each kind of this release: run once a release, `python tests/compat/make_signing_kinds.py`.

What it writes is never changed again. The private keys are thrown away.
"""

import sys
import tempfile
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from certifying import NOW, YEAR, certificate, time_authority  # noqa: E402  # found by the line above
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: E402

from aigov import signing  # noqa: E402

HASHINGS = {
    "sha256": signing.Hashing(),
    "sha256-sm3": signing.Hashing(sm3=True),
    "blake3": signing.Hashing("blake3"),
    "shards": signing.Hashing(shard_size=100),
    "blake3-shards-sm3": signing.Hashing("blake3", 100, sm3=True),
    "reference-shards": signing.Hashing(shard_size=100, reference_labels=True),
}


def main():
    home = HERE / "signing-kinds" / version("aigov")
    model = home / "model"
    (model / "sub").mkdir(parents=True)
    (model / "config.json").write_text('{"layers": 2}\n')
    (model / "sub" / "weights.bin").write_bytes(bytes(range(256)) * 2)
    (model / "sub" / "空.txt").touch()
    with tempfile.TemporaryDirectory() as folder:
        keep(home, model, Path(folder))


def keep(home, model, folder):
    for algorithm in signing.Algorithm:
        signing.new_key(folder / f"{algorithm}.pem", algorithm)
        (home / f"{algorithm}.pub.pem").write_bytes((folder / f"{algorithm}.pub.pem").read_bytes())
        signing.sign(model, folder / f"{algorithm}.pem", home / f"key.{algorithm}.sig")
    for name, hashing in HASHINGS.items():
        signing.sign(model, folder / "p256.pem", home / f"hash.{name}.sig", recipe=signing.Recipe(hashing))

    clock = time_authority(folder)
    (home / "time-roots.pem").write_bytes((folder / "time-roots.pem").read_bytes())
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    long = {"end": NOW + 20 * YEAR}
    root_certificate = certificate("root", root, ca=True, **long)
    leaf_certificate = certificate("signer", leaf, issuer=("root", root))
    (home / "roots.pem").write_bytes(root_certificate.public_bytes(Encoding.PEM))
    (folder / "chain.pem").write_bytes(leaf_certificate.public_bytes(Encoding.PEM))
    (folder / "leaf.pem").write_bytes(leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    recipe = signing.Recipe(certificate=folder / "chain.pem", timestamp=lambda signature: clock.token(signature, NOW))
    signing.sign(model, folder / "leaf.pem", home / "certificate.timestamp.sig", recipe=recipe)

    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])
    crl = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(NOW).next_update(NOW + 20 * YEAR)
    (home / "root.crl").write_bytes(crl.sign(root, hashes.SHA256()).public_bytes(Encoding.DER))

    old = signing.read_private_key(folder / "p256.pem")
    denied = signing.Denied("0" * 64, "lost", NOW - YEAR, NOW + timedelta(days=1))
    (home / "deny.json").write_bytes(signing.DenyList(NOW, (denied,)).to_bytes(old))
    new = signing.read_public_key(folder / "p384.pub.pem")
    (home / "p384.rotation.json").write_bytes(signing.write_rotation(old, new, NOW))


if __name__ == "__main__":
    main()
