import collections
import datetime as dt
import decimal
import io
import json
import pickle  # noqa: TID251  # benign files are written with the real library; nothing is loaded
import warnings
from pathlib import Path

import numpy as np
import pytest

from aigov import Status
from aigov_checks.model.serialization import scan_bytes

pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant")
CODES = (
    "?",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u2",
    "u4",
    "u8",
    "f2",
    "f4",
    "f8",
    "g",
    "F",
    "D",
    "U5",
    "S3",
    "M8[s]",
    "m8[ms]",
    ">f8",
)


def _written(write) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def _npy_files() -> dict[str, bytes]:
    arrays = {code: np.zeros((3, 4), dtype=code) for code in CODES}
    arrays |= {
        "record": np.zeros(3, dtype=[("a", "f8"), ("b", "i4", (2,)), ("c", [("x", "u1")])]),
        "objects": np.array([{"a": 1}, None, "x", 1.5], dtype=object),
        "fortran": np.asfortranarray(np.ones((5, 6))),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(1.0),
    }
    files = {f"{name}.npy": _written(lambda b, a=a: np.save(b, a)) for name, a in arrays.items()}
    files["plain.npz"] = _written(lambda b: np.savez(b, x=np.ones((40, 5)), y=np.arange(3)))
    files["packed.npz"] = _written(lambda b: np.savez_compressed(b, x=np.zeros((500, 500)), y=arrays["objects"]))
    return files


def _plain_pickles() -> dict[str, bytes]:
    value = {
        "list": [1, 2.5, None, True, b"x", 10**30, -5], "set": {1, 2}, "frozen": frozenset([3]),
        "date": dt.datetime(2026, 1, 7, tzinfo=dt.UTC), "decimal": decimal.Decimal("1.5"), "complex": 1 + 2j,
        "ordered": collections.OrderedDict(a=1), "default": collections.defaultdict(list), "bytearray": bytearray(b"q"),
        "range": range(4), "slice": slice(1, 2), "scalar": np.float64(1), "array": np.arange(1000.0), "text": "轴承" * 50,
        "state": np.random.RandomState(0), "generator": np.random.default_rng(0), "masked": np.ma.array([1, 2]),
    }  # fmt: skip
    return {f"plain-{protocol}.pkl": pickle.dumps(value, protocol) for protocol in range(6)}


def _torch_files() -> dict[str, bytes]:
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv1d(1, 4, 3), torch.nn.BatchNorm1d(4), torch.nn.Flatten(), torch.nn.Linear(4, 2)
    )
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 1, 3)).sum().backward()
    optimiser.step()
    checkpoint = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "epoch": 3}
    values = {
        "state": model.state_dict(), "checkpoint": checkpoint, "whole": model, "bfloat": torch.zeros(3, dtype=torch.bfloat16),
        "sparse": torch.sparse_coo_tensor([[0, 1]], [1.0, 2.0], (3,)), "parameter": torch.nn.Parameter(torch.ones(2)),
    }  # fmt: skip
    files = {f"{name}.pt": _written(lambda b, v=v: torch.save(v, b)) for name, v in values.items()}
    for name in ("state", "checkpoint"):
        old = _written(lambda b, v=values[name]: torch.save(v, b, _use_new_zipfile_serialization=False))
        files[f"{name}-legacy.pt"] = old
    return files | {"tensor.pkl": pickle.dumps({"t": torch.ones(3)})}


