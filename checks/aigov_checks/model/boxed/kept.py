"""Arrays that prove what was measured: out of the sandbox as an NPZ, read as hostile, and written beside the report."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from aigov import Evidence, Measured, UnsupportedInputError, msg, need
from aigov.sandbox.results import read_npz
from aigov_checks.data.evidence import FOLDER, short_name

if TYPE_CHECKING:
    from pathlib import Path

    from aigov import Subject
    from aigov_checks.model.boxed.setting import Keep

FILE = "kept.npz"
"""Name of the file in which the sandbox hands them over."""
LARGEST = 8 * 1024**2
"""Bytes of all arrays together; who keeps some, keeps so many that they fit."""
_LARGEST_FILE = LARGEST + 1024**2
_NAME = re.compile(r"(?!file$|allow_pickle$)[a-z][a-z_]{0,30}")  # those two mean something to `numpy.savez`
_MEDIA_TYPE = "application/x-npz"

KeptArrays = Mapping[str, Any]  # numpy arrays, all of the same length


def keep_in(folder: Path) -> Keep:
    """Return what writes arrays into the folder from which the sandbox's parent takes them."""
    return lambda arrays: _write(folder / FILE, _packed(arrays))


def with_evidence(found: Measured, arrays: KeptArrays, subject: Subject, stem: str, params: object) -> Measured:
    """Return the observation with the arrays as a file of evidence, where the subject names a folder for it.

    Raises:
        UnsupportedInputError: the file cannot be written.
    """
    if subject.evidence_folder is None or not arrays:
        return found
    name = f"{stem}-{short_name(params)}.npz"
    data = _packed(arrays)
    _write(subject.evidence_folder / name, data)
    said = msg("robustness.evidence", count=len(arrays["x"]))
    evidence = Evidence(f"{FOLDER}/{name}", hashlib.sha256(data).hexdigest(), _MEDIA_TYPE, said)
    return replace(found, evidence=(*found.evidence, evidence))


def arrays_of(data: bytes | None) -> KeptArrays:
    """Return the arrays that came out of the sandbox, those with plain names; none where it kept nothing.

    Raises:
        StoppedError: they are no stored arrays of numbers and text, or too large.
    """
    if data is None:
        return {}
    found = read_npz(data, _LARGEST_FILE)
    known = {name: array for name, array in found.items() if _NAME.fullmatch(name)}
    return known if getattr(known.get("x"), "ndim", 0) else {}


def _packed(arrays: KeptArrays) -> bytes:
    np = need("numpy", "robustness")
    stream = BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnsupportedInputError(msg("corpus.evidence-not-written", reason=reason)) from error
