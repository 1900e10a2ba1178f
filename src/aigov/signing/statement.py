"""The in-toto statement with the OMS v1.0 predicate: what was signed, said once and read strictly."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.redact import public
from aigov.signing.digests import ALGORITHMS, MAX_FILES, acceptable
from aigov.signing.strict_json import Json, StrictJson

if TYPE_CHECKING:
    from aigov.errors import Place

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
LEGACY_PREDICATE_TYPE = "https://model_signing/Digests/v0.1"
WHOLE = "."
"""Name by which the reference implementation calls the resource of a model that is one file."""

_DIGEST_SIZE = {"sha256": 64, "blake2b": 128}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Resource:
    """One signed file: its relative name and the lower-case hex digest of its bytes."""

    name: str
    algorithm: str
    digest: str


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

    @property
    def root(self) -> str:
        """SHA-256 over the raw digests in code point order of names, whatever order was signed (OMS v1.0 6.5)."""
        return root_digest(tuple(sorted(self.resources, key=lambda resource: resource.name)))

    def to_bytes(self) -> bytes:
        """Return the payload: compact JSON, always the same for the same files."""
        serialization: dict[str, Json] = {
            "method": "files",
            "hash_type": self.resources[0].algorithm,
            "allow_symlinks": self.allow_symlinks,
        }
        if self.ignored:
            serialization["ignore_paths"] = list(self.ignored)
        resources = [{"name": r.name, "algorithm": r.algorithm, "digest": r.digest} for r in self.resources]
        document = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.name, "digest": {"sha256": root_digest(self.resources)}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {"serialization": serialization, "resources": resources},
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def root_digest(resources: tuple[Resource, ...]) -> str:
    """Return the SHA-256 of the concatenated raw digests, in the order given."""
    return hashlib.sha256(b"".join(bytes.fromhex(resource.digest) for resource in resources)).hexdigest()


def parse_statement(payload: bytes, place: Place) -> Statement:
    """Return the statement of a payload whose signature was verified.

    Raises:
        SignatureError: it is no OMS v1.0 statement over whole files, or contradicts itself.
    """
    read = StrictJson(place)
    document = read.object(read.parse(payload), "statement")
    _check_types(read, document)
    read.members(document, "statement", ("_type", "subject", "predicateType", "predicate"))
    subjects = read.array(document["subject"], "subject", MAX_FILES)
    if len(subjects) != 1:
        read.refuse("signing.subjects", count=len(subjects))
    subject = read.object(subjects[0], "subject[0]")
    name = read.text(subject.get("name"), "subject[0].name")
    root = read.text(read.object(subject.get("digest"), "subject[0].digest").get("sha256"), "subject[0].digest.sha256")
    predicate = read.members(document["predicate"], "predicate", ("resources", "serialization"))
    hash_type, symlinks, ignored = _serialization(read, predicate["serialization"])
    resources = _resources(read, predicate["resources"], hash_type)
    if root_digest(resources) != root:
        read.refuse("signing.root-differs")
    return Statement(name, resources, ignored, symlinks)


def _check_types(read: StrictJson, document: dict[str, Json]) -> None:
    if document.get("predicateType") == LEGACY_PREDICATE_TYPE:
        read.refuse("signing.legacy", type=LEGACY_PREDICATE_TYPE)
    for field, wanted in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if document.get(field) != wanted:
            read.refuse("signing.wrong-value", field=field, found=public(str(document.get(field)), 80), expected=wanted)


def _serialization(read: StrictJson, value: Json) -> tuple[str, bool, tuple[str, ...]]:
    where = "predicate.serialization"
    members = read.members(value, where, ("method", "hash_type", "allow_symlinks"), ("ignore_paths", "shard_size"))
    if members["method"] != "files":
        read.leave("signing.method-unsupported", method=public(str(members["method"]), 40))
    if members["hash_type"] not in ALGORITHMS:
        read.leave("signing.hash-unsupported", algorithm=public(str(members["hash_type"]), 40))
    if not isinstance(members["allow_symlinks"], bool):
        read.refuse("signing.wrong-type", field=f"{where}.allow_symlinks", expected="boolean")
    paths = read.array(members.get("ignore_paths", []), f"{where}.ignore_paths", MAX_FILES)
    ignored = tuple(_name(read, path, f"{where}.ignore_paths") for path in paths)
    return members["hash_type"], members["allow_symlinks"], tuple(dict.fromkeys(ignored))


def _resources(read: StrictJson, value: Json, hash_type: str) -> tuple[Resource, ...]:
    items = read.array(value, "predicate.resources", MAX_FILES)
    if not items:
        read.refuse("signing.no-resources")
    whole = len(items) == 1 and isinstance(items[0], dict) and items[0].get("name") == WHOLE
    found: dict[str, Resource] = {}
    for index, item in enumerate(items):
        where = f"predicate.resources[{index}]"
        members = read.object(item, where)
        name = WHOLE if whole else _name(read, members.get("name"), f"{where}.name")
        digest = read.text(members.get("digest"), f"{where}.digest")
        if members.get("algorithm") != hash_type:
            read.refuse(
                "signing.wrong-value",
                field=f"{where}.algorithm",
                found=public(str(members.get("algorithm")), 40),
                expected=hash_type,
            )
        if len(digest) != _DIGEST_SIZE[hash_type] or not _HEX.fullmatch(digest):
            read.refuse("signing.bad-digest", field=f"{where}.digest")
        if name in found:
            read.refuse("signing.duplicate-name", name=public(name))
        found[name] = Resource(name, hash_type, digest)
    return tuple(found.values())


def _name(read: StrictJson, value: Json, where: str) -> str:
    name = read.text(value, where)
    if not acceptable(name):
        read.refuse("signing.bad-name", field=where, name=public(name))
    return name
