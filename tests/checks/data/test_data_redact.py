"""`aigov redact`: in the copy nothing is found any more, and everything else is there to the byte."""

import gzip
import json
import sqlite3
import zipfile

import planted
import pytest
from data_scans import file_of, run_check, subject_of

from aigov import FrozenMap
from aigov.cleaning import Cleaning, Method
from aigov_checks.data import packed
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.redact import REDACTOR
from aigov_checks.data.secrets import SecretsParams, secrets

LINES = planted.planted()
TEXTS = planted.texts_of(LINES)
VALUES = planted.values_of(LINES)
KEY = bytes(range(32))


def cleaning(default="mask", **methods):
    return Cleaning(Method(default), FrozenMap({k.replace("_", "."): Method(v) for k, v in methods.items()}), KEY)


def clean(path, folder, how=None):
    target = folder / path.name
    done = REDACTOR.clean(file_of(path), target, how or cleaning())
    assert done.left_out is None, (path.name, done.left_out)
    return target, done


def found_in(path):
    return [
        (o.type, o.masked, o.location.record)
        for check, params in ((pii, PiiParams()), (secrets, SecretsParams()))
        for o in run_check(check, subject_of(path), params).occurrences
    ]


def content_of(path):
    """Return every byte of a file and of what is packed in it."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data += gzip.decompress(data)
    if path.suffix == ".zst":
        data += b"".join(packed.chunks(path))
    if path.suffix in {".arrows", ".feather"}:
        from pyarrow import ipc

        with path.open("rb") as stream:
            table = (ipc.open_file if path.suffix == ".feather" else ipc.open_stream)(stream).read_all()
        data += json.dumps(table.to_pylist(), ensure_ascii=False).encode()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            data += b"".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".parquet":
        import pyarrow.parquet

        data += json.dumps(pyarrow.parquet.read_table(path).to_pylist(), ensure_ascii=False).encode()
    return data


def shapes(value):
    """Return a value as it may be written in a file."""
    escaped = json.dumps(value)[1:-1].encode()
    return {value.encode(), value.encode("utf-16-le"), value.encode("gb18030"), escaped, value.encode("utf-16-be")}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return planted.write_all(tmp_path_factory.mktemp("sources"), TEXTS)


@pytest.mark.parametrize("method", list(Method))
def test_nothing_is_found_in_a_copy_of_any_format(sources, tmp_path, method):
    for path in sources:
        assert found_in(path), path.name
        target, done = clean(path, tmp_path, cleaning(method.value))
        assert done.total > 50, path.name
        assert done.again <= done.total // 8, path.name  # what new words make of their neighbours
        assert found_in(target) == [], path.name


def test_no_planted_value_is_left_anywhere_in_a_copy(sources, tmp_path):
    detected = [value for value in VALUES if value != planted.KEY]
    for path in sources:
        target, _ = clean(path, tmp_path)
        content = content_of(target)
        left = [value for value in detected if any(shape in content for shape in shapes(value))]
        assert left == [], path.name


@pytest.mark.parametrize("name", ["rows.jsonl", "escaped.jsonl", "table.csv", "chinese.csv", "quoted.tsv", "wide.txt"])
def test_lines_without_a_value_stay_as_they_are(sources, tmp_path, name):
    from aigov_checks.data.encoding import encoding_of

    path = next(path for path in sources if path.name == name)
    target, _ = clean(path, tmp_path)
    encoding = encoding_of(path)
    before, after = (p.read_bytes().decode(encoding).split("\n") for p in (path, target))
    assert path.read_bytes()[:2] == target.read_bytes()[:2]
    assert len(before) - len(after) in {0, 2}  # the lines of a private key become one
    if len(before) == len(after):
        same = sum(a == b for a, b in zip(before, after, strict=True))
        assert 0 < same < len(before)


def test_a_file_without_values_is_copied_byte_for_byte(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.jsonl"
    path.write_bytes(b'{"a" : 1,\t"b":"\\u6cf5 ok"}\r\n\r\n{"a":2}')
    target, done = clean(path, tmp_path)
    assert target.read_bytes() == path.read_bytes()
    assert done.total == 0


def test_escapes_and_spaces_around_a_value_stay(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.jsonl"
    path.write_bytes(
        b'{ "n" : "\\u7535\\/\\u8bdd 1381234\\u0035678 \\ud83d\\ude00!" , "p":13812345678 ,"q" : [ 1.50 ] }\r\n'
    )
    target, done = clean(path, tmp_path)
    assert (
        target.read_bytes()
        == b'{ "n" : "\\u7535\\/\\u8bdd 138******** \\ud83d\\ude00!" , "p":"138********" ,"q" : [ 1.50 ] }\r\n'
    )
    assert done.values == {"cn.mobile": {"mask": 2}}


def test_a_number_stays_a_number_where_it_can(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.jsonl"
    path.write_bytes(b'{"phone": 13812345678}\n')
    fake = json.loads(clean(path, tmp_path, cleaning("fake"))[0].read_bytes())["phone"]
    assert isinstance(fake, int)
    assert str(fake).startswith("12")
    (tmp_path / "a.jsonl").unlink()
    assert clean(path, tmp_path, cleaning("drop"))[0].read_bytes() == b'{"phone": null}\n'


def test_quotes_of_csv_stay_and_are_added_where_a_value_needs_them(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.csv"
    path.write_bytes('a,联系人,b\r\n"x ""y""",张伟,"tel 13812345678, ""now"""\r\n1,,2\r\n'.encode())
    target, _ = clean(path, tmp_path)
    assert target.read_bytes() == 'a,联系人,b\r\n"x ""y""",**,"tel 138********, ""now"""\r\n1,,2\r\n'.encode()


