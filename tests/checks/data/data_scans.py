"""Subjects from files, and a check run as the observe station runs it: units, JSON, combine."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from aigov import Dataset, Measured, Part, Role, Subject
from aigov.model import File
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.secrets import SecretsParams, secrets

KEY = bytes(range(32))


def file_of(path: Path, name: str = "") -> File:
    content = path.read_bytes()
    return File(path, name or path.name, len(content), hashlib.sha256(content).hexdigest())


def subject_of(*paths: Path) -> Subject:
    found = tuple(file_of(path) for path in paths)
    return Subject("plant", datasets=(Dataset("log", Role.DATASET, found=found),), redaction_key=KEY)


def run_check(check, subject, params):
    parts = []
    for unit in check.parts.split(subject, params):
        result = json.loads(json.dumps(check.parts.unit(unit, params)))
        parts.append(Part(unit, result))
    return check.parts.combine(subject, params, parts)


@dataclass
class Scan:
    """Runs either check over files with content."""

    folder: Path

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pii(self, content, name="log.txt", **params) -> Measured:
        return run_check(pii, subject_of(self.write(name, content)), PiiParams(**params))

    def secrets(self, content, name="log.txt", **params) -> Measured:
        return run_check(secrets, subject_of(self.write(name, content)), SecretsParams(**params))


def places(measured):
    """Return (type, record, line, pointer, start, end) of every occurrence."""
    return [
        (o.type, o.location.record, o.location.line, o.location.pointer, o.location.start, o.location.end)
        for o in measured.occurrences
    ]
