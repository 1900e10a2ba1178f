"""zstd and lz4: read through pyarrow, stopped like every other stream, and said where pyarrow is not."""

from __future__ import annotations

import pickle  # noqa: TID251  # written, never loaded
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import Status
from aigov_checks.model.serialization import scan_bytes

CODECS = ("zstd", "lz4")
SYSTEM = b"\x80\x04cos\nsystem\n."
"""A pickle that names `os.system`."""
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
"""A frame that both formats step over."""


def packed(codec: str, data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_inside_decides(codec):
    good = scan_bytes(packed(codec, pickle.dumps({"weights": [1.0]})))
    assert (good.format, good.notes) == (codec, ())
    bad = scan_bytes(packed(codec, SYSTEM))
    assert bad.status is Status.UNSAFE
    assert bad.notes[0].member == codec


@pytest.mark.parametrize("codec", CODECS)
def test_frames_in_a_row_are_one_file(codec):
    assert scan_bytes(packed(codec, SYSTEM[:9]) + SKIPPED + packed(codec, SYSTEM[9:])).status is Status.UNSAFE


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_that_is_cut_or_goes_on_is_never_clean(codec):
    whole = packed(codec, pickle.dumps([{"rate": i / 7} for i in range(400)]))
    assert scan_bytes(whole).status is Status.CLEAN
    for size in {4, *range(5, len(whole), max(1, len(whole) // 100))}:
        assert scan_bytes(whole[:size]).status is not Status.CLEAN, size
    for tail in (b"x", bytes(40), b"PK\3\4", packed("gzip", b"x")):
        assert scan_bytes(whole + tail).status is not Status.CLEAN, tail


@pytest.mark.parametrize("codec", CODECS)
def test_a_bomb_is_stopped(codec):
    found = scan_bytes(packed(codec, bytes(100 << 20)))
    assert found.status is Status.NOT_COVERED
    assert found.notes[0].type == "limit.ratio"


@pytest.mark.parametrize("codec", CODECS)
def test_without_pyarrow_it_is_not_covered_and_says_what_to_install(codec, tmp_path):
    path = tmp_path / "m.joblib"
    path.write_bytes(packed(codec, b"x"))
    code = (
        "import sys; sys.modules['pyarrow'] = None\nfrom pathlib import Path\nfrom aigov import say\n"
        "from aigov_checks.model.serialization import scan_file\nfound = scan_file(Path(sys.argv[1]))\n"
        "print(found.status.value, *(say(note.message, lang) for note in found.notes for lang in ('en', 'zh-CN')))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"not-covered {codec} is read with pyarrow")
    assert done.stdout.count('pip install "aigov[archives]"') == 2


@given(st.sampled_from((b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")), st.binary(max_size=200))
def test_any_bytes_after_the_first_four_end_in_a_status(head, tail):
    assert scan_bytes(head + tail).status in set(Status)