def _estimators():
    from sklearn import (
        ensemble,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    return (
        linear_model.LogisticRegression(), ensemble.RandomForestClassifier(3), svm.SVC(), tree.DecisionTreeClassifier(),
        ensemble.GradientBoostingClassifier(n_estimators=2), ensemble.HistGradientBoostingClassifier(max_iter=2),
        neighbors.KNeighborsClassifier(algorithm="kd_tree"), neighbors.KNeighborsClassifier(algorithm="ball_tree"),
        naive_bayes.GaussianNB(), neural_network.MLPClassifier((4,), max_iter=3), ensemble.IsolationForest(n_estimators=2),
        ensemble.AdaBoostClassifier(n_estimators=2), linear_model.RidgeClassifier(),
        pipeline.make_pipeline(
            preprocessing.FunctionTransformer(np.log1p), preprocessing.StandardScaler(), linear_model.SGDClassifier()
        ),
    )  # fmt: skip


def _sklearn_files() -> dict[str, bytes]:
    import joblib
    import skops.io

    rng = np.random.default_rng(0)
    x, y = rng.random((60, 4)), np.arange(60) % 2
    packers = ("zlib", "gzip", "bz2", "xz", "lzma")
    files = {}
    for index, estimator in enumerate(_estimators()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(x, y)
        name = f"{type(estimator).__name__}-{index}"
        packer = packers[index % len(packers)]
        files[f"{name}.joblib"] = _written(lambda b, e=estimator: joblib.dump(e, b))
        files[f"{name}.joblib.{packer}"] = _written(lambda b, e=estimator, p=packer: joblib.dump(e, b, compress=(p, 3)))
        files[f"{name}.pkl"] = pickle.dumps(estimator, index % 6)
        files[f"{name}.skops"] = skops.io.dumps(estimator)
    mixed = [np.arange(5), np.array(["a", None], dtype=object), {"x": np.zeros((0, 3))}]
    return files | {"mixed.joblib": _written(lambda b: joblib.dump(mixed, b))}


def _other_files() -> dict[str, bytes]:
    header = {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    files = {}
    for length in (200, 640, 1152):  # 640 is 0x0280: the bytes of a pickle header in reverse
        raw = json.dumps(header).encode().ljust(length)
        files[f"{length}.safetensors"] = length.to_bytes(8, "little") + raw + bytes(24)
    return files | {
        "README.md": '# Model\n```python\nimport torch\nm = torch.load("x")\n```\n轴承\n'.encode(),
        "labels.txt": b"cat\ndog\nbird\n",
        "config.json": b'{"a": [1, 2]}',
        "list.json": b"[1, 2]\n",
        "config.yaml": b"a: 1\nb: [x, y]\n",
        "empty": b"",
    }


def _onnx_model(**more):
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((4, 2), dtype=np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Relu", ["y"], ["z"])]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n])] for name, n in (("x", 4), ("z", 2))]
    return helper.make_model(helper.make_graph(nodes, "g", *ends, [weights]), **more)


def _onnx_files() -> dict[str, bytes]:
    from onnx import helper

    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    models = (_onnx_model(), _onnx_model(producer_name="pytorch"), _onnx_model(ir_version=9, opset_imports=opsets))
    return {f"m{index}.onnx": model.SerializeToString() for index, model in enumerate(models)}


WRITERS = (_npy_files, _plain_pickles, _torch_files, _sklearn_files, _other_files, _onnx_files)


@pytest.fixture(scope="module")
def benign():
    files: dict[str, bytes] = {}
    for write in WRITERS:
        files |= write()
    return files


def test_there_are_at_least_150_benign_files_of_real_libraries(benign):
    kept = [path for path in Path(__file__).with_name("benign").rglob("*") if path.is_file()]
    assert len(benign) + len(kept) >= 150


def test_no_benign_file_is_worse_than_clean(benign):
    found = {name: scan_bytes(data) for name, data in benign.items()}
    assert {name: (s.status.value, s.notes) for name, s in found.items() if s.status is not Status.CLEAN} == {}


def test_each_format_is_recognised_by_its_content(benign):
    formats = {name: scan_bytes(data).format for name, data in benign.items()}
    expected = {
        "f8.npy": "npy", "plain.npz": "npz", "plain-0.pkl": "pickle", "state.pt": "torch", "state-legacy.pt": "torch-legacy",
        "mixed.joblib": "pickle", "640.safetensors": "safetensors", "m0.onnx": "onnx", "labels.txt": "text",
        "config.json": "json", "GaussianNB-8.skops": "skops", "empty": "empty",
    }  # fmt: skip
    assert {name: formats[name] for name in expected} == expected


CUT = ("plain-0.pkl", "plain-1.pkl", "plain-4.pkl", "state.pt", "state-legacy.pt", "f8.npy", "objects.npy", "plain.npz",
       "packed.npz", "mixed.joblib", "GaussianNB-8.joblib", "GaussianNB-8.skops", "640.safetensors", "m0.onnx",
       "LogisticRegression-0.joblib.zlib", "RandomForestClassifier-1.joblib.gzip", "SVC-2.joblib.bz2")  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_a_file_cut_at_200_places_is_never_clean(benign, name):
    data = benign[name]
    for index in range(1, 200):
        end = len(data) * index // 200
        if 0 < end < len(data):
            assert scan_bytes(data[:end]).status is not Status.CLEAN, end


def test_the_data_file_of_an_onnx_model_is_known_by_the_model(observe, tmp_path):
    import onnx

    folder = tmp_path / "written"
    folder.mkdir()
    onnx.save(_onnx_model(), str(folder / "m.onnx"), save_as_external_data=True, location="w.bin", size_threshold=0)
    files = {f"m/{p.name}": p.read_bytes() for p in folder.iterdir()}
    assert {a.path: a.status.value for a in observe(files).artifacts} == {"m/m.onnx": "clean", "m/w.bin": "clean"}
    alone = observe({"n/m.onnx": files["m/m.onnx"]})
    assert alone.artifacts[0].status is Status.NOT_COVERED
    assert alone.occurrences[0].type == "onnx.external-missing"


@pytest.mark.parametrize("layers", ["LSTM", "Sequential"])
def test_a_torchscript_program_is_read_and_clean(layers):
    import torch

    module = torch.nn.LSTM(2, 2) if layers == "LSTM" else torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = torch.jit.script(module)
        data = _written(lambda b: torch.jit.save(script, b))
    result = scan_bytes(data)
    assert (result.format, result.status) == ("torchscript", Status.CLEAN)


def test_a_class_of_ones_own_in_a_torchscript_program_is_part_of_it():
    import torch

    class own_net(torch.nn.Module):  # noqa: N801  # names as people write them
        def forward(self, x):
            return x + 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = _written(lambda b: torch.jit.save(torch.jit.trace(own_net(), torch.zeros(2)), b))
    assert scan_bytes(data).status is Status.CLEAN
    assert b"own_net" in data


def test_an_exported_program_is_read_and_clean():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.attention = nn.Conv1d(3, 4, 3, stride=2), nn.MultiheadAttention(4, 2, batch_first=True)
            self.register_buffer("scale", torch.ones(3, 1))

        def forward(self, x):
            y = nn.functional.interpolate(self.conv(x * self.scale), scale_factor=2.0).transpose(1, 2)
            return self.attention(y, y, y)[0].reshape(x.shape[0], -1) * (x.shape[2] / 2)

    sizes = ({0: torch.export.Dim("n"), 2: torch.export.Dim.DYNAMIC},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(Net().eval(), (torch.zeros(2, 3, 16),), dynamic_shapes=sizes)
        data = _written(lambda b: torch.export.save(program, b))
    result = scan_bytes(data)
    assert (result.format, result.status, result.notes) == ("torch-export", Status.CLEAN, ())
