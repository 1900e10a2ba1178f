"""The same records in every format, encoding and compression: the same values at the same record, place and offsets."""

import csv
import gzip
import io
import json
import math
import sqlite3

import corpus
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from data_scans import places, run_check, subject_of

from aigov_checks.data import files
from aigov_checks.data.pii import PiiParams, pii

LINES = corpus.mixed(17, 600, share=0.3)
TEXTS = [line.text for line in LINES]
TRUTH = sorted((index, *span) for index, line in enumerate(LINES) for span in line.spans)
PHONE = "13812345678"


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


def jsonl(escape=False):
    return "\n".join(json.dumps({"id": i, "note": text}, ensure_ascii=escape) for i, text in enumerate(TEXTS)).encode()


def as_csv(encoding="utf-8"):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("id", "note"), *enumerate(TEXTS)])
    return stream.getvalue().encode(encoding)


def columns():
    return pa.table({"id": list(range(len(TEXTS))), "note": TEXTS})


def as_file(write):
    def make(path):
        write(columns(), str(path))

    return make


def as_stream(path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, columns().schema) as writer:
        writer.write_table(columns(), max_chunksize=100)


def as_dictionary(path):
    table = columns().set_column(1, "note", columns()["note"].dictionary_encode())
    pq.write_table(table, path, row_group_size=150)


def as_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE log (id INTEGER, note TEXT)")
        connection.executemany("INSERT INTO log VALUES (?, ?)", enumerate(TEXTS))
    connection.close()


