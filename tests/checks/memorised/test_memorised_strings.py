"""Strings of a model: found wherever a format keeps them, and no false alarm from words."""

import json
import pickle  # noqa: TID251  # makes what the reader reads
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from memorised_models import ID, KEY, PHONE, gguf, look, numbers, packed, saved, subject_of
from test_memorised_rows import onnx_of

from aigov import MissingInputError, Model, NotPerformed, Role, Status, Subject, UnsupportedInputError, msg, say
from aigov.redact import keyed_digest
from aigov_checks.model.memorised import memorised

PHONES = [f"138{number:08d}" for number in range(12_340_000, 12_340_400)]


def found(folder, data: bytes, name: str = "model", **params):
    measured = look(subject_of(folder / "m", {name: data}), **params)
    return [(o.type, o.location.pointer) for o in measured.occurrences]


def encoders():
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    column = np.array(PHONES)[:, None]
    texts = [f"call {phone} now, the pump broke" for phone in PHONES]
    return {
        "one-hot of text": OneHotEncoder().fit(column),
        "one-hot of objects": OneHotEncoder().fit(column.astype(object)),
        "one-hot of whole numbers": OneHotEncoder().fit(column.astype(np.int64)),
        "one-hot of floating numbers": OneHotEncoder().fit(column.astype(float)),
        "ordinal": OrdinalEncoder().fit(column),
        "counts": CountVectorizer().fit(texts),
        "tf-idf": TfidfVectorizer().fit(texts),
    }


@pytest.mark.parametrize("name", encoders())
@pytest.mark.parametrize("form", ["joblib", "pickle 2", "pickle 5", "skops"])
def test_the_phone_numbers_of_an_encoder_or_vectoriser_are_found(name, form, tmp_path):
    import skops.io

    write = {
        "joblib": lambda model: saved(joblib.dump, model),
        "pickle 2": lambda model: pickle.dumps(model, protocol=2),
        "pickle 5": lambda model: pickle.dumps(model, protocol=5),
        "skops": skops.io.dumps,
    }[form]
    measured = look(subject_of(tmp_path / "m", {"model": write(encoders()[name])}))
    assert numbers(measured)["personal_strings"] == 400
    assert {o.type for o in measured.occurrences} == {"cn.mobile"}


def safetensors(**metadata) -> bytes:
    head = json.dumps({"__metadata__": metadata}).encode()
    return len(head).to_bytes(8, "little") + head


def text8(value: str) -> bytes:
    return len(value.encode()).to_bytes(8, "little") + value.encode()


