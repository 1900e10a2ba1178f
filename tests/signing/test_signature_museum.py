"""Every hostile signature ever thought of ends in the named refusal, and nothing else."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from aigov import SignatureError, signing
from aigov.signing.envelope import MAX_BYTES

MUSEUM = Path(__file__).parent / "museum"
HOSTILE = sorted(path.relative_to(MUSEUM).as_posix() for path in MUSEUM.glob("*/*.sig"))
TRUST = signing.KeyTrust(MUSEUM / "museum.pub.pem")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_signature_is_refused_by_name(name):
    with pytest.raises(SignatureError) as caught:
        signing.verify(MUSEUM / "model.bin", MUSEUM / name, TRUST)
    assert caught.value.message.id == f"signing.{name.partition('/')[0]}"
    for lang in ("en", "zh-CN"):
        sentence = caught.value.sentence(lang)
        assert "signing." not in sentence
        assert "{" not in sentence
        assert "\n" not in sentence


def test_the_museum_is_what_its_generator_makes(tmp_path):
    before = {
        path.relative_to(MUSEUM): path.read_bytes()
        for path in MUSEUM.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    for path in before:
        (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / "make.py").write_bytes(before[Path("make.py")])
    subprocess.run([sys.executable, tmp_path / "make.py"], check=True)  # our own code
    assert {path: (tmp_path / path).read_bytes() for path in before} == before


def test_the_signature_that_they_were_made_from_holds():
    assert signing.verify(MUSEUM / "model.bin", MUSEUM / "good.sig", TRUST).differences == ()


def test_a_signature_cut_anywhere_never_verifies(tmp_path):
    whole = (MUSEUM / "good.sig").read_bytes()
    cut = tmp_path / "cut.sig"
    for size in {*range(0, len(whole), max(1, len(whole) // 200)), len(whole) - 1}:
        cut.write_bytes(whole[:size])
        with pytest.raises(SignatureError):
            signing.verify(MUSEUM / "model.bin", cut, TRUST)


def test_no_flipped_bit_changes_what_is_covered(tmp_path):
    whole = (MUSEUM / "good.sig").read_bytes()
    expected = signing.verify(MUSEUM / "model.bin", MUSEUM / "good.sig", TRUST).resources
    flipped = tmp_path / "flipped.sig"
    for position in range(0, len(whole), 7):
        data = bytearray(whole)
        data[position] ^= 1 << (position % 8)
        flipped.write_bytes(data)
        try:
            found = signing.verify(MUSEUM / "model.bin", flipped, TRUST)
        except SignatureError:
            continue
        assert found.resources == expected


@pytest.mark.parametrize(
    "content",
    [b'"' + b"A" * 3_000_000, b"[" * 3_000_000, b'{"a":' * 1_000_000, b"\\" * 3_000_000, b'"\\' * 1_500_000],
)
def test_megabytes_of_garbage_are_refused_within_seconds(tmp_path, content):
    path = tmp_path / "garbage.sig"
    path.write_bytes(content)
    start = time.process_time()
    with pytest.raises(SignatureError):
        signing.verify(MUSEUM / "model.bin", path, TRUST)
    assert time.process_time() - start < 10


def test_a_signature_of_ten_gigabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "huge.sig"
    with path.open("wb") as stream:
        stream.truncate(10_000_000_000)
    with pytest.raises(SignatureError, match=f"larger than {MAX_BYTES // 1_000_000} MB"):
        signing.verify(MUSEUM / "model.bin", path, TRUST)
