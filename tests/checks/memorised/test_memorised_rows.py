"""Training rows that stand in a model: found in whatever form and wrapping, and nothing else counted."""

import bz2
import gzip
import json
import lzma
import pickle  # noqa: TID251  # makes what the reader reads
import zlib

import joblib
import numpy as np
import pytest
from memorised_models import file_of, look, numbers, packed, samples, saved, subject_of

from aigov import Dataset, Interval, Model, Role, Status, Subject
from aigov.load.arrays import FileReader

X = samples()
Y = (X[:, 0] > 0).astype(int)


def knn(x=X):
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(algorithm="brute").fit(x, Y)


def skops_of(model) -> bytes:
    import skops.io

    return skops.io.dumps(model)


def torch_of(**tensors) -> bytes:
    import torch

    return saved(torch.save, {name: torch.tensor(value) for name, value in tensors.items()})


def onnx_of(*initializers, nodes=()) -> bytes:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        list(nodes) or [helper.make_node("MatMul", ["x", "fit_X"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        list(initializers),
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=sets).SerializeToString()


def tensor(array):
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(array), "fit_X")


def safetensors_of(array) -> bytes:
    kinds = {"f8": "F64", "f4": "F32"}
    entry = {"dtype": kinds[array.dtype.str[1:]], "shape": list(array.shape), "data_offsets": [0, array.nbytes]}
    head = json.dumps({"fit_X": entry}).encode()
    return len(head).to_bytes(8, "little") + head + array.tobytes()


WHOLE = {
    "joblib": lambda: saved(joblib.dump, knn()),
    "joblib by columns": lambda: saved(joblib.dump, knn(np.asfortranarray(X))),
    "joblib zlib": lambda: zlib.compress(saved(joblib.dump, knn())),
    "joblib gzip": lambda: gzip.compress(saved(joblib.dump, knn())),
    "joblib xz": lambda: lzma.compress(saved(joblib.dump, knn())),
    "joblib bz2": lambda: bz2.compress(saved(joblib.dump, knn())),
    "joblib lz4": lambda: packed("lz4", saved(joblib.dump, knn())),
    "joblib zstd": lambda: packed("zstd", saved(joblib.dump, knn())),
    "npz in zstd in lz4": lambda: packed("lz4", packed("zstd", saved(lambda a, s: np.savez(s, w=a), X))),
    "zstd in a pickle": lambda: pickle.dumps({"raw": packed("zstd", saved(lambda a, s: np.save(s, a), X))}),
    "joblib float32": lambda: saved(joblib.dump, knn(X.astype("f4"))),
    "skops": lambda: skops_of(knn()),
    "pickle 2": lambda: pickle.dumps(knn(), protocol=2),
    "pickle 4": lambda: pickle.dumps(knn(), protocol=4),
    "pickle 5": lambda: pickle.dumps(knn(), protocol=5),
    "pickle of lists": lambda: pickle.dumps(X.tolist()),
    "npy": lambda: saved(lambda a, stream: np.save(stream, a), X),
    "npy by columns": lambda: saved(lambda a, stream: np.save(stream, np.asfortranarray(a)), X),
    "npy big-endian": lambda: saved(lambda a, stream: np.save(stream, a), X.astype(">f8")),
    "npz": lambda: saved(lambda a, stream: np.savez(stream, w=a), X),
    "npz deflated": lambda: saved(lambda a, stream: np.savez_compressed(stream, w=a), X.astype("f4")),
    "torch": lambda: torch_of(memory=X, weight=np.zeros(3)),
    "safetensors": lambda: safetensors_of(X.astype("f4")),
    "onnx": lambda: onnx_of(tensor(X.astype("f4"))),
    "onnx transposed": lambda: onnx_of(tensor(X.astype("f4").T)),
    "json": lambda: json.dumps({"fit_X": X.tolist()}).encode(),
    "json float32": lambda: json.dumps({"fit_X": [[float(str(v)) for v in row] for row in X.astype("f4")]}).encode(),
    "unaligned bytes": lambda: b"\x89HDF\r\n\x1a\n" + bytes(997) + X.tobytes(),
}


@pytest.mark.parametrize("name", WHOLE)
def test_every_row_that_a_model_keeps_is_found(name, tmp_path):
    measured = look(subject_of(tmp_path / "m", {"model": WHOLE[name]()}, X))
    assert numbers(measured)["rows_checked"] == 60
    assert numbers(measured)["rows_memorised"] == 60
    assert numbers(measured)["memorised_share"] == 1.0
    assert [o.location.record for o in measured.occurrences] == list(range(60))
    assert measured.artifacts[0].status is Status.SUSPICIOUS


def test_trees_machines_and_processes_keep_rows_too(tmp_path):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.neighbors import BallTree, KDTree
    from sklearn.svm import SVC

    machine = SVC().fit(X, Y)
    kept = {
        "kd": (saved(joblib.dump, KDTree(X)), 60),
        "ball": (saved(joblib.dump, BallTree(X)), 60),
        "svc": (saved(joblib.dump, machine), len(machine.support_)),
        "gp": (saved(joblib.dump, GaussianProcessRegressor().fit(X[:20], Y[:20])), 20),
    }
    for name, (data, rows) in kept.items():
        measured = look(subject_of(tmp_path / name, {"model": data}, X))
        assert numbers(measured)["rows_memorised"] == rows, name


def test_support_vectors_in_an_attribute_of_onnx_are_found(tmp_path):
    from onnx import helper

    vectors = X[5:25].astype("f4").ravel().tolist()
    node = helper.make_node(
        "SVMRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        support_vectors=vectors,
        coefficients=[1.0] * 20,
        n_supports=20,
    )
    measured = look(subject_of(tmp_path / "m", {"m.onnx": onnx_of(nodes=[node])}, X))
    assert [o.location.record for o in measured.occurrences] == list(range(5, 25))


def test_the_place_of_a_row_is_its_bytes_and_the_name_of_what_holds_it(tmp_path):
    data = saved(joblib.dump, knn())
    measured = look(subject_of(tmp_path / "m", {"k.joblib": data}, X))
    first = measured.occurrences[0]
    assert (first.type, first.location.path, first.location.pointer) == ("training-row", "k.joblib", "_fit_X")
    assert data[first.location.byte_start : first.location.byte_end] == X[0].tobytes()
    assert first.masked is None


def test_models_that_keep_no_rows_are_silent(tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    for name, model in {"lr": LogisticRegression(), "tree": DecisionTreeClassifier(max_depth=4)}.items():
        measured = look(subject_of(tmp_path / name, {"model": saved(joblib.dump, model.fit(X, Y))}, X))
        assert numbers(measured)["rows_memorised"] == 0, name
        assert measured.occurrences == ()
        assert measured.artifacts[0].status is Status.CLEAN


@pytest.mark.parametrize(
    "rows",
    [np.zeros((5, 30)), np.full((5, 30), 0.1), np.eye(30), np.arange(30.0)[None], np.linspace(0, 1, 64)[None],
     np.array([[1.0, 2.0, 3.0, 5.0]]), np.array([[0.0, 1.0, 1.0, 0.0] * 8])],
    ids=["zero", "constant", "one-hot", "counting", "progression", "small", "binary"],
)  # fmt: skip
def test_rows_that_chance_could_make_are_not_counted(rows, tmp_path):
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), rows)}, rows))
    assert numbers(measured)["rows_checked"] == 0
    assert numbers(measured)["rows_memorised"] == 0
    assert measured.facts["rows_plain"] == len(rows)
    assert measured.measurements["rows_memorised"].high > 0
    assert measured.artifacts[0].status is Status.NOT_COVERED


