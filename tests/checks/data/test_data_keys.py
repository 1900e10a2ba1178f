"""Keys of JSON that are data: found, placed, said to be keys, never shown, and replaced so that they stay apart."""

import json
import time

import pytest
from data_scans import file_of, places, run_check, subject_of
from test_data_engines import result
from test_data_redact import clean, cleaning, found_in

from aigov import say
from aigov.redact import keyed_digest
from aigov_checks.data.pii import PiiParams, pii

PHONE, MAIL, SECRET = "13812345678", "zhang.wei@plant.cn", "AKIAQ3EGRXL7MUWYV5ZN"
ID = "11010519491231002X"
FIELDS = [
    "phone", "Serial No.", "Operator Name", "Contact Person", "Driver License Number", "Customer: Name", "Password (hashed)",
    "API key: required", "操作员姓名", "联系人方式", "负责人明细", "司机（备用）", "张力", "高度", "车牌号", "db.password", "192.168.1.10",
    "1.3.6.1.4.1", "ns=2;s=Channel1.Device1.Tag1", "2025-01-31 12:00:00", "550e8400-e29b-41d4-a716-446655440000", "1700000000000",
]  # fmt: skip


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_value_that_is_a_key_is_found_where_it_stands(scan, name):
    rows = [{"a": {PHONE: {"n": 1}}}, {"b": 1, MAIL: None}, [{"c": [{ID: PHONE}]}]]
    text = "\n".join(map(json.dumps, rows))
    text = text if name == "a.jsonl" else "[" + text.replace("\n", ",\n") + "]"
    measured = scan.pii(text, name)
    assert places(measured) == [
        ("cn.mobile", 0, 1, "/a/***********", 0, 11),
        ("email", 1, 2, "/******************", 0, 18),
        ("cn.resident-id", 2, 3, "/0/c/0/******************", 0, 18),
        ("cn.mobile", 2, 3, "/0/c/0/******************", 0, 11),
    ]
    for occurrence, value in zip(measured.occurrences, (PHONE, MAIL, ID, PHONE), strict=True):
        place = occurrence.location
        assert text.encode()[place.byte_start : place.byte_end] == value.encode()
        assert occurrence.digest == keyed_digest(value, bytes(range(32)))
    said = [say(o.message, "en").rpartition(":")[0] for o in measured.occurrences]
    assert said == [*["Personal data in a key of JSON"] * 3, "Personal data"]
    assert "键名" in say(measured.occurrences[0].message, "zh-CN")


def test_an_escaped_key_and_keys_that_stand_twice_are_found(scan):
    text = f'{{"\\u0031\\u0033812345678": 1, "{PHONE}": 2, "{PHONE}": 3}}'
    measured = scan.pii(text, "a.jsonl")
    assert [(o.type, o.location.byte_start) for o in measured.occurrences] == [
        ("cn.mobile", None), ("cn.mobile", 30), ("cn.mobile", 48)
    ]  # fmt: skip


def test_columns_of_keys_that_are_data_are_one(scan):
    measured = scan.pii(
        "".join(json.dumps({"of": {f"1381234{i:04}": {"s": PHONE}}}) + "\n" for i in range(20)), "a.jsonl"
    )
    assert [str(row[0].args["value"]) for row in measured.tables[0].rows] == ["/of/*", "/of/*/s"]


