"""Artifacts and places as SARIF names them: relative URIs, regions, logical locations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aigov_reports.limits import SARIF_RESULTS

if TYPE_CHECKING:
    from aigov import Assessment, Json, Location
    from aigov_reports.words import Words

SUBJECT_ROOT = "SUBJECTROOT"
_LONGEST_PATH = 2_000


def uri(path: str) -> str:
    """Return a path as a relative URI reference that cannot name a scheme, a host or a root."""
    return quote(path.lstrip("/")[:_LONGEST_PATH], safe="/", errors="replace")


def artifacts(assessment: Assessment, words: Words) -> Json:
    """Return the files of the subject with size and digest."""
    listed: dict[str, Json] = {}
    for artifact in assessment.subject.artifacts:
        for name, size, sha256 in artifact.files[:SARIF_RESULTS]:
            if uri(name):
                listed[uri(name)] = {
                    "location": {"uri": uri(name), "uriBaseId": SUBJECT_ROOT},
                    "length": max(-1, size),
                    "roles": ["analysisTarget"],
                    "hashes": {"sha-256": words.fact(sha256)},
                    "properties": {"artifact": words.fact(artifact.name), "role": words.fact(artifact.role)},
                }
    return list(listed.values())


def file_location(path: str) -> Json:
    """Return the location of a whole file, or None for a path without a name."""
    if not uri(path):
        return None
    return {"physicalLocation": {"artifactLocation": {"uri": uri(path), "uriBaseId": SUBJECT_ROOT}}}


def sarif_location(location: Location, words: Words) -> Json:
    """Return a SARIF location; offsets within a value go into properties, for regions count from the file's start."""
    found: dict[str, Json] = file_location(location.path) or {}
    region = _region(location)
    if region and "physicalLocation" in found:
        found["physicalLocation"]["region"] = region
    if location.pointer is not None:
        name = words.fact(location.pointer)
        found["logicalLocations"] = [
            {"fullyQualifiedName": f"{words.fact(location.path)}#{name}", "name": name, "kind": "member"}
        ]
    offsets = {"record": location.record, "start": location.start, "end": location.end}
    known = {name: value for name, value in offsets.items() if value is not None}
    if known:
        found["properties"] = known
    return found


def _region(location: Location) -> dict[str, int]:
    if location.line is not None and location.line >= 1:
        return {"startLine": location.line}
    if location.byte_start is None or location.byte_start < 0:
        return {}
    if location.byte_end is None or location.byte_end < location.byte_start:
        return {"byteOffset": location.byte_start}
    return {"byteOffset": location.byte_start, "byteLength": location.byte_end - location.byte_start}
