"""What comes out: only named regular files, only plain arrays; everything else is refused unread."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import FrozenMap
from aigov.sandbox import Job, Layer, StoppedError, read_npz, run
from aigov.sandbox.results import read_files, read_messages, taken

POSIX = pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")


def link(path, other):
    path.symlink_to(other)


def hard_link(path, other):
    os.link(other, path)


def pipe(path, _other):
    os.mkfifo(path)


def folder(path, _other):
    path.mkdir()


def socket_file(path, _other):
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@POSIX
@pytest.mark.parametrize("make", [link, hard_link, pipe, folder, socket_file])
def test_only_a_regular_file_with_one_name_is_read(tmp_path, make):
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    (tmp_path / "out").mkdir()
    make(tmp_path / "out/result.bin", secret)
    with pytest.raises(StoppedError) as stopped:
        read_files(tmp_path / "out", ["result.bin"], 1000)
    assert stopped.value.message.id == "sandbox.not-regular"


def test_files_larger_together_than_allowed_are_refused(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"x" * 60)
    assert read_files(tmp_path, "a", 60) == {"a": b"x" * 60}
    with pytest.raises(StoppedError):
        read_files(tmp_path, "ab", 100)
    assert taken([tmp_path]) == (2, 120)


def packed(write, **arrays):
    stream = BytesIO()
    write(stream, **arrays)
    return stream.getvalue()


def test_arrays_come_back_as_they_were():
    found = read_npz(packed(np.savez, x=np.arange(6.0).reshape(2, 3), y=np.array(["a", "b"])), 10_000)
    assert found["x"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["y"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [
        packed(np.savez, x=np.array([object()], dtype=object)),
        packed(np.savez_compressed, x=np.zeros(1000)),
        packed(np.savez, x=np.zeros(100_000)),
        packed(np.savez, x=np.zeros(10))[:-30],
        b"PK\x03\x04",
        b"",
        b"\x80\x04}.",
    ],
    ids=["objects", "packed", "too large", "cut", "header", "empty", "pickle"],
)
def test_other_arrays_are_refused(data):
    with pytest.raises(StoppedError):
        read_npz(data, 100_000)


GOOD = packed(np.savez, x=np.arange(12.0).reshape(3, 4), y=np.array(["a", "bc"]), z=np.asfortranarray(np.eye(3)))


@given(st.data())
def test_a_damaged_archive_is_arrays_or_is_refused(data):
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.one_of(st.just(len(GOOD)), st.integers(0, len(GOOD))))])
    try:
        found = read_npz(cut, 100_000)
    except StoppedError:
        return
    assert all(array.nbytes < 10_000 and not array.dtype.hasobject for array in found.values())


HEADERS = st.sampled_from(
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    ]
) | st.text(max_size=80)


@given(HEADERS, st.binary(max_size=40), st.sampled_from([1, 2, 3]))
def test_any_header_is_an_array_or_is_refused(header, rest, version):
    text = header.encode()
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY" + bytes([version, 0]) + size + text + rest)
    try:
        found = read_npz(stream.getvalue(), 100_000)
    except StoppedError:
        return
    assert found["x"].nbytes <= len(rest)


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda value: json.dumps(value).encode() + b"\n",
        st.recursive(
            st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        ),
    )
)
def test_whatever_a_process_says_is_messages_or_is_refused(data):
    try:
        messages = read_messages(data)
    except StoppedError:
        return
    assert all(isinstance(message, dict) for message in messages)


@pytest.fixture
def museum(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "museum"))


@pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
def test_a_job_gets_its_files_and_gives_back_the_named_ones(museum):
    job = Job("bombs:leave_result", "out", given=FrozenMap({"in.bin": b"in"}), returns=("result.bin", "missing.bin"))
    returned = run(job)
    assert returned.value == "in"
    assert returned.files == {"result.bin": b"out"}


def test_a_required_layer_that_is_missing_keeps_the_entry_from_running(museum):
    job = Job("bombs:leave", require=frozenset({Layer.LANDLOCK}), layers=frozenset({Layer.WALL_CLOCK}))
    with pytest.raises(StoppedError) as stopped:
        run(job)
    assert stopped.value.message.id == "sandbox.lacking"
    assert stopped.value.message.args["layers"] == ("landlock",)


def test_an_entry_that_does_not_exist_is_our_fault_and_is_said(museum):
    from aigov.sandbox import ChildError

    with pytest.raises(ChildError, match="AttributeError"):
        run(Job("bombs:missing"))