def test_secrets_and_names_in_keys_do_not_show_in_pointers(scan):
    rows = [
        {SECRET: {"tel": PHONE}},
        {"操作员：王建国": {"tel": PHONE}},
        {"A123456(3)": PHONE},
        {f"x/{MAIL}~y": [PHONE]},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for measured in (
        scan.pii(text, "a.jsonl"),
        scan.secrets(text, "a.jsonl"),
        scan.pii(f"[{','.join(text.splitlines())}]", "a.json"),
    ):
        assert [value for value in (SECRET, PHONE, "王建国", "A123456", MAIL) if value in repr(measured)] == []
    assert [o.location.pointer for o in scan.secrets(text, "a.jsonl").occurrences] == ["/" + "*" * 20]
    twice = scan.secrets(json.dumps({"password=Tr0ub4dor&3x is Tr0ub4dor&3x": 1}), "a.jsonl")
    assert len(twice.occurrences) == 1
    assert "Tr0ub4dor" not in repr(twice)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_names_of_fields_are_no_values(scan, name):
    text = json.dumps({field: {field: 1} for field in FIELDS}, ensure_ascii=False)
    assert places(scan.pii(text, name)) == []
    assert places(scan.secrets(text, name)) == []


def test_both_engines_see_the_same_keys(tmp_path):
    path = tmp_path / "a"
    keys = [
        PHONE,
        "１３８１２３４５６７８",
        MAIL,
        f"tel {PHONE}, {ID}",
        "\u200b13812345678",
        f"a\n{PHONE}",
        "\ud83d",
        "é" + PHONE,
        SECRET,
    ]
    rows = [{key: {"x": 1, "y": key}} for key in keys for _ in range(3)]
    path.write_text(
        "\n".join(json.dumps(row, ensure_ascii=i % 2 == 0 or "\ud83d" in row) for i, row in enumerate(rows))
    )
    for family in ("pii", "secrets"):
        for shape in ("jsonl", "json"):
            left, right = (result(path, shape, family, engine) for engine in ("vectorscan", "re"))
            assert left == right
            assert {row["key"] for row in left["occurrences"]} == {True, False}


@pytest.mark.parametrize("method", ["mask", "drop", "pseudonym", "fake"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_replaced_keys_stay_apart_and_nothing_is_found_again(tmp_path, method, name):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    rows = [{"of": {f"1381234{i:04}": {"n": i, "tel": PHONE}}, f"key {MAIL}": i} for i in range(30)]
    shared = {f"1381234{i:04}": i for i in range(30)}
    documents = [*rows, shared, {"note": " ok ", "w\\u0031": 1.50}]
    path.write_text("\n".join(map(json.dumps, documents)) if name == "a.jsonl" else json.dumps(documents))
    assert len(found_in(path)) == 120
    target, done = clean(path, tmp_path, cleaning(method))
    assert found_in(target) == []
    text = target.read_text()
    made = [json.loads(line) for line in text.splitlines()] if name == "a.jsonl" else json.loads(text)
    assert len(made[30]) == 30
    assert list(made[30].values()) == list(range(30))
    assert [next(iter(row["of"])) for row in made[:30]] == list(made[30])  # equal keys stay equal
    assert made[31] == documents[31]
    used = {type_: set(methods) for type_, methods in done.values.items()}
    assert used["email"] == {"pseudonym"}
    assert used["cn.mobile"] == {"pseudonym", method}


def test_only_the_key_changes(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.jsonl"
    path.write_bytes(b'{ "\\u0061 13812345678 \\/b"\t: {"13812345678x1":1.50 , "ok":"\\u6cf5"}}\r\n')
    target, _ = clean(path, tmp_path)
    left, _, rest = target.read_bytes().partition(b"[cn.mobile/")
    assert left == b'{ "\\u0061 '
    assert rest[16:] == b'] \\/b"\t: {"13812345678x1":1.50 , "ok":"\\u6cf5"}}\r\n'


HOSTILE = {
    "deep": b'{"13812345678":' * 5000,
    "deep and closed": b'{"13812345678":' * 300 + b"1" + b"}" * 300,
    "long": b'{"' + b"k" * (1 << 20) + b'": 1, "13812345678": 2}',
    "no value": b'{"13812345678"}',
    "no colon": b'{"13812345678" 1}',
    "half a pair": b'{"\\ud83d 13812345678": 1}',
    "no text": b'{"\xff\xfe 13812345678": 1}',
    "cut": b'{"a": 1, "13812345678": ',
    "bad escape": b'{"\\x31 13812345678": 1}',
    "control": b'{"a\x01 13812345678": 1}',
}


@pytest.mark.parametrize("shape", ["jsonl", "json"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_keys_hide_nothing(scan, name, shape):
    measured = scan.pii(HOSTILE[name], f"a.{shape}")
    assert "cn.mobile" in {o.type for o in measured.occurrences}
    assert "13812345678" not in repr(measured)


@pytest.mark.parametrize("shape", ["jsonl", "json"])
def test_keys_that_all_differ_take_no_longer_than_values_that_do(scan, shape):
    def seconds(row):
        text = "\n".join(json.dumps(row(i)) for i in range(30_000))
        path = scan.write(f"a.{shape}", text if shape == "jsonl" else "[" + text.replace("\n", ",") + "]")
        begin = time.process_time()
        run_check(pii, subject_of(path), PiiParams())
        return time.process_time() - begin

    seconds(lambda i: {"k": "138"})
    assert (
        seconds(lambda i: {f"k-{i:09}-x 10.0.0.1": None}) < 4 * seconds(lambda i: {"k": f"k-{i:09}-x 10.0.0.1"}) + 0.5
    )


def test_undecodable_keys_open_the_count(scan):
    for name, text in (("a.jsonl", b'{"\xff": 1}\n'), ("a.json", b'{"\xff": 1}')):
        assert scan.pii(text, name).measurements["occurrences"].limits
        assert file_of(scan.write(name, text)).size == len(text)