WRITERS = {
    "a.jsonl": lambda path: path.write_bytes(jsonl()),
    "escaped.jsonl": lambda path: path.write_bytes(jsonl(escape=True)),
    "a.jsonl.zst": lambda path: path.write_bytes(zstd(jsonl())),
    "two.jsonl.zst": lambda path: path.write_bytes(zstd(jsonl()[:1000]) + zstd(jsonl()[1000:])),
    "a.json.gz": lambda path: path.write_bytes(gzip.compress(b"[" + jsonl().replace(b"\n", b",") + b"]")),
    "a.json.zst": lambda path: path.write_bytes(zstd(b"[" + jsonl(escape=True).replace(b"\n", b",\n") + b"]")),
    "utf16.json": lambda path: path.write_bytes(("[" + jsonl().decode().replace("\n", ",") + "]").encode("utf-16")),
    "a.csv": lambda path: path.write_bytes(as_csv()),
    "windows.csv": lambda path: path.write_bytes(as_csv("gb18030")),
    "a.csv.zst": lambda path: path.write_bytes(zstd(as_csv())),
    "windows.csv.gz": lambda path: path.write_bytes(gzip.compress(as_csv("gb18030"))),
    "a.log": lambda path: path.write_text("\n".join(TEXTS)),
    "le.log": lambda path: path.write_bytes("\n".join(TEXTS).encode("utf-16-le")),
    "be.log": lambda path: path.write_bytes("\n".join(TEXTS).encode("utf-16-be")),
    "log.gz": lambda path: path.write_bytes(gzip.compress("\n".join(TEXTS).encode())),
    "a.parquet": as_file(pq.write_table),
    "dictionary.parquet": as_dictionary,
    "a.feather": as_file(pyarrow.feather.write_feather),
    "zstd.feather": as_file(lambda table, path: pyarrow.feather.write_feather(table, path, "zstd", chunksize=100)),
    "a.arrows": as_stream,
    "a.sqlite": as_database,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_has_the_same_occurrences(scan, name):
    path = scan.folder / name
    WRITERS[name](path)
    measured = run_check(pii, subject_of(path), PiiParams())
    found = [(o.location.record, o.location.start, o.location.end, o.type) for o in measured.occurrences]
    assert sorted(found) == TRUTH
    assert measured.measurements["records"].value == len(TEXTS)
    assert {(o.location.pointer or "note").rpartition("/")[2] for o in measured.occurrences} == {"note"}


def test_large_arrow_files_are_cut_into_units_with_the_same_result(scan, monkeypatch):
    path = scan.folder / "a.arrow"
    pyarrow.feather.write_feather(columns(), str(path), chunksize=50)
    monkeypatch.setattr("aigov_checks.data.arrow_file.RANGE", 4096)
    units = pii.parts.split(subject_of(path), PiiParams())
    assert len(units) > 2
    measured = run_check(pii, subject_of(path), PiiParams())
    assert sorted((o.location.record, o.location.start, o.location.end, o.type) for o in measured.occurrences) == TRUTH


def test_values_beside_each_other_in_arrow_are_never_glued(scan):
    path = scan.folder / "a.feather"
    pyarrow.feather.write_feather(pa.table({"a": ["138", "12345678", "13812", "345678"]}), str(path))
    assert run_check(pii, subject_of(path), PiiParams()).occurrences == ()


@pytest.mark.parametrize("cut", [40, 400, 4000])
@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.csv.zst", "a.feather", "a.arrows", "a.parquet", "a.json.gz"])
def test_a_truncated_file_is_never_called_clean(scan, name, cut):
    path = scan.folder / name
    WRITERS[name](path)
    path.write_bytes(path.read_bytes()[:-cut])
    measured = run_check(pii, subject_of(path), PiiParams())
    assert measured.artifacts[0].status.value in {"not-covered", "suspicious"}
    assert measured.measurements["occurrences"].high == math.inf


def test_arrow_with_offsets_outside_its_buffers_is_refused(scan):
    path = scan.folder / "hostile.feather"
    pyarrow.feather.write_feather(pa.table({"note": TEXTS}), str(path), "uncompressed")
    content = path.read_bytes()
    offsets = pa.array(TEXTS).buffers()[1].to_pybytes()[: 4 * len(TEXTS)]
    assert offsets in content
    path.write_bytes(content.replace(offsets[400:500], b"\xff\xff\xff\x7f" * 25, 1))
    measured = run_check(pii, subject_of(path), PiiParams())
    assert measured.artifacts[0].reason.id == "data.reason-damaged"


def test_a_zstd_bomb_is_stopped_and_opens_the_interval(scan, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.packed._ALWAYS", 1 << 20)
    measured = scan.pii(zstd(b"a\n" * (16 << 20)), "a.log.zst")
    assert measured.artifacts[0].reason.id == "data.reason-bomb"
    assert measured.measurements["occurrences"].high == math.inf


def test_a_packed_document_that_is_too_large_is_scanned_as_text(scan, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.scan_documents.LARGEST", 10_000)
    content = json.dumps([{"id": i, "tel": PHONE if i == 900 else ""} for i in range(1000)]).replace("},", "},\n")
    measured = scan.pii(gzip.compress(content.encode()), "a.json.gz")
    assert [(o.type, o.location.line) for o in measured.occurrences] == [("cn.mobile", 901)]
    assert any(note.id == "data.note-bad-json" for note in measured.notes)


def test_text_in_gzip_without_a_telling_name_is_read_and_archives_are_not(scan):
    assert files.format_of(scan.write("x.gz", gzip.compress(b"plain text\n")), "x.gz") == "text.gz"
    tar = gzip.compress(b"member" + bytes(506))
    assert files.format_of(scan.write("x.tgz", tar), "x.tgz") == "gzip"


def test_a_chinese_windows_export_has_row_and_column(scan):
    content = '工号,操作员,电话\r\n0071,王建国,13812345678\r\n0072,李芳,"0512-65001234"\r\n'.encode("gb18030")
    assert places(scan.pii(content, "export.csv")) == [
        ("employee-id", 0, 2, "工号", 0, 4),
        ("person-name", 0, 2, "操作员", 0, 3),
        ("cn.mobile", 0, 2, "电话", 0, 11),
        ("employee-id", 1, 3, "工号", 0, 4),
        ("person-name", 1, 3, "操作员", 0, 2),
        ("cn.landline", 1, 3, "电话", 0, 13),
    ]
