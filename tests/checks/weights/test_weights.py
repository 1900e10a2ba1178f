import dataclasses
import hashlib
import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigov import MissingInputError, Model, NotPerformed, Role, Status, Subject, msg
from aigov.check import Part
from aigov.model import File
from aigov_checks.model.weights import DifferenceParams, WeightsParams, difference, weights
from aigov_checks.model.weights.check import manifest

BENIGN = Path(__file__).parents[1] / "serialization" / "benign"
RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(300, 40)).astype("<f4")
DIGEST = hashlib.sha256(MATRIX.tobytes()).hexdigest()


def safetensors(**tensors) -> bytes:
    names = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "uint8": "U8"}
    header, body = {}, b""
    for name, array in tensors.items():
        raw = array.tobytes()
        header[name] = {
            "dtype": names[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def gguf(array) -> bytes:
    import struct

    head = (
        b"GGUF"
        + struct.pack("<IQQ", 3, 1, 0)
        + struct.pack("<Q", 1)
        + b"w"
        + struct.pack("<IQQIQ", 2, array.shape[1], array.shape[0], 0, 0)
    )
    return head + bytes(-len(head) % 32) + array.tobytes()


def npz(array) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, w=array)
    return buffer.getvalue()


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def torch_file(array, legacy=False) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save({"w": torch.from_numpy(array.copy())}, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def onnx_file(array, raw=True) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    w = (
        numpy_helper.from_array(array, "w")
        if raw
        else helper.make_tensor("w", TensorProto.FLOAT, array.shape, array.flatten())
    )
    ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, k])] for n, k in (("x", 300), ("y", 40))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", *ends, [w])
    return helper.make_model(graph).SerializeToString()


@pytest.fixture
def subject(tmp_path):
    def make(*models: dict[str, bytes]) -> Subject:
        made = []
        for index, files in enumerate(models):
            found = []
            for name, data in files.items():
                path = tmp_path / str(index) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                found.append(File(path, name, len(data), hashlib.sha256(data).hexdigest()))
            made.append(Model(f"m{index}", Role.MODEL, "m", tuple(found)))
        return Subject("s", models=tuple(made))

    return make


def observe(of: Subject, **params):
    values = weights.params(**params)
    parts = [Part(unit, weights.parts.unit(unit, values)) for unit in weights.parts.split(of, values)]
    return weights.parts.combine(of, values, parts)


