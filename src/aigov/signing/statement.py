"""The in-toto statement with the OMS v1.0 predicate: what was signed, said once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.signing.digests import Range

if TYPE_CHECKING:
    from aigov.signing.strict_json import Json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
LEGACY_PREDICATE_TYPE = "https://model_signing/Digests/v0.1"
WHOLE = "."
"""Name by which the reference implementation calls the resource of a model that is one file."""
DEFAULT_SHARD = 1_000_000_000
"""Bytes of a shard where nobody says otherwise (OMS v1.0 section 6.3.2)."""
SM3 = "sm3"
"""Annotation of a resource with the SM3 digest of the same bytes."""
EMPTY_FILES = "empty_files"
"""Annotation of the subject with the empty files, which shards cannot hold."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One signed file, or a part of one: its relative name and the lower-case hex digest of its bytes."""

    name: str
    algorithm: str
    digest: str
    part: Range | None = None
    """The shard; None is the whole file."""
    sm3: str = ""
    """SM3 of the same bytes, where the signer gave it."""

    @property
    def label(self) -> str:
        """The name in the statement: that of the file, or `name:start:end` for a shard."""
        return self.name if self.part is None else f"{self.name}:{self.part.start}:{self.part.end}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a signature says: these files, with these digests, are the model of that name."""

    name: str
    """Base name of the model when it was signed; informative only."""
    resources: tuple[Resource, ...]
    """In the order in which they were signed."""
    ignored: tuple[str, ...] = ()
    """Paths that the signer left out, beyond the default exclusions or with them."""
    allow_symlinks: bool = False
    shard_size: int | None = None
    """Bytes of a shard; None is the method `files`."""
    empty: tuple[str, ...] | None = None
    """Names of empty files, which no shard stands for; None where the signer did not list them."""
    reference_labels: bool = False
    """Whether shards say `sha256-sharded-SIZE`, as model-signing 1.1.1 has it and OMS v1.0 section 6.3.2 has not."""

    @property
    def root(self) -> str:
        """SHA-256 over the raw digests in code point order of names, whatever order was signed (OMS v1.0 6.5)."""
        return root_digest(tuple(sorted(self.resources, key=lambda resource: resource.label)))

    def to_bytes(self) -> bytes:
        """Return the payload: compact JSON, always the same for the same files."""
        subject: dict[str, Json] = {"name": self.name, "digest": {"sha256": root_digest(self.resources)}}
        if self.empty is not None:
            subject["annotations"] = {EMPTY_FILES: list(self.empty)}
        document = {
            "_type": STATEMENT_TYPE,
            "subject": [subject],
            "predicateType": PREDICATE_TYPE,
            "predicate": {"serialization": self._serialization(), "resources": [self._json(r) for r in self.resources]},
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def _serialization(self) -> dict[str, Json]:
        found: dict[str, Json] = {
            "method": "files" if self.shard_size is None else "shards",
            "hash_type": self.resources[0].algorithm,
            "allow_symlinks": self.allow_symlinks,
        }
        if self.shard_size is not None:
            found["shard_size"] = self.shard_size
        if self.ignored:
            found["ignore_paths"] = list(self.ignored)
        return found

    def _json(self, resource: Resource) -> dict[str, Json]:
        algorithm = resource.algorithm
        if self.reference_labels:
            algorithm = reference_label(algorithm, self.shard_size)
        found: dict[str, Json] = {"name": resource.label, "algorithm": algorithm, "digest": resource.digest}
        if resource.sm3:
            found["annotations"] = {SM3: resource.sm3}
        return found


def reference_label(algorithm: str, shard_size: int | None) -> str:
    """Return how the reference implementation calls the digest of a shard."""
    return f"{algorithm}-sharded-{shard_size}"


def root_digest(resources: tuple[Resource, ...]) -> str:
    """Return the SHA-256 of the concatenated raw digests, in the order given."""
    return hashlib.sha256(b"".join(bytes.fromhex(resource.digest) for resource in resources)).hexdigest()
