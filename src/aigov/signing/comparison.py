"""What is on disk against what was signed: every file, and nothing but what was found on disk is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov.errors import InputError
from aigov.redact import public
from aigov.signing.digests import DEFAULT_EXCLUSIONS, Entry, Kind, entry_digests, excluded, size_of
from aigov.signing.hashing import in_threads
from aigov.signing.statement import SM3, WHOLE, Resource, Statement
from aigov.signing.verification import Change, Difference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

_NAME_LENGTH = 4096
_CHANGE = {Kind.SYMLINK: Change.SYMLINK, Kind.SPECIAL: Change.SPECIAL, Kind.UNNAMEABLE: Change.UNNAMEABLE}


@dataclass(frozen=True, slots=True)
class _Job:
    """One file, or one shard of it, to be hashed and compared."""

    entry: Entry
    resource: Resource


def compare(statement: Statement, present: tuple[Entry, ...]) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return how the entries on disk differ from a statement, and the names of those that nobody vouches for.

    A signed file is compared even where it lies under an ignored path. An empty file under a signature by shards
    counts as uncovered, unless the signer listed the empty files.
    """
    signed: dict[str, list[Resource]] = {}
    for resource in statement.resources:
        signed.setdefault(resource.name, []).append(resource)
    for name in statement.empty or ():
        signed.setdefault(name, [])
    left_out = (*DEFAULT_EXCLUSIONS, *statement.ignored)
    differences: list[Difference] = []
    uncovered: list[str] = []
    jobs: list[_Job] = []
    for entry in present:
        resources = signed.pop(entry.name, None)
        if resources is not None and entry.kind is Kind.FILE:
            jobs.extend(_Job(entry, resource) for resource in resources)
            differences.extend(_resized(entry, resources))
        elif resources is None and (excluded(entry.name, left_out) or _unlisted_empty(entry, statement)):
            uncovered.append(_shown(entry))
        else:
            differences.append(Difference(_CHANGE.get(entry.kind, Change.EXTRA), _shown(entry)))
    differences.extend(Difference(Change.MISSING, public(name, _NAME_LENGTH)) for name in signed)
    for job, change in zip(jobs, in_threads(_changed, jobs), strict=True):
        if change is not None:
            differences.append(Difference(change, _shown(job.entry)))
    return tuple(sorted(set(differences), key=lambda d: (d.name, d.change))), tuple(uncovered)


def _shown(entry: Entry) -> str:
    return public(entry.path.name if entry.name == WHOLE else entry.name, _NAME_LENGTH)


def _unlisted_empty(entry: Entry, statement: Statement) -> bool:
    """Return whether this is an empty file that no shard could stand for and that the signer did not list."""
    if statement.shard_size is None or statement.empty is not None or entry.kind is not Kind.FILE:
        return False
    return size_of(entry) == 0


def _resized(entry: Entry, resources: list[Resource]) -> Iterator[Difference]:
    """Yield that a file is longer than its shards, or that one signed as empty is not."""
    ends = [resource.part.end or 0 for resource in resources if resource.part is not None]
    if ends or not resources:
        try:
            same = size_of(entry) == max(ends, default=0)
        except InputError:
            return
        if not same:
            yield Difference(Change.CHANGED, _shown(entry))


def _changed(job: _Job, stop: Event) -> Change | None:
    resource = job.resource
    algorithms = (resource.algorithm, SM3) if resource.sm3 else (resource.algorithm,)
    part = resource.part
    try:
        if part is not None and size_of(job.entry) < (part.end or 0):
            return Change.CHANGED
        found = entry_digests(job.entry, algorithms, part, stop)
    except InputError:
        return Change.UNREADABLE
    return None if found == (resource.digest, resource.sm3)[: len(found)] else Change.CHANGED