PLANTED = {
    "safetensors": (safetensors(contact=f"call {PHONE}"), "cn.mobile"),
    "gguf value": (gguf([("general.author", 8, text8(PHONE))]), "cn.mobile"),
    "gguf vocabulary": (
        gguf([("tokenizer.ggml.tokens", 9, (8).to_bytes(4, "little") + (2).to_bytes(8, "little") + text8("a") + text8(ID))]),
        "cn.resident-id",
    ),
    "ubjson": (b"{L\0\0\0\0\0\0\0\4nameSL\0\0\0\0\0\0\0\x0b" + PHONE.encode() + b"}", "cn.mobile"),
    "tokenizer.json": (json.dumps({"model": {"vocab": {"[UNK]": 0, ID: 1}}}).encode(), "cn.resident-id"),
    "numbers in json": (json.dumps({"categories": [13812345678, 7]}).encode(), "cn.mobile"),
    "vocab.txt": (f"[PAD]\npump\n{ID}\nbolt\n".encode(), "cn.resident-id"),
    "gb18030": (f"标签\n联系电话：{PHONE}\n".encode("gb18030"), "cn.mobile"),
    "npy of text": (saved(lambda a, s: np.save(s, a), np.array(["a", PHONE])), "cn.mobile"),
    "npy of bytes": (saved(lambda a, s: np.save(s, a), np.array([b"a", PHONE.encode()])), "cn.mobile"),
    "npy of objects": (saved(lambda a, s: np.save(s, a, allow_pickle=True), np.array(["a", PHONE], dtype=object)), "cn.mobile"),
    "vocab.json.zst": (packed("zstd", json.dumps({"vocab": {ID: 1}}).encode()), "cn.resident-id"),
    "vocab.txt.lz4": (packed("lz4", f"[PAD]\n{PHONE}\n".encode()), "cn.mobile"),
    "sentencepiece": (b"\x0a\x12\x0a\x0b" + PHONE.encode() + b"\x15\0\0\0\0" + b"\x12\x02\x08\x01", "cn.mobile"),
    "a path": (b"source: C:\\Users\\lisi\\data\\x.csv\n", "user-name-in-path"),
    "a trace": (b'  File "/home/zhangsan/miniconda3/lib/x.py", line 3\n', "user-name-in-path"),
    "a secret": (json.dumps({"note": "AKIAQ3EGRXL7MUWYV5ZN is the key"}).encode(), "aws-access-key"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_in_a_format_is_found(name, tmp_path):
    data, type_ = PLANTED[name]
    assert [kind for kind, _ in found(tmp_path, data)] == [type_]


@pytest.mark.parametrize("name", ["tree.lz4.joblib", "tree.joblib.zst"])
def test_what_joblib_compresses_is_read_to_its_end(name, tmp_path):
    data = (Path(__file__).parents[1] / "serialization/benign/joblib-1.6.0" / name).read_bytes()
    measured = look(subject_of(tmp_path / "m", {name: data}, np.zeros((2, 2))))
    assert numbers(measured)["files_not_covered"] == 0
    assert numbers(measured)["strings_scanned"] > 20


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_without_pyarrow_a_compressed_model_is_not_covered(codec, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    measured = look(subject_of(tmp_path / "m", {"m.joblib": packed(codec, f"{PHONE}\n".encode())}))
    assert measured.artifacts[0].status is Status.NOT_COVERED
    for lang in ("en", "zh-CN"):
        assert 'pip install "aigov[archives]"' in say(measured.artifacts[0].reason, lang)


def test_everything_that_onnx_says_is_read(tmp_path):
    import onnx
    from onnx import helper, numpy_helper

    nodes = [
        helper.make_node("OneHotEncoder", ["x"], ["a"], domain="ai.onnx.ml", cats_strings=[PHONES[0], "pump"]),
        helper.make_node("LabelEncoder", ["x"], ["b"], domain="ai.onnx.ml", keys_int64s=[int(PHONES[1]), 5], values_strings=["a", "b"]),
        helper.make_node("StringNormalizer", ["x"], ["c"], stopwords=[PHONES[2]]),
        helper.make_node(
            "TfIdfVectorizer", ["x"], ["d"], pool_strings=[PHONES[3]], mode="TF", min_gram_length=1, max_gram_length=1,
            max_skip_count=0, ngram_counts=[0], ngram_indexes=[0],
        ),
    ]  # fmt: skip
    tensors = [
        numpy_helper.from_array(np.array([PHONES[4], "b"], dtype=object), "texts"),
        numpy_helper.from_array(np.array([int(PHONES[5]), 2]), "numbers"),
        numpy_helper.from_array(np.zeros(1), f"w{PHONES[6]}_{PHONES[6]}"),
    ]
    model = onnx.load_from_string(onnx_of(*tensors, nodes=nodes))
    model.doc_string = "exported from /home/zhangsan/project/train.py"
    model.graph.doc_string = f"call {PHONES[7]}"
    model.metadata_props.add(key="联系电话", value=PHONES[8])
    model.graph.input[0].doc_string = f"call {PHONES[9]}"
    measured = look(subject_of(tmp_path / "m", {"m.onnx": model.SerializeToString()}))
    digests = {o.digest for o in measured.occurrences}
    planted = [PHONES[i] for i in (0, 1, 2, 3, 4, 5, 7, 8, 9)] + ["zhangsan"]
    assert [value for value in planted if keyed_digest(value, KEY) not in digests] == []


def test_the_place_of_a_string_is_its_bytes(tmp_path):
    data = f"[PAD]\n{ID}\n".encode()
    measured = look(subject_of(tmp_path / "m", {"vocab.txt": data}))
    place = measured.occurrences[0].location
    assert data[place.byte_start : place.byte_end] == ID.encode()
    pickled = pickle.dumps({"v": {ID: 1}})
    place = look(subject_of(tmp_path / "p", {"v.pkl": pickled})).occurrences[0].location
    assert pickled[place.byte_start : place.byte_end] == ID.encode()
    assert place.pointer.startswith("opcode@")


def test_words_raise_no_alarm(tmp_path):
    words = ["工程师", "司机张三", "王师傅", "pump", "password", "user", "admin", "127.0.0.1", "192.168.1.7", "操作员李", "root",
             "1234567890", "v1.2.3.4", "2025-01-31", "A1B2C3D4E5F6", "6205-2RS", "DN150", "##ing", "▁phone", "email", "@"]  # fmt: skip
    assert found(tmp_path, "\n".join(words).encode(), "vocab.txt") == []
    assert found(tmp_path, pickle.dumps({word: index for index, word in enumerate(words)})) == []


def test_numbers_beside_each_other_in_a_list_are_no_telephone_number(tmp_path):
    lists = b"tree\nversion=v4\nleaf_count=6736 158 9853 3253\n158 9853 3253 17 4\n1,158 9853 3253,5,6\n"
    lists += b"leaf_value=0.4929456678901234 -0.6222021234567894 1.62220212345678941\n"
    assert found(tmp_path, lists) == []
    assert len(found(tmp_path, b"158 9853 3253\n13812345678, 5, 6, 7, 8\n")) == 2


def test_accounts_of_machines_are_nobody(tmp_path):
    paths = ["/home/runner/work/x", "/home/ubuntu/y", "C:\\Users\\Public\\z", "/Users/Shared/a", "/opt/conda/lib/python3.11", "/root/x",
             "/home/jovyan/b", "C:\\Users\\Administrator\\c", "https://x.test/home/page/"]  # fmt: skip
    assert found(tmp_path, "\n".join(paths).encode()) == []


def test_no_value_leaves_the_check(tmp_path):
    data = json.dumps(
        {"vocab": {PHONE: {"x": ID}, "/home/zhangsan/data/": 1}, PHONES[1]: [f"call {PHONES[2]}"]}
    ).encode()
    measured = look(subject_of(tmp_path / "m", {"tokenizer.json": data}))
    assert len(measured.occurrences) == 5
    text = repr(measured)
    assert [value for value in (PHONE, ID, "zhangsan", PHONES[1], PHONES[2]) if value in text] == []


def test_types_and_tiers_choose_what_counts(tmp_path):
    data = f"{ID}\n{PHONE}\n/home/zhangsan/x\n".encode()
    assert [kind for kind, _ in found(tmp_path, data)] == ["cn.resident-id", "cn.mobile", "user-name-in-path"]
    assert [kind for kind, _ in found(tmp_path, data, types=("cn.mobile",))] == ["cn.mobile"]
    assert [kind for kind, _ in found(tmp_path, data, min_tier="verified")] == ["cn.resident-id"]
    with pytest.raises(UnsupportedInputError):
        found(tmp_path, data, min_tier="sure")


def test_the_list_is_cut_and_the_count_is_not(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"vocab.txt": "\n".join(PHONES).encode()}), max_listed=10)
    assert len(measured.occurrences) == 10
    assert numbers(measured)["personal_strings"] == 400
    assert "data.note-listed" in [note.id for note in measured.notes]


def test_a_text_without_anything_is_clean(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"README.md": b"# A model\n"}))
    assert measured.occurrences == ()
    assert measured.artifacts[0].status is Status.CLEAN


def test_without_a_model_file_nothing_is_assessed():
    with pytest.raises(MissingInputError):
        look(Subject("s"))
    absent = Model("m", Role.MODEL, "m.pkl", absent=msg("artifact.absent", path="m.pkl"))
    with pytest.raises(MissingInputError):
        look(Subject("s", models=(absent,)))
    outcome = look(Subject("s", models=(Model("m", Role.MODEL, value=object()),)))
    assert isinstance(outcome, NotPerformed)


def test_it_measures_what_it_declares_and_says_how(tmp_path):
    measured = look(subject_of(tmp_path / "m", {"a": b"x\n"}))
    assert {name: value.unit for name, value in measured.measurements.items()} == dict(memorised.measures)
    assert set(memorised.doc) == {"what", "why", "how", "limits", "references"}