FORMATS = {
    "w.safetensors": safetensors(w=MATRIX), "w.gguf": gguf(MATRIX), "w.npz": npz(MATRIX), "w.npy": npy(MATRIX), "w.pt": torch_file(MATRIX),
    "w.onnx": onnx_file(MATRIX), "typed.onnx": onnx_file(MATRIX, raw=False), "fortran.npy": npy(np.asfortranarray(MATRIX)),
    "big.npy": npy(MATRIX.astype(">f4")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_weights_have_the_same_digest_and_statistics_in_every_format(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMATS[name])
    [tensor] = manifest(path, WeightsParams())["tensors"]
    assert (tensor["sha256"], tensor["dtype"], tensor["shape"]) == (DIGEST, "float32", [300, 40])
    assert tensor["min"] == pytest.approx(MATRIX.min(), rel=1e-8)
    assert tensor["max"] == pytest.approx(MATRIX.max(), rel=1e-8)
    assert tensor["mean"] == pytest.approx(MATRIX.mean(dtype="f8"), rel=1e-6)
    if tensor["offset"] >= 0:
        assert FORMATS[name][tensor["offset"] : tensor["offset"] + MATRIX.nbytes] == MATRIX.tobytes()


def test_a_strided_torch_tensor_and_a_whole_module_are_read(tmp_path):
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.BatchNorm1d(3))
    path = tmp_path / "m.pt"
    torch.save({"model": module, "turned": module[0].weight.detach().T}, path)
    found = {t["name"]: t for t in manifest(path, WeightsParams())["tensors"]}
    turned = module[0].weight.detach().T.contiguous().numpy()
    assert found["turned"]["sha256"] == hashlib.sha256(turned.tobytes()).hexdigest()
    assert "model.0.weight" in found
    assert "model.1.running_mean" in found


def test_data_beside_an_onnx_model_is_read_and_missing_data_is_said(subject, tmp_path):
    import onnx

    onnx.save(
        onnx.load_from_string(onnx_file(MATRIX)),
        tmp_path / "m.onnx",
        save_as_external_data=True,
        location="w.bin",
        size_threshold=0,
    )
    files = {"m.onnx": (tmp_path / "m.onnx").read_bytes()}
    whole = observe(subject(files | {"w.bin": (tmp_path / "w.bin").read_bytes()}))
    assert whole.measurements["parameters"].value == MATRIX.size
    assert {a.path: a.status.value for a in whole.artifacts}["m.onnx"] == "clean"
    alone = observe(subject({"x/m.onnx": files["m.onnx"]}))
    assert alone.artifacts[0].status is Status.NOT_COVERED


def test_what_is_planted_is_found_with_its_place(subject):
    bad = MATRIX.copy()
    bad[7, 3], bad[9, 1], bad[11] = np.nan, np.inf, 0
    measured = observe(subject({"w.safetensors": safetensors(a=MATRIX, b=bad)}))
    assert measured.measurements["nonfinite_weights"].value == 2
    [found] = measured.occurrences
    assert (found.type, found.location.pointer) == ("weights.nonfinite", "b")
    assert measured.measurements["dead_rows"].value == 1
    assert measured.artifacts[0].status is Status.SUSPICIOUS


def test_clean_weights_are_silent_and_their_manifest_is_evidence(subject, tmp_path):
    of = subject({"w.safetensors": safetensors(a=MATRIX), "README.md": b"# A model\n"})
    measured = observe(of)
    assert (measured.occurrences, measured.notes) == ((), ())
    assert {a.status for a in measured.artifacts} == {Status.CLEAN}
    assert set(measured.measurements) == set(weights.measures)
    assert measured.evidence == ()
    kept = dataclasses.replace(of, evidence_folder=tmp_path)
    [evidence] = observe(kept).evidence
    body = (tmp_path / evidence.path.removeprefix("evidence/")).read_bytes()
    assert hashlib.sha256(body).hexdigest() == evidence.sha256
    assert observe(kept).evidence == (evidence,)


def test_missing_input_and_models_without_tensors_are_not_performed(subject):
    assert isinstance(observe(subject({"README.md": b"# A model\n"})), NotPerformed)
    assert isinstance(observe(Subject("s", models=(Model("m", Role.MODEL, value=object()),))), NotPerformed)
    with pytest.raises(MissingInputError):
        observe(Subject("s", models=(Model("m", Role.MODEL, "m.pkl", absent=msg("artifact.absent", path="m.pkl")),)))


def test_a_format_that_is_not_read_opens_the_counts(subject):
    measured = observe(subject({"a.npy": npy(MATRIX), "b.h5": (BENIGN / "h5py-3.16.0" / "earliest.h5").read_bytes()}))
    assert measured.measurements["nonfinite_weights"].high == float("inf")
    assert {a.path: a.status.value for a in measured.artifacts} == {"a.npy": "clean", "b.h5": "not-covered"}


def _with_payload(array, payload: bytes, at: int = 0):
    words = array.copy().view("<u4").reshape(-1)
    room = words[at : at + len(payload)]
    words[at : at + len(payload)] = (room & 0xFFFFFF00) | np.frombuffer(payload, "u1")[: len(room)]
    return words.view("<f4").reshape(array.shape)


LARGE = RNG.normal(size=(512, 1024)).astype("<f4")
TEXT = (Path(__file__).read_bytes() * 30)[:200_000]
HIDDEN = {
    "plain": _with_payload(LARGE, TEXT, 100_000),
    "compressed": _with_payload(
        LARGE, zlib.compress(RNG.integers(0, 40, 400_000, dtype="u1").tobytes())[:120_000], 65_536
    ),
    "everywhere": _with_payload(LARGE, (TEXT * 3)[: LARGE.size]),
    "in-short-floats": _with_payload(LARGE.astype("<f2").astype("<f4"), RNG.bytes(70_000), 65_536 * 2),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_payload_in_the_lowest_bits_is_found(subject, name):
    measured = observe(subject({"w.safetensors": safetensors(w=HIDDEN[name])}))
    assert measured.measurements["low_bit_blocks"].value > 0
    assert {o.type for o in measured.occurrences} == {"weights.low-bits"}


HONEST = {
    "normal": LARGE, "short": LARGE.astype("<f2").astype("<f4"), "pruned": np.where(np.abs(LARGE) < 1, np.float32(0), LARGE),
    "quantised": (np.round(LARGE * 30) * np.float32(0.0173)).astype("<f4"), "zeros": np.zeros_like(LARGE),
    "steps": np.arange(LARGE.size, dtype="<f4").reshape(LARGE.shape), "uniform": RNG.random(LARGE.shape, dtype="f4"),
    "brain-floats": (LARGE.view("<u4") & 0xFFFF0000).view("<f4"), "double": LARGE.astype("<f8"), "tiny": LARGE[:4, :4],
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_weights_have_no_payload(subject, name):
    measured = observe(subject({"w.safetensors": safetensors(w=np.ascontiguousarray(HONEST[name]))}))
    assert measured.measurements["low_bit_blocks"].value == 0


def test_a_sample_of_the_blocks_leaves_the_count_open(subject):
    measured = observe(subject({"w.safetensors": safetensors(w=LARGE)}), payload="sampled")
    assert measured.measurements["low_bit_blocks"].high == float("inf")
    assert measured.measurements["low_bit_blocks_tested"].value == 1


@pytest.mark.parametrize("name", [*FORMATS, "w-legacy.pt"])
def test_a_file_cut_anywhere_never_raises_and_is_never_read_as_whole(tmp_path, name):
    data = FORMATS.get(name) or torch_file(MATRIX, legacy=True)
    path = tmp_path / name
    for index in range(1, 40):
        path.write_bytes(data[: len(data) * index // 40])
        result = manifest(path, WeightsParams())
        assert all(t["sha256"] != DIGEST for t in result["tensors"]) or name == "w.gguf"


@settings(deadline=None)
@given(st.data())
def test_a_model_with_changed_bytes_never_raises(tmp_path_factory, data):
    choices = {
        **FORMATS,
        **{
            p.name: p.read_bytes()
            for p in [
                *BENIGN.glob("xgboost-*/*"),
                *BENIGN.glob("lightgbm-*/*"),
                *BENIGN.glob("catboost-*/*"),
                *BENIGN.glob("gguf-*/*"),
            ]
        },
    }
    changed = bytearray(choices[data.draw(st.sampled_from(sorted(choices)))])
    for _ in range(data.draw(st.integers(1, 5))):
        changed[data.draw(st.integers(0, min(len(changed), 2000) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(bytes(changed))
    assert json.dumps(manifest(path, WeightsParams()), allow_nan=False)


def test_two_models_are_compared_by_name_and_by_digest(subject):
    other = MATRIX.copy()
    other[0, 0] += 0.5
    both = subject(
        {"a.safetensors": safetensors(same=MATRIX[:10], old=MATRIX[10:20], changed=MATRIX, gone=MATRIX[:3])},
        {"b.pt": torch_dict(same=MATRIX[:10], new=MATRIX[10:20], changed=other, more=MATRIX[:7])},
    )
    measured = difference.function(both, DifferenceParams())
    values = {name: m.value for name, m in measured.measurements.items()}
    assert values == {
        "tensors_same": 1, "tensors_renamed": 1, "tensors_added": 1, "tensors_removed": 1, "tensors_changed": 1, "max_abs_difference": 0.5,
    }  # fmt: skip
    assert {(o.type, o.location.pointer) for o in measured.occurrences} == {
        ("weights.changed", "changed"),
        ("weights.removed", "gone"),
        ("weights.added", "more"),
    }


def torch_dict(**arrays) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save({name: torch.from_numpy(array.copy()) for name, array in arrays.items()}, buffer)
    return buffer.getvalue()


def test_one_model_and_unread_formats_are_not_compared(subject):
    assert isinstance(difference.function(subject({"a.npy": npy(MATRIX)}), DifferenceParams()), NotPerformed)
    h5 = (BENIGN / "h5py-3.16.0" / "earliest.h5").read_bytes()
    assert isinstance(
        difference.function(subject({"a.npy": npy(MATRIX)}, {"b.h5": h5}), DifferenceParams()), NotPerformed
    )


def test_json_and_ubjson_of_a_booster_are_the_same_model(subject):
    files = [BENIGN / "xgboost-3.2.0" / f"gbtree.{ending}" for ending in ("json", "ubj")]
    measured = difference.function(subject(*({p.name: p.read_bytes()} for p in files)), DifferenceParams())
    assert measured.occurrences == ()
    assert measured.measurements["tensors_same"].value > 10


def test_both_formats_of_catboost_are_the_same_model_and_their_sums_are_told_apart(subject):
    files = [BENIGN / "catboost-1.2.10" / f"model.{ending}" for ending in ("cbm", "json")]
    measured = difference.function(subject(*({p.name: p.read_bytes()} for p in files)), DifferenceParams())
    assert measured.occurrences == ()
    assert measured.measurements["tensors_same"].value > 10
    document = json.loads(files[1].read_bytes())
    document["oblivious_trees"][1]["leaf_values"][0] += 1e-9
    changed = {"model.json": json.dumps(document).encode()}
    measured = difference.function(subject({"model.cbm": files[0].read_bytes()}, changed), DifferenceParams())
    assert [str(found.message.args.get("name")) for found in measured.occurrences] == ["oblivious_trees.1.leaf_values"]


def test_branching_trees_of_catboost_are_read_from_the_binary_file_only(tmp_path):
    folder = Path(__file__).parents[1] / "robustness" / "catboost"
    read = manifest(folder / "binary-lossguide.cbm", WeightsParams())
    assert {"trees.leaf_values", "trees.steps"} <= {tensor["name"] for tensor in read["tensors"]}
    assert not read["unread"]
    assert manifest(folder / "binary-lossguide.json", WeightsParams())["unread"]
    assert manifest(folder / "categories.cbm", WeightsParams())["unread"]
