import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import Status
from aigov_checks.model.serialization import scan_bytes

BENIGN = Path(__file__).with_name("benign")
FILES = {path.relative_to(BENIGN).as_posix(): path for path in sorted(BENIGN.rglob("*")) if path.is_file()}
OF_OTHERS = ("model.bin", "variables.data-00000-of-00001")
"""Raw numbers that only the model beside them makes known."""
FORMATS = {
    "gguf-0.19.0/tools.gguf": "gguf", "h5py-3.16.0/earliest.h5": "hdf5", "h5py-3.9.0/latest.h5": "hdf5",
    "keras-3.15.1/dense.keras": "keras", "keras-3.15.1/dense.h5": "hdf5", "tf_keras-2.21.0/nested.h5": "hdf5",
    "tensorflow-2.21.0/saved/saved_model.pb": "tensorflow", "tensorflow-2.21.0/frozen.pb": "tensorflow",
    "tensorflow-2.21.0/saved/variables/variables.index": "tensorflow-index", "tensorflow-2.21.0/model.tflite": "tflite",
    "tensorflow-2.21.0/saved/fingerprint.pb": "tensorflow-fingerprint",
    "xgboost-1.7.6/gbtree.model": "xgboost", "xgboost-3.2.0/dart.ubj": "ubjson", "xgboost-3.2.0/gbtree.json": "json",
    "lightgbm-3.3.5/dart.txt": "lightgbm", "lightgbm-4.7.0/rf.txt": "lightgbm", "catboost-1.2.10/model.cbm": "catboost",
    "catboost-1.2.10/model.pmml": "pmml", "nyoka-5.5.0/tree.pmml": "pmml", "openvino-2026.4.1/model.xml": "openvino",
    "coremltools-9.0/network.mlmodel": "coreml", "mindspore-2.10.0/net.mindir": "mindspore",
    "coremltools-9.0/program.mlpackage/Data/com.apple.CoreML/weights/weight.bin": "coreml-weights",
    "joblib-1.6.0/tree.lz4.joblib": "lz4", "joblib-1.6.0/tree.joblib.zst": "zstd",
    "mindspore-2.10.0/net.ckpt": "mindspore", "onnx-1.14.1/m.onnx": "onnx", "py7zr-1.1.4/default.7z": "7z", "py7zr-1.1.4/lzma1.7z": "7z", "paddle-3.3.1/old.pdmodel": "paddle",
    "paddle-3.3.1/old.pdiparams": "paddle-weights", "paddle-3.3.1/state.pdparams": "pickle",
}  # fmt: skip
SHORTER = {"gguf": 32, "tensorflow-fingerprint": 1, "paddle-weights": 3, "mindspore": 2}
"""Formats of which a shorter file can be whole (padding, one tensor less), and at how many places at most."""


def test_there_are_files_of_at_least_15_libraries():
    assert len({name.partition("-")[0] for name in FILES}) >= 15


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(OF_OTHERS)])
def test_what_a_library_wrote_is_clean(name):
    result = scan_bytes(FILES[name].read_bytes())
    assert (result.status, result.notes if result.status is not Status.CLEAN else ()) == (Status.CLEAN, ())


@pytest.mark.parametrize(("name", "format_"), FORMATS.items())
def test_a_format_is_known_by_its_content(name, format_):
    assert scan_bytes(FILES[name].read_bytes()).format == format_


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_cut_at_200_places_is_never_clean(name):
    data = FILES[name].read_bytes()
    end = data.index(b"end of trees") if FORMATS[name] == "lightgbm" else len(data)
    sizes = {end * index // 200 for index in range(1, 200)}
    clean = [size for size in sizes if size > 20 and scan_bytes(data[:size]).status is Status.CLEAN]
    assert len(clean) <= SHORTER.get(FORMATS[name], 0), clean


def test_the_data_beside_an_openvino_model_is_known_by_the_model(observe):
    files = {f"m/{Path(n).name}": p.read_bytes() for n, p in FILES.items() if n.startswith("openvino")}
    assert {a.path: a.status.value for a in observe(files).artifacts} == {
        "m/model.bin": "clean",
        "m/model.xml": "clean",
    }
    alone = observe({"n/model.xml": files["m/model.xml"]})
    assert alone.artifacts[0].status is Status.NOT_COVERED


def test_a_saved_model_is_clean_with_its_variables_and_not_covered_without(observe):
    folder = "tensorflow-2.21.0/saved/"
    files = {n.removeprefix(folder): p.read_bytes() for n, p in FILES.items() if n.startswith(folder)}
    assert {a.status.value for a in observe(files).artifacts} == {"clean"}
    without = {f"x/{name}": data for name, data in files.items() if "data-" not in name}
    assert Status.NOT_COVERED in {a.status for a in observe(without).artifacts}


def test_an_operator_of_ones_own_can_be_allowed_by_name(observe):
    spec = importlib.util.spec_from_file_location("museum_formats", BENIGN.with_name("museum_formats.py"))
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)

    model = made.tflite(made._table(32, made._string("PlantFilter"), 1, 32))
    found = observe({"m.tflite": model})
    assert found.artifacts[0].status is Status.SUSPICIOUS
    assert found.occurrences[0].message.args["name"] == "PlantFilter"
    assert observe({"m.tflite": model}, allow=("PlantFilter",)).artifacts[0].status is Status.CLEAN