def test_whole_numbers_of_few_values_count_where_their_order_says_enough(tmp_path):
    rows = np.random.default_rng(1).integers(0, 17, (20, 64))
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), rows)}, rows))
    assert numbers(measured)["rows_memorised"] == 20


def test_equal_rows_count_each(tmp_path):
    twice = np.concatenate([X[:3], X[:3]])
    measured = look(subject_of(tmp_path / "m", {"m": b"\x89HDF\r\n\x1a\n" + X[:3].tobytes()}, twice))
    assert numbers(measured)["rows_memorised"] == 6


def test_a_row_in_two_files_is_one_row(tmp_path):
    data = saved(lambda a, s: np.save(s, a), X)
    measured = look(subject_of(tmp_path / "m", {"a.npy": data, "b.npy": data + b""}, X))
    assert numbers(measured)["rows_memorised"] == 60
    assert len(measured.occurrences) == 120


def test_a_part_of_a_row_is_no_row(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X[:, :5])}, X))
    assert numbers(measured)["rows_memorised"] == 0


def test_without_training_data_the_rows_stay_open(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X)}))
    rows = measured.measurements["rows_memorised"]
    assert (rows.value, rows.high, rows.limits.id) == (0, float("inf"), "memorised.no-training-data")
    assert measured.measurements["memorised_share"].interval == Interval(0.0, 1.0)
    assert measured.artifacts[0].status is Status.NOT_COVERED


