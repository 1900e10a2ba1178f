"""Hostile and broken files end in an answer that is not clean, within bounds."""

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memorised_models import gguf, look, numbers, packed, samples, saved, subject_of
from museum import museum, words_of
from test_memorised_rows import knn, onnx_of, safetensors_of, skops_of, tensor

from aigov import Status, say
from aigov_checks.model.memorised import search
from aigov_checks.model.memorised.pieces import Blob, Gap, Text
from aigov_checks.model.memorised.reading import read_file
from aigov_checks.model.serialization.formats import look as scan
from aigov_checks.model.serialization.notes import Budget, Context

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")
X = samples()
HOSTILE = dict(museum())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_never_clean(name, tmp_path):
    measured = look(subject_of(tmp_path / "m", {name: HOSTILE[name]}, X))
    assert measured.artifacts[0].status is Status.NOT_COVERED
    assert measured.measurements["personal_strings"].high == float("inf")
    assert numbers(measured)["files_not_covered"] == 1
    for note in measured.notes:
        for lang in ("en", "zh-CN"):
            assert "memorised." not in say(note, lang)


def gaps_of(data: bytes) -> list[Gap]:
    heard = []
    context = Context(frozenset(), Budget(), scan)
    read_file(Blob(memoryview(data), "", 0, context, frozenset({6})), heard.append)
    return [piece for piece in heard if isinstance(piece, Gap)]


HONEST = {
    "joblib": lambda: saved(joblib.dump, knn()),
    "joblib in lz4": lambda: packed("lz4", saved(joblib.dump, knn())),
    "joblib in zstd": lambda: packed("zstd", saved(joblib.dump, knn())),
    "skops": lambda: skops_of(knn()),
    "onnx": lambda: onnx_of(tensor(X.astype("f4"))),
    "safetensors": lambda: safetensors_of(X),
    "gguf": lambda: gguf([("a", 8, (1).to_bytes(8, "little") + b"b"), ("c", 4, b"\0\0\0\0")]),
    "ubjson": lambda: b"{L\0\0\0\0\0\0\0\1a[$d#L\0\0\0\0\0\0\0\1\0\0\0\0L\0\0\0\0\0\0\0\1bSL\0\0\0\0\0\0\0\1c}",
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_file_that_is_cut_is_not_covered(name):
    data = HONEST[name]()
    assert gaps_of(data) == []
    for end in range(9, len(data) - 8, max(1, len(data) // 25)):
        covered = gaps_of(data[:end]) == []
        assert not covered or name in {"safetensors", "onnx"}, end


@given(st.sampled_from(sorted(HONEST)), st.data())
def test_bytes_that_were_changed_never_raise(name, draw):
    data = bytearray(HONEST[name]())
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    gaps_of(bytes(data))


@given(st.binary(max_size=400))
def test_any_bytes_give_an_answer(data):
    gaps_of(data)


def test_a_file_full_of_one_number_stops_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "MAX_CANDIDATES", 1000)
    measured = look(subject_of(tmp_path / "m", {"m.h5": words_of(5000)}, X))
    assert "candidates" in [note.args["what"].id.rpartition(".")[2] for note in measured.notes if "what" in note.args]
    assert measured.measurements["rows_memorised"].high == 60


def test_a_string_of_a_hundred_megabytes_is_scanned_in_pieces():
    heard = []
    data = b"word " * (20 << 20)
    context = Context(frozenset(), Budget(), scan)
    read_file(Blob(memoryview(data + b"\n"), "", 0, context), heard.append)
    assert all(len(piece.value) <= 1 << 16 for piece in heard if isinstance(piece, Text))


def test_a_line_full_of_numbers_is_counted_to_its_end(tmp_path):
    line = b"call 13812345678, " * 100_000
    measured = look(subject_of(tmp_path / "m", {"vocab.txt": line}))
    assert numbers(measured)["personal_strings"] == 100_000
