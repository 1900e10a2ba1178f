"""Models made of bytes, and the check run over them as the observe station does."""

from __future__ import annotations

import hashlib

import pytest

from aigov import Model, Role, Subject
from aigov.check import Part
from aigov.model import File
from aigov_checks.model.serialization import serialization


@pytest.fixture
def observe(tmp_path):
    """Return a function that writes files and returns what the check measures on them."""

    def run(files: dict[str, bytes], **params):
        found = []
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            found.append(File(path, name, len(data), hashlib.sha256(data).hexdigest()))
        model = Model("m", Role.MODEL, "model", tuple(found))
        return observe_subject(Subject("s", models=(model,)), **params)

    return run


def observe_subject(subject: Subject, **params):
    """Run every unit of the check in order, and combine them."""
    parts = serialization.parts
    values = serialization.params(**params)
    done = [Part(unit, parts.unit(unit, values)) for unit in parts.split(subject, values)]
    return parts.combine(subject, values, done)


@pytest.fixture
def observed():
    return observe_subject
