"""Samples and labels come out of every format alike; what is broken is named, never guessed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov import Dataset, FrozenMap, MissingInputError, Role, Subject, UnsupportedInputError, ratio
from aigov.load.arrays import FileReader
from aigov.model import File

X = np.arange(24, dtype=np.float32).reshape(4, 6)
Y = np.array([0, 1, 1, 0])


def dataset(*paths, **declared):
    found = tuple(
        File(path, path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths
    )
    return Dataset("eval", Role.DATASET, found=found, reader=FileReader(), **declared)


def live(value, **declared):
    return Dataset("eval", Role.DATASET, value=value, reader=FileReader(), **declared)


def npz(folder, **arrays):
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def table(folder, **columns):
    path = folder / "data.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def csv(folder, text):
    path = folder / "data.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def reason(source):
    with pytest.raises(UnsupportedInputError) as error:
        source.arrays()
    for lang in ("en", "zh-CN"):
        assert error.value.message.id not in error.value.sentence(lang)
        assert "{" not in error.value.sentence(lang)
    return error.value.message.id


def test_npz_gives_x_and_y(tmp_path):
    arrays = dataset(npz(tmp_path, x=X, y=Y)).arrays()
    assert arrays.x.tolist() == X.tolist()
    assert arrays.y.tolist() == Y.tolist()


def test_npz_keys_can_be_declared(tmp_path):
    declared = dataset(npz(tmp_path, signal=X, fault=Y), properties=FrozenMap({"x": "signal", "y": "fault"}))
    assert declared.arrays().y.tolist() == Y.tolist()


def test_npz_without_labels_has_none(tmp_path):
    assert dataset(npz(tmp_path, x=X)).arrays().y is None


def test_a_column_of_labels_is_flattened(tmp_path):
    assert dataset(npz(tmp_path, x=X, y=Y[:, None])).arrays().y.tolist() == Y.tolist()


@pytest.mark.parametrize("compress", [np.savez, np.savez_compressed])
def test_fortran_order_and_compression_change_nothing(tmp_path, compress):
    path = tmp_path / "data.npz"
    compress(path, x=np.asfortranarray(X))
    assert dataset(path).arrays().x.tolist() == X.tolist()


def test_several_files_are_joined(tmp_path):
    np.save(tmp_path / "a.npy", X)
    np.save(tmp_path / "b.npy", X + 1)
    assert dataset(tmp_path / "a.npy", tmp_path / "b.npy").arrays().x.shape == (8, 6)


def test_parquet_list_column_gives_windows(tmp_path):
    path = table(tmp_path, vibration=X.tolist(), fault=["a", "b", "b", "a"])
    train = dataset(path, features=("vibration",), label="fault", purpose="train")
    assert train.arrays().x.shape == (4, 6)
    assert train.arrays().y.tolist() == ["a", "b", "b", "a"]
    assert [window.values for window in train.windows()] == [(tuple(row),) for row in X.tolist()]


def test_two_list_columns_are_two_channels(tmp_path):
    path = table(tmp_path, a=X.tolist(), b=(X + 1).tolist())
    (first, *_) = dataset(path).windows()
    assert len(first.values) == 2


def test_the_check_of_a_third_party_runs_on_windows(tmp_path):
    frozen = X.copy()
    frozen[0] = 3.0
    for path in (table(tmp_path, vibration=frozen.tolist()), npz(tmp_path, x=frozen[:, None, :])):
        subject = Subject("plant", datasets=(dataset(path, purpose="train"),))
        windows = subject.dataset("train").windows()
        count = sum(1 for window in windows if window.longest_constant_run() >= 5)
        assert ratio(count, len(windows)).value == 0.25


def test_parquet_and_csv_of_one_table_are_equal(tmp_path):
    from_parquet = dataset(table(tmp_path, a=[1.0, 2.0], b=[3, 4], y=[0, 1]), label="y").arrays()
    from_csv = dataset(csv(tmp_path, "a,b,y\n1,3,0\n2,4,1\n"), label="y").arrays()
    assert from_parquet.x.tolist() == from_csv.x.tolist() == [[1, 3], [2, 4]]
    assert from_parquet.y.tolist() == from_csv.y.tolist() == [0, 1]


def test_csv_columns_stand_in_the_declared_order(tmp_path):
    arrays = dataset(csv(tmp_path, "a,温度,y\n1,3,好\n2,4,坏\n"), features=("温度", "a"), label="y").arrays()
    assert arrays.x.tolist() == [[3, 1], [4, 2]]
    assert arrays.y.tolist() == ["好", "坏"]


@pytest.mark.parametrize(
    ("value", "declared"),
    [
        ((X, Y), {}),
        ((X.tolist(), Y.tolist()), {}),
        ({"x": X, "y": Y}, {}),
        ({**{f"f{i}": X[:, i] for i in range(6)}, "label": Y}, {"label": "label"}),
        (pa.table({**{f"f{i}": X[:, i] for i in range(6)}, "label": Y}), {"label": "label"}),
    ],
)
def test_live_values_read_like_files(value, declared):
    arrays = live(value, **declared).arrays()
    assert np.allclose(arrays.x, X)
    assert arrays.y.tolist() == Y.tolist()


def test_a_live_array_has_no_labels():
    assert live(X).arrays().y is None


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda f: dataset(npz(f, z=X)), "arrays.no-key"),
        (lambda f: dataset(npz(f, x=X), properties=FrozenMap({"y": "fault"})), "arrays.no-key"),
        (lambda f: dataset(npz(f, x=X, y=Y[:3])), "arrays.length"),
        (lambda f: dataset(npz(f, x=X, y=np.eye(4))), "arrays.label-shape"),
        (lambda f: dataset(npz(f, x=X, y=np.array([0, 1, np.nan, 0]))), "arrays.label-missing"),
        (lambda f: dataset(npz(f, x=X[:0], y=Y[:0])), "arrays.empty"),
        (lambda f: dataset(npz(f, x=np.array([1 + 2j]))), "arrays.not-numeric"),
        (lambda f: dataset(npz(f, x=np.array(["a"]))), "arrays.not-numeric"),
        (lambda f: dataset(npz(f, x=np.full_like(X, np.inf))), "arrays.not-finite"),
        (lambda f: dataset(table(f, a=[1.0, None])), "arrays.empty-cells"),
        (lambda f: dataset(table(f, a=["x", "y"])), "arrays.not-numeric"),
        (lambda f: dataset(table(f, a=[[1.0], [1.0, 2.0]])), "arrays.unequal-lists"),
        (lambda f: dataset(table(f, a=[[1.0], [1.0]], b=[1.0, 2.0])), "arrays.ragged"),
        (lambda f: dataset(table(f, a=[1.0]), features=("b",)), "arrays.no-column"),
        (lambda f: dataset(table(f, a=[1.0]), label="b"), "arrays.no-column"),
        (lambda f: dataset(table(f, a=[1.0]), label="a"), "arrays.empty"),
        (lambda f: dataset(table(f, a=pa.array([], pa.float64()))), "arrays.empty"),
        (lambda f: dataset(csv(f, "a,b\n1,x\n")), "arrays.csv-row"),
        (lambda f: dataset(csv(f, "a,b\n1\n")), "arrays.csv-row"),
        (lambda f: dataset(csv(f, "a,b\n1,nan\n")), "arrays.not-finite"),
        (lambda f: dataset(csv(f, "a,b\n")), "arrays.empty"),
        (lambda f: dataset(csv(f, "")), "arrays.empty"),
        (lambda f: dataset(npz(f, x=X).rename(f / "data.mat")), "arrays.format"),
        (lambda _: live((X, Y[:2])), "arrays.length"),
        (lambda _: live([[1.0], [1.0, 2.0]]), "arrays.not-numeric"),
        (lambda _: live({"a": [1.0]}, features=("b",)), "arrays.no-column"),
        (lambda _: live(np.array([None, 1], dtype=object)), "arrays.not-numeric"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, make, expected):
    assert reason(make(tmp_path)) == expected


def test_the_first_bad_row_and_line_are_named(tmp_path):
    x = X.copy()
    x[2, 1] = x[3, 0] = np.nan
    with pytest.raises(UnsupportedInputError) as error:
        dataset(npz(tmp_path, x=x)).arrays()
    assert (error.value.message.args["count"], error.value.message.args["row"]) == (2, 2)
    with pytest.raises(UnsupportedInputError) as error:
        dataset(csv(tmp_path, "a\n1\nx\n")).arrays()
    assert str(error.value.place) == "data.csv:3"


def test_a_missing_file_is_missing_input():
    from aigov import msg

    with pytest.raises(MissingInputError):
        Dataset("eval", Role.DATASET, absent=msg("dataset.no-reader", name="eval"), reader=FileReader()).arrays()


def test_samples_that_are_no_signals_have_no_windows(tmp_path):
    with pytest.raises(UnsupportedInputError) as error:
        dataset(npz(tmp_path, x=np.zeros((2, 3, 4, 5)))).windows()
    assert error.value.message.id == "arrays.not-signals"


def test_objects_are_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exec, ("raise SystemExit('unpickled')",))

    np.save(tmp_path / "bomb.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    assert reason(dataset(tmp_path / "bomb.npy")) == "arrays.objects"
    (tmp_path / "raw.npy").write_bytes(b"\x80\x04]\x94(K\x01K\x02e.")
    assert reason(dataset(tmp_path / "raw.npy")) == "arrays.broken"


def test_a_header_that_claims_too_much_allocates_nothing(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    (tmp_path / "big.npy").write_bytes(header.getvalue() + b"\0" * 8)
    assert reason(dataset(tmp_path / "big.npy")) == "arrays.broken"


def test_a_member_that_unpacks_too_large_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("aigov.load.array_files.MAX_BYTES", 10_000)
    path = tmp_path / "data.npz"
    np.savez_compressed(path, x=np.zeros(100_000))
    assert path.stat().st_size < 10_000
    assert reason(dataset(path)) == "arrays.too-large"


def test_repeated_values_cannot_unpack_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("aigov.load.array_files.MAX_BYTES", 100_000)
    path = table(tmp_path, a=np.zeros(1_000_000))
    assert path.stat().st_size < 100_000
    assert reason(dataset(path)) == "arrays.too-large"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(
    suffix=st.sampled_from([".npz", ".npy", ".parquet", ".csv"]), cut=st.floats(0, 0.999), flip=st.integers(0, 10_000)
)
def test_no_damage_to_a_file_ends_in_a_traceback(tmp_path, suffix, cut, flip):
    stream = io.BytesIO()
    match suffix:
        case ".npz":
            np.savez_compressed(stream, x=X, y=Y)
        case ".npy":
            np.save(stream, X)
        case ".parquet":
            pq.write_table(pa.table({"a": X[:, 0], "b": X.tolist()}), stream)
        case _:
            stream.write(b"a,b\n1,2\n3,4\n")
    data = bytearray(stream.getvalue())
    data[flip % len(data)] ^= 0xFF
    path = tmp_path / f"data{suffix}"
    path.write_bytes(bytes(data[: max(1, int(len(data) * (1 - cut)))]))
    with suppress(UnsupportedInputError):
        dataset(path).arrays()


def test_a_zip_that_is_no_npz_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", b"nonsense")
    assert reason(dataset(tmp_path / "data.npz")) == "arrays.broken"
