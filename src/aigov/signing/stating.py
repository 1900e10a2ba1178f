"""Hashing a model into a statement: every file, or every shard of every file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.errors import InputError, Place, SignatureError
from aigov.i18n import msg
from aigov.redact import public
from aigov.signing.digests import MAX_FILES, Entry, Kind, Range, entry_digests, excluded, size_of
from aigov.signing.hashing import in_threads, new_hash
from aigov.signing.statement import SM3, Resource, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITTEN = ("sha256", "blake3")
"""`hash_type`s that we write; `blake2b` is read."""
_REFUSED = {
    Kind.SYMLINK: "signing.has-link",
    Kind.SPECIAL: "signing.has-special",
    Kind.UNNAMEABLE: "signing.bad-file-name",
}


@dataclass(frozen=True, slots=True)
class Hashing:
    """How a model is hashed for its statement."""

    algorithm: str = "sha256"
    """`sha256` or `blake3`."""
    shard_size: int | None = None
    """Bytes of a shard; None hashes each file whole."""
    reference_labels: bool = False
    """Whether shards are labelled as model-signing 1.1.1 wants them, against OMS v1.0 section 6.3.2."""
    sm3: bool = False
    """Whether every file or shard gets its SM3 beside, as an annotation that other verifiers ignore."""

    def __post_init__(self) -> None:
        """Refuse an algorithm that no verifier would take, and shards of nothing."""
        if self.algorithm not in WRITTEN or (self.shard_size is not None and self.shard_size < 1):
            raise InputError(msg("signing.bad-hashing", algorithm=self.algorithm, known=WRITTEN))

    @property
    def algorithms(self) -> tuple[str, ...]:
        """All digests that are taken in the one read of a file."""
        return (self.algorithm, SM3) if self.sm3 else (self.algorithm,)


@dataclass(frozen=True, slots=True)
class _Job:
    entry: Entry
    part: Range | None


def state(model: Path, entries: tuple[Entry, ...], ignored: tuple[str, ...], how: Hashing) -> Statement:
    """Return the statement over the files of a model, those below `ignored` left out.

    Raises:
        SignatureError: nothing is left to sign, or something in it cannot be signed.
        MissingExtraError: the digest is not installed.
    """
    covered = [entry for entry in entries if not excluded(entry.name, ignored)]
    for entry in covered:
        if entry.kind is not Kind.FILE:
            raise SignatureError(msg(_REFUSED[entry.kind], name=public(entry.name)), Place(str(model)))
    for algorithm in how.algorithms:
        new_hash(algorithm)
    jobs, empty = _jobs(model, covered, how)
    if not jobs:
        raise SignatureError(msg("signing.only-empty" if empty else "signing.empty-model"), Place(str(model)))
    found = in_threads(lambda job, stop: entry_digests(job.entry, how.algorithms, job.part, stop), jobs)
    resources = [
        Resource(job.entry.name, how.algorithm, digests[0], job.part, digests[1] if how.sm3 else "")
        for job, digests in zip(jobs, found, strict=True)
    ]
    ordered = tuple(sorted(resources, key=lambda resource: resource.label))
    listed = None if how.shard_size is None else empty
    return Statement(
        model.resolve().name or "model",
        ordered,
        ignored,
        shard_size=how.shard_size,
        empty=listed,
        reference_labels=how.reference_labels and how.shard_size is not None,
    )


def _jobs(model: Path, covered: list[Entry], how: Hashing) -> tuple[list[_Job], tuple[str, ...]]:
    """Return what is to be hashed, and the names of empty files that no shard stands for."""
    if how.shard_size is None:
        return [_Job(entry, None) for entry in covered], ()
    jobs: list[_Job] = []
    empty: list[str] = []
    for entry in covered:
        parts = list(_parts(size_of(entry), how.shard_size, MAX_FILES - len(jobs)))
        jobs.extend(_Job(entry, part) for part in parts)
        if not parts:
            empty.append(entry.name)
        if len(jobs) > MAX_FILES:
            raise SignatureError(msg("signing.too-many", field=model.name, limit=MAX_FILES), Place(str(model)))
    return jobs, tuple(empty)


def _parts(size: int, shard: int, limit: int) -> Iterator[Range]:
    """Yield the shards of a file, one more than `limit` at most."""
    for index, start in enumerate(range(0, size, shard)):
        if index > limit:
            return
        yield Range(start, min(start + shard, size))