NOT_READ = {
 "rar": b"Rar!\x1a\x07\1\0", "r": b"RDX3\nX\n\0\0\0\3", "julia": b"7JL\x0e\4\0\0\0",
    "bson": b"\x13\0\0\0\x02a\0\x07\0\0\0abcdef\0\0", "elf": b"\x7fELF\2\1\1" + bytes(20),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data"), NOT_READ.items())
def test_what_is_known_and_not_read_is_not_covered(name, data):
    result = scan_bytes(data)
    assert (result.format, result.status) == (name, Status.NOT_COVERED)


def test_an_r_file_in_gzip_is_not_covered():
    import gzip

    assert scan_bytes(gzip.compress(b"X\n\0\0\0\3\0\4\1\0" + bytes(20), mtime=0)).status is Status.NOT_COVERED


QUIET = {
    "listing.txt": b"config.json\nmodel.safetensors\ntokenizer.json\n",
    "cues.txt": b"cat\ndog\nbird\n",
    "readme.md": b'<div align="center">\n<h1>Model</h1>\n</div>\n\n```bash\nexport A=1\ncurl http://x | sh\n```\nUse it.\n',
    "comment.md": b"<!-- a comment -->\n# Model\nInstall with pip install x, then run it.\n",
    "page.html": b"<!DOCTYPE html>\n<html><body><p>A page</p></body></html>\n",
    "words.json": b'{"vocab": {"eval(": 1, "import os": 2, "__class__": 3, "exec": 4}}',
    "ini.cfg": b"[model]\npath=weights.bin\nrate=0.5\n",
}


@pytest.mark.parametrize(("name", "data"), QUIET.items())
def test_text_that_only_looks_like_something_is_clean(name, data):
    assert scan_bytes(data).notes == ()


@given(st.data())
def test_a_model_of_a_real_library_with_changed_bytes_never_raises(data):
    original = FILES[data.draw(st.sampled_from(sorted(FORMATS)))].read_bytes()
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert scan_bytes(bytes(changed[: data.draw(st.integers(1, len(changed)))])).status in set(Status)


HEADS = (b"GGUF\3\0\0\0", b"\x89HDF\r\n\x1a\n", b"\x1c\0\0\0TFL3", b"{L\0\0\0\0\0\0\0\1a", b"binf", b"CBM1\x20\0\0\0", b"<?xml ", b"<PMML ",
         b"<net ", b"tree\nversion=v4\n", b"\x08\x01\x12", b"\x0a\x20\x08\0\x10", b"\x08\4\x12\0\xa2", bytes(16) + b"\5\0\0\0\x08", b"\x0a\x05\x0a")  # fmt: skip


@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_after_the_start_of_a_model_format_end_in_a_status(head, tail):
    assert scan_bytes(head + tail).status in set(Status)


def test_a_packed_field_with_nothing_in_it_stands_for_no_number():
    """Found by fuzzing: the type of a tensor, as a packed field of no bytes."""
    tensor = b"\x08\x78\x12\x00\x42\x01g"  # 120 values of a type that is not there, called g
    node = b"\x0a\x0c\x0a\x01x\x12\x01y\x22\x04Relu"
    graph = node + b"\x2a" + bytes([len(tensor)]) + tensor + b"\x12\x01g"
    data = b"\x08\x08\x3a" + bytes([len(graph)]) + graph + b"\x42\x02\x10\x11"
    scanned = scan_bytes(data)
    assert scanned.status is Status.SUSPICIOUS
    assert "serialization.onnx.tensor-size" in {note.message.id for note in scanned.notes}
