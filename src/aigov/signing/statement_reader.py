"""Reading a statement whose signature was verified: strictly, and as hostile as if it had not been."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.redact import public
from aigov.signing.digests import MAX_FILES, Range, acceptable
from aigov.signing.hashing import SIZES
from aigov.signing.statement import (
    EMPTY_FILES,
    LEGACY_PREDICATE_TYPE,
    PREDICATE_TYPE,
    SM3,
    STATEMENT_TYPE,
    WHOLE,
    Resource,
    Statement,
    reference_label,
    root_digest,
)
from aigov.signing.strict_json import Json, StrictJson

if TYPE_CHECKING:
    from aigov.errors import Place

ALGORITHMS = ("sha256", "blake2b", "blake3")
"""`hash_type`s of the OMS v1.0 algorithm registry."""
_HEX = re.compile(r"[0-9a-f]+")
_SHARD = re.compile(r"(?s)(.+):(0|[1-9][0-9]{0,18}):([1-9][0-9]{0,18})")
"""A name that may hold colons itself, and two decimal offsets."""
_MAX_SHARD = 1 << 62


@dataclass(frozen=True, slots=True)
class _Serialization:
    hash_type: str
    allow_symlinks: bool
    ignored: tuple[str, ...]
    shard_size: int | None


def parse_statement(payload: bytes, place: Place) -> Statement:
    """Return the statement of a payload whose signature was verified.

    Raises:
        SignatureError: it is no OMS v1.0 statement, or contradicts itself.
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
    how = _serialization(read, predicate["serialization"])
    resources = _resources(read, predicate["resources"], how)
    if root_digest(resources) != root:
        read.refuse("signing.root-differs")
    empty = _empty(read, subject) if how.shard_size is not None else None
    labels = predicate["resources"][0]["algorithm"] != how.hash_type
    return Statement(name, resources, how.ignored, how.allow_symlinks, how.shard_size, empty, labels)


def _check_types(read: StrictJson, document: dict[str, Json]) -> None:
    if document.get("predicateType") == LEGACY_PREDICATE_TYPE:
        read.refuse("signing.legacy", type=LEGACY_PREDICATE_TYPE)
    for field, wanted in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if document.get(field) != wanted:
            _wrong(read, field, document.get(field), wanted)


def _wrong(read: StrictJson, field: str, found: Json, expected: str) -> None:
    read.refuse("signing.wrong-value", field=field, found=public(str(found), 80), expected=expected)


def _serialization(read: StrictJson, value: Json) -> _Serialization:
    where = "predicate.serialization"
    members = read.members(value, where, ("method", "hash_type", "allow_symlinks"), ("ignore_paths", "shard_size"))
    if members["method"] not in ("files", "shards"):
        read.leave("signing.method-unsupported", method=public(str(members["method"]), 40))
    if members["hash_type"] not in ALGORITHMS:
        read.leave("signing.hash-unsupported", algorithm=public(str(members["hash_type"]), 40))
    if not isinstance(members["allow_symlinks"], bool):
        read.refuse("signing.wrong-type", field=f"{where}.allow_symlinks", expected="boolean")
    paths = read.array(members.get("ignore_paths", []), f"{where}.ignore_paths", MAX_FILES)
    ignored = tuple(_name(read, path, f"{where}.ignore_paths") for path in paths)
    size = _shard_size(read, members)
    return _Serialization(members["hash_type"], members["allow_symlinks"], tuple(dict.fromkeys(ignored)), size)


def _shard_size(read: StrictJson, members: dict[str, Json]) -> int | None:
    """Return the size of a shard; the reference implementation writes a whole number with a point."""
    where = "predicate.serialization.shard_size"
    if members["method"] == "files":
        if "shard_size" in members:
            read.refuse("signing.unknown-field", field=where)
        return None
    if "shard_size" not in members:
        read.refuse("signing.missing-field", field=where)
    size = members["shard_size"]
    if isinstance(size, bool) or not isinstance(size, int | float) or not 1 <= size <= _MAX_SHARD or size != int(size):
        read.refuse("signing.wrong-type", field=where, expected="positive integer")
    return int(size)


def _resources(read: StrictJson, value: Json, how: _Serialization) -> tuple[Resource, ...]:
    items = read.array(value, "predicate.resources", MAX_FILES)
    if not items:
        read.refuse("signing.no-resources")
    found: dict[str, Resource] = {}
    for index, item in enumerate(items):
        resource = _resource(read, item, f"predicate.resources[{index}]", how)
        if resource.label in found:
            read.refuse("signing.duplicate-name", name=public(resource.label))
        found[resource.label] = resource
    resources = tuple(found.values())
    names = {resource.name for resource in resources}
    if WHOLE in names and len(names) > 1:
        read.refuse("signing.bad-name", field="predicate.resources", name=WHOLE)
    if how.shard_size is not None:
        _check_shards(read, resources, how.shard_size)
    return resources


def _resource(read: StrictJson, item: Json, where: str, how: _Serialization) -> Resource:
    members = read.object(item, where)
    name, part = read.text(members.get("name"), f"{where}.name"), None
    if how.shard_size is not None:
        shard = _SHARD.fullmatch(name)
        if shard is None:
            read.refuse("signing.bad-shard", name=public(name))
        name, part = shard[1], Range(int(shard[2]), int(shard[3]))
    if name != WHOLE:
        _name(read, name, f"{where}.name")
    labels = (how.hash_type,) if part is None else (how.hash_type, reference_label(how.hash_type, how.shard_size))
    if members.get("algorithm") not in labels:
        _wrong(read, f"{where}.algorithm", members.get("algorithm"), how.hash_type)
    digest = _digest(read, members.get("digest"), f"{where}.digest", how.hash_type)
    more = members.get("annotations")
    sm3 = more.get(SM3) if isinstance(more, dict) else None
    said = "" if sm3 is None else _digest(read, sm3, f"{where}.annotations.{SM3}", SM3)
    return Resource(name, how.hash_type, digest, part, said)


def _check_shards(read: StrictJson, resources: tuple[Resource, ...], size: int) -> None:
    """Refuse shards that do not cover their file from its first byte, each of the same size but the last."""
    parts: dict[str, list[Range]] = {}
    for resource in resources:
        if resource.part is not None:
            parts.setdefault(resource.name, []).append(resource.part)
    for name, found in parts.items():
        found.sort(key=lambda part: part.start)
        for index, part in enumerate(found):
            end = part.end or 0
            whole = end - part.start == size
            last = index == len(found) - 1 and 0 < end - part.start <= size
            if part.start != index * size or not (whole or last):
                read.refuse("signing.bad-shard", name=public(f"{name}:{part.start}:{part.end}"))


def _empty(read: StrictJson, subject: dict[str, Json]) -> tuple[str, ...] | None:
    annotations = subject.get("annotations")
    if not isinstance(annotations, dict) or EMPTY_FILES not in annotations:
        return None
    where = f"subject[0].annotations.{EMPTY_FILES}"
    return tuple(_name(read, name, where) for name in read.array(annotations[EMPTY_FILES], where, MAX_FILES))


def _digest(read: StrictJson, value: Json, where: str, algorithm: str) -> str:
    digest = read.text(value, where)
    if len(digest) != SIZES[algorithm] or not _HEX.fullmatch(digest):
        read.refuse("signing.bad-digest", field=where)
    return digest


def _name(read: StrictJson, value: Json, where: str) -> str:
    name = read.text(value, where)
    if not acceptable(name):
        read.refuse("signing.bad-name", field=where, name=public(name))
    return name