def test_training_data_that_is_no_numbers_is_said(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X)}, np.array(["a", "b"])))
    assert measured.measurements["rows_memorised"].limits.id == "memorised.rows-unreadable"
    assert measured.measurements["rows_memorised"].high == float("inf")


def test_rows_with_gaps_are_left_out_and_the_others_looked_for(tmp_path):
    gaps = X.copy()
    gaps[3, 2] = np.nan
    measured = look(subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), gaps)}, gaps))
    assert numbers(measured)["rows_memorised"] == 59
    assert measured.facts["rows_plain"] == 1


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_text_columns_of_a_table_are_left_out(form, tmp_path):
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    columns = {"time": [f"2026-01-01T00:{row:02}" for row in range(60)], **{f"c{i}": X[:, i] for i in range(6)}}
    path = tmp_path / f"train.{form}"
    (pq.write_table if form == "parquet" else pa.csv.write_csv)(pa.table(columns), path)
    subject = subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X)})
    table = Dataset("train", Role.DATASET, found=(file_of(path),), purpose="train", reader=FileReader())
    measured = look(Subject("s", models=subject.models, datasets=(table,)))
    assert numbers(measured)["rows_memorised"] == 60


def test_of_many_rows_some_are_drawn_and_the_count_says_so(tmp_path):
    subject = subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X)}, X)
    measured = look(subject, max_rows=20)
    rows = measured.measurements["rows_memorised"]
    assert (rows.value, rows.low, rows.high) == (20, 20, 60)
    assert measured.measurements["memorised_share"].interval.confidence == 0.95
    assert look(subject, max_rows=20) == measured
    assert look(subject, max_rows=20, seed=1) != measured


def test_only_data_of_the_role_train_is_looked_for_unless_others_are_named(tmp_path):
    subject = subject_of(tmp_path / "m", {"m.npy": saved(lambda a, s: np.save(s, a), X)}, X)
    test = Dataset("eval", Role.DATASET, found=subject.datasets[0].found, purpose="test", reader=FileReader())
    other = Subject("s", models=subject.models, datasets=(test,))
    assert numbers(look(other))["rows_checked"] == 0
    assert numbers(look(other, datasets=("eval",)))["rows_memorised"] == 60


def test_live_training_data_is_looked_for(tmp_path):
    (tmp_path / "m.npy").write_bytes(saved(lambda a, s: np.save(s, a), X))
    subject = Subject(
        "s",
        models=(Model("m", Role.MODEL, "m", (file_of(tmp_path / "m.npy"),)),),
        datasets=(Dataset("train", Role.DATASET, value=X, purpose="train", reader=FileReader()),),
    )
    assert numbers(look(subject))["rows_memorised"] == 60


def test_the_data_file_of_an_onnx_model_is_searched_with_it(tmp_path):
    import onnx

    model = onnx.load_from_string(onnx_of(tensor(X.astype("f4"))))
    onnx.save_model(
        model,
        tmp_path / "e.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="e.data",
        size_threshold=0,
    )
    files = {name: (tmp_path / name).read_bytes() for name in ("e.onnx", "e.data")}
    measured = look(subject_of(tmp_path / "m", files, X))
    assert numbers(measured)["rows_memorised"] == 60
    assert numbers(measured)["files_not_covered"] == 0
    alone = look(subject_of(tmp_path / "n", {"e.onnx": files["e.onnx"]}, X))
    assert alone.artifacts[0].status is Status.NOT_COVERED
    assert alone.measurements["rows_memorised"].high == 60
