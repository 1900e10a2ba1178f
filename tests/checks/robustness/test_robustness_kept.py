"""The file of evidence as it crosses out of the sandbox, where whoever answers may be hostile."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from aigov import Measured, Subject, UnsupportedInputError, ratio
from aigov.sandbox import StoppedError
from aigov_checks.model.boxed.kept import arrays_of, keep_in, with_evidence

FOUND = Measured({"clean_accuracy": ratio(1, 2)})


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_what_is_kept_inside_is_what_is_read_outside(tmp_path):
    keep_in(tmp_path)({"x": np.arange(3), "stage": np.array(["square"] * 3)})
    found = arrays_of((tmp_path / "kept.npz").read_bytes())
    assert found["x"].tolist() == [0, 1, 2]
    assert found["stage"].tolist() == ["square"] * 3


def packed() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, x=np.zeros(10**6))
    return stream.getvalue()


def no_arrays() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", b"not an array")
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", npz(x=np.array([{}], dtype=object)), npz(x=np.zeros(2 * 10**6)), packed(), no_arrays()],
    ids=["empty", "cut off", "objects", "too large", "packed", "no arrays"],
)
def test_a_file_that_is_no_plain_npz_stops_the_measurement(data):
    with pytest.raises(StoppedError):
        arrays_of(data)


def test_names_that_could_be_paths_and_numbers_without_samples_are_left_out():
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(npz(x=np.zeros(2)))) as plain, zipfile.ZipFile(stream, "w") as archive:
        for name in ("x", "file", "allow_pickle"):
            archive.writestr(f"{name}.npy", plain.read("x.npy"))
    assert set(arrays_of(stream.getvalue())) == {"x"}
    assert set(arrays_of(npz(**{"x": np.zeros(2), "../up": np.zeros(2), "X": np.zeros(2)}))) == {"x"}
    assert not arrays_of(npz(x=np.float64(1)))
    assert not arrays_of(npz(y=np.zeros(2)))
    assert not arrays_of(None)


def test_a_folder_that_is_gone_is_said(tmp_path):
    subject = Subject("plant", evidence_folder=tmp_path / "gone")
    with pytest.raises(UnsupportedInputError, match="cannot be written"):
        with_evidence(FOUND, {"x": np.zeros(1)}, subject, "model.robustness", ())
