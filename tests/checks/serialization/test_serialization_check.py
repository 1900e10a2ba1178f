import hashlib
import math

import pytest

from aigov import MissingInputError, Model, NotPerformed, Role, Status, Subject, msg
from aigov.model import File
from aigov_checks.model.serialization import scan_file, serialization

CLEAN = b"\x80\x04}\x94."
UNSAFE = b"cos\nsystem\n(S'true'\ntR."
IN_HOUSE = b"\x80\x02cacme.models\nPump\n)\x81."


def test_a_planted_call_is_found_with_its_place_and_its_name(observe):
    measured = observe({"模型 1.pkl": UNSAFE})
    assert measured.measurements["files_unsafe"].value == 1
    occurrence = measured.occurrences[0]
    assert (occurrence.type, occurrence.location.path, occurrence.location.byte_start) == (
        "pickle.global",
        "模型 1.pkl",
        0,
    )
    assert occurrence.message.args["name"] == "os.system"
    assert "CWE-502" in occurrence.references
    assert measured.artifacts[0].status is Status.UNSAFE


def test_a_clean_file_has_no_occurrence(observe):
    measured = observe({"m.pkl": CLEAN})
    assert measured.occurrences == ()
    assert {name: m.value for name, m in measured.measurements.items()} == {
        "files": 1, "files_clean": 1, "files_suspicious": 0, "files_unsafe": 0, "files_not_covered": 0, "covered_share": 1,
    }  # fmt: skip
    assert all(m.interval is None for m in measured.measurements.values())


def test_it_measures_exactly_what_it_declares(observe):
    measured = observe({"m.pkl": CLEAN, "x.rar": b"Rar!\x1a\x07\1\0"})
    assert {name: m.unit for name, m in measured.measurements.items()} == dict(serialization.measures)


def test_a_missing_model_file_is_a_missing_input(observed):
    subject = Subject("s", models=(Model("m", Role.MODEL, "m.pkl", absent=msg("artifact.absent", path="m.pkl")),))
    with pytest.raises(MissingInputError):
        observed(subject)


def test_a_subject_without_models_is_a_missing_input(observed):
    with pytest.raises(MissingInputError):
        observed(Subject("s"))


def test_a_file_that_went_away_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError):
        scan_file(tmp_path / "gone.pkl")


def test_a_model_in_memory_is_not_performed(observed):
    outcome = observed(Subject("s", models=(Model("m", Role.MODEL, value=object()),)))
    assert isinstance(outcome, NotPerformed)


def test_a_file_that_was_not_read_opens_the_counts(observe):
    measured = observe({"a.rar": b"Rar!\x1a\x07\1\0", "b.pkl": CLEAN})
    unsafe = measured.measurements["files_unsafe"]
    assert (unsafe.value, unsafe.low, unsafe.high) == (0, 0, 1)
    assert unsafe.limits is not None
    assert measured.measurements["files_not_covered"].value == 1
    assert math.isclose(measured.measurements["covered_share"].value, 0.5)


def test_an_unknown_class_names_itself_and_can_be_allowed(observe):
    found = observe({"m.pkl": IN_HOUSE})
    assert found.artifacts[0].status is Status.SUSPICIOUS
    assert found.occurrences[0].message.args["name"] == "acme.models.Pump"
    assert observe({"m.pkl": IN_HOUSE}, allow=("acme.models.Pump",)).artifacts[0].status is Status.CLEAN


def test_a_policy_cannot_allow_what_is_dangerous(observe):
    assert observe({"m.pkl": UNSAFE}, allow=("os.system", "posix.system")).artifacts[0].status is Status.UNSAFE


def test_the_name_of_a_file_does_not_matter(observe):
    names = ("m.pkl", "m.onnx", "m.txt", "README.md", "m.safetensors", "m")
    measured = observe(dict.fromkeys(names, UNSAFE))
    assert [a.status for a in measured.artifacts] == [Status.UNSAFE] * len(names)


def test_a_folder_has_one_status_a_file(observe):
    measured = observe(
        {"a/m.pkl": CLEAN, "a/README.md": b"# A model\n", "a/config.json": b'{"x": 1}', "a/load.py": b"import os\n"}
    )
    assert {a.path: (a.format, a.status.value) for a in measured.artifacts} == {
        "a/m.pkl": ("pickle", "clean"),
        "a/README.md": ("text", "clean"),
        "a/config.json": ("json", "clean"),
        "a/load.py": ("text", "suspicious"),
    }


def test_two_files_with_the_same_bytes_are_two_files(observe):
    measured = observe({"a.pkl": CLEAN, "b.pkl": CLEAN})
    assert measured.measurements["files"].value == 2


def test_the_order_of_the_parts_does_not_matter(tmp_path):
    files = []
    for name, data in (("a.pkl", CLEAN), ("b.pkl", UNSAFE), ("c.pkl", IN_HOUSE)):
        (tmp_path / name).write_bytes(data)
        files.append(File(tmp_path / name, name, len(data), hashlib.sha256(data).hexdigest()))
    subject = Subject("s", models=(Model("m", Role.MODEL, found=tuple(files)),))
    from aigov.check import Part

    parts, params = serialization.parts, serialization.params()
    done = [Part(unit, parts.unit(unit, params)) for unit in parts.split(subject, params)]
    assert parts.combine(subject, params, done) == parts.combine(subject, params, done[::-1])


def test_the_documentation_has_every_section():
    assert set(serialization.doc) == {"what", "why", "how", "limits", "references"}


def test_a_sparse_safetensors_of_four_gigabytes_is_not_read_whole(tmp_path):
    import json
    import tracemalloc

    size = 4 << 30
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    path = tmp_path / "big.safetensors"
    with path.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + size)
    tracemalloc.start()
    assert scan_file(path).status is Status.CLEAN
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


def test_a_decompression_bomb_is_not_covered(tmp_path):
    import gzip

    from aigov_checks.model.serialization import scan_bytes

    result = scan_bytes(gzip.compress(bytes(200 << 20), 9, mtime=0))
    assert result.status is Status.NOT_COVERED
    assert any(note.type == "limit.ratio" for note in result.notes)
