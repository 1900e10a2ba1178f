"""Models of bytes and training data, and the check run over them as the observe station does."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from aigov import Dataset, Model, Part, Role, Subject
from aigov.load.arrays import FileReader
from aigov.model import File
from aigov_checks.model.memorised import MemorisedParams, memorised

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(32))
PHONE = "13812345678"
ID = "11010519491231002X"


def samples(rows: int = 60, columns: int = 6) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(rows, columns))


def file_of(path: Path) -> File:
    data = path.read_bytes()
    return File(path, path.name, len(data), hashlib.sha256(data).hexdigest())


def subject_of(folder: Path, files: dict[str, bytes], train: object = None) -> Subject:
    """Return a subject with model files, and training data from an array (as NPZ) or bytes by name."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        found.append(file_of(folder / name))
    model = Model("m", Role.MODEL, "model", tuple(found))
    datasets = ()
    if train is not None:
        path = folder.parent / "train.npz"
        np.savez(path, x=train)
        datasets = (
            Dataset("train", Role.DATASET, "train.npz", (file_of(path),), purpose="train", reader=FileReader()),
        )
    return Subject("s", models=(model,), datasets=datasets, redaction_key=KEY)


def look(subject: Subject, **params):
    """Run every unit in order, through JSON, and combine."""
    values = MemorisedParams(**params)
    parts = memorised.parts
    done = [Part(unit, json.loads(json.dumps(parts.unit(unit, values)))) for unit in parts.split(subject, values)]
    return parts.combine(subject, values, done)


def saved(write, *args, **kwargs) -> bytes:
    """Return what `write(..., stream)` writes."""
    stream = io.BytesIO()
    write(*args, stream, **kwargs)
    return stream.getvalue()


def packed(codec: str, data: bytes) -> bytes:
    """Return a `zstd` or `lz4` file."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def numbers(measured) -> dict[str, float]:
    return {name: value.value for name, value in measured.measurements.items()}


def gguf(pairs: list[tuple[str, int, bytes]], order: str = "little", version: int = 3) -> bytes:
    """Return a GGUF file of metadata: key, type, encoded value."""

    def text(value: bytes) -> bytes:
        return len(value).to_bytes(8, order) + value

    body = b"".join(text(key.encode()) + kind.to_bytes(4, order) + value for key, kind, value in pairs)
    head = version.to_bytes(4, order) + (0).to_bytes(8, order) + len(pairs).to_bytes(8, order)
    return b"GGUF" + head + body