def test_pseudonyms_keep_joins_and_fakes_keep_check_digits(tmp_path):
    from aigov_checks.data.validators import luhn, resident_id

    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.csv"
    path.write_bytes("手机,再拨\n138-1234-5678,+86 13812345678\n13912345678,13812345678\n".encode())
    target, _ = clean(path, tmp_path, cleaning("pseudonym"))
    rows = [line.split(",") for line in target.read_text(encoding="utf-8").splitlines()[1:]]
    assert rows[0][0] == rows[1][1] != rows[1][0]
    one, two = tmp_path / "in/b.txt", tmp_path / "in/c.txt"
    one.write_text("身份证11010519491231002X 卡号6228480402564890018", encoding="utf-8")
    two.write_text("身份证：11010519491231002X", encoding="utf-8")
    text = clean(one, tmp_path, cleaning("fake"))[0].read_text(encoding="utf-8")
    number, card = text[3:21], text.rpartition("卡号")[2]
    assert number in clean(two, tmp_path, cleaning("fake"))[0].read_text(encoding="utf-8")
    assert not resident_id(number.encode())  # no such province
    assert resident_id(_with_province(number)), "the check digit holds all the same"
    assert len(card) == 19
    assert luhn(card.encode())


def _with_province(number):
    """Return the number in a province that exists, its check digit moved by the same amount."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    assert "10X98765432"[total % 11] == number[17]
    moved = "21" + number[2:17]
    return (moved + "10X98765432"[sum(int(d) * w for d, w in zip(moved, weights, strict=True)) % 11]).encode()


def test_a_method_for_one_type_leaves_the_others(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.txt"
    path.write_text("电话13812345678 身份证11010519491231002X", encoding="utf-8")
    target, done = clean(path, tmp_path, cleaning("mask", cn_mobile="drop"))
    assert target.read_text(encoding="utf-8") == "电话 身份证110105************"
    assert done.values == {"cn.mobile": {"drop": 1}, "cn.resident-id": {"mask": 1}}


def test_parquet_keeps_schema_row_groups_and_metadata(sources, tmp_path):
    import pyarrow.parquet

    path = next(path for path in sources if path.suffix == ".parquet")
    target, _ = clean(path, tmp_path)
    before, after = pyarrow.parquet.ParquetFile(path), pyarrow.parquet.ParquetFile(target)
    assert before.schema_arrow.equals(after.schema_arrow, check_metadata=True)
    assert before.num_row_groups == after.num_row_groups
    assert before.metadata.row_group(0).column(1).compression == after.metadata.row_group(0).column(1).compression
    assert before.read(["id"]).equals(after.read(["id"]))
    assert after.read(["phone"]).column(0).null_count == before.metadata.num_rows  # text cannot stand in a number


def test_a_database_keeps_kinds_of_values_and_runs_no_trigger(sources, tmp_path):
    path = next(path for path in sources if path.suffix == ".sqlite")
    target, _ = clean(path, tmp_path)
    with sqlite3.connect(target) as connection:
        kinds = connection.execute('SELECT DISTINCT typeof(note), typeof(raw) FROM "shift log"').fetchall()
    connection.close()
    assert kinds == [("text", "blob")]
    (tmp_path / "in").mkdir()
    armed = tmp_path / "in/armed.sqlite"
    with sqlite3.connect(armed) as connection:
        connection.execute("CREATE TABLE a (b TEXT)")
        connection.execute("CREATE TABLE log (old TEXT)")
        connection.execute("INSERT INTO a VALUES ('13812345678')")
        connection.execute("CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO log VALUES (old.b); END")
    connection.close()
    done = REDACTOR.clean(file_of(armed), tmp_path / "armed.sqlite", cleaning())
    assert done.left_out.id == "redact.not-written"
    assert not (tmp_path / "armed.sqlite").exists()


def test_a_workbook_keeps_styles_and_other_parts(sources, tmp_path):
    path = next(path for path in sources if path.suffix == ".xlsx")
    target, _ = clean(path, tmp_path)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(target) as after:
        assert before.namelist() == after.namelist()
        assert before.read("[Content_Types].xml") == after.read("[Content_Types].xml")
        sheet = after.read("xl/worksheets/sheet1.xml")
    assert b's="3"' in sheet


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bin", b"\x00\x01\x02" * 99, "data.reason-binary"),
        ("a.txt", "电话13812345678".encode() + b"\n\xff\xfe\xff bad\n", "redact.not-read"),
        ("a.log.gz", gzip.compress(b"tel 13812345678\n" * 9999)[:-40], "redact.not-read"),
        ("a.parquet", b"PAR1 broken", "data.reason-damaged"),
        ("a.zip", b"PK\x03\x04 13812345678", "data.reason-format"),
    ],
)
def test_what_cannot_be_read_in_full_is_left_out(tmp_path, name, content, reason):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    path.write_bytes(content)
    done = REDACTOR.clean(file_of(path), tmp_path / name, cleaning())
    assert done.left_out.id == reason
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_arrays_with_values_are_left_out_and_others_copied(tmp_path):
    import numpy as np

    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in/a.npy", np.array(["tel 13812345678"]))
    np.save(tmp_path / "in/b.npy", np.zeros(3))
    assert (
        REDACTOR.clean(file_of(tmp_path / "in/a.npy"), tmp_path / "a.npy", cleaning()).left_out.id == "redact.no-writer"
    )
    assert clean(tmp_path / "in/b.npy", tmp_path)[0].read_bytes() == (tmp_path / "in/b.npy").read_bytes()


def hostile_deep(path):
    path.write_bytes(b'{"a":' * 5000 + b'"tel 13812345678"' + b"}" * 5000)


def hostile_without_row_ids(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute("INSERT INTO a VALUES ('13812345678')")
    connection.close()


def hostile_unique(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b TEXT UNIQUE)")
        connection.executemany("INSERT INTO a VALUES (?)", [("13812345678",), ("13812345679",)])
    connection.close()


def hostile_no_nulls(path):
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([pa.field("phone", pa.int64(), nullable=False)])
    parquet.write_table(pa.table({"phone": [13812345678]}, schema=schema), path)


def hostile_entities(path):
    from test_data_containers import workbook

    doctype = '<!DOCTYPE sst [<!ENTITY a "13812345678">]>'
    path.write_bytes(workbook("", "<si><t>&a;</t></si>", doctype))


MUSEUM = {
    "deep.json": (hostile_deep, "redact.not-written"),
    "without-row-ids.sqlite": (hostile_without_row_ids, "redact.not-written"),
    "unique.sqlite": (hostile_unique, "redact.not-written"),
    "no-nulls.parquet": (hostile_no_nulls, "redact.not-written"),
    "entities.xlsx": (hostile_entities, "data.reason-damaged"),
}


@pytest.mark.parametrize("name", MUSEUM)
def test_what_cannot_hold_the_replacement_is_left_out_and_nothing_stays_behind(tmp_path, name):
    make, reason = MUSEUM[name]
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    make(path)
    before = path.read_bytes()
    done = REDACTOR.clean(file_of(path), tmp_path / name, cleaning())
    assert done.left_out is not None
    assert done.left_out.id == reason
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    assert [p.name for p in path.parent.iterdir()] == [name]
    assert path.read_bytes() == before


def test_lines_too_long_to_be_parsed_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.blocks.LONGEST_LINE", 8192)
    monkeypatch.setattr("aigov_checks.data.blocks.BLOCK", 4096)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.jsonl"
    path.write_bytes(b'{"a": "' + b"x " * 9000 + b' tel 13812345678"}\n')
    assert REDACTOR.clean(file_of(path), tmp_path / "a.jsonl", cleaning()).left_out.id == "redact.long-line"
