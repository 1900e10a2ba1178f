"""Compressed text, databases and workbooks: the same values at row and column, and no harm from hostile ones."""

import gzip
import io
import math
import sqlite3
import zipfile

import corpus
import pytest
from data_scans import places, run_check, subject_of

from aigov_checks.data.pii import PiiParams, pii

LINES = corpus.mixed(13, 400, share=0.3)
TRUTH = sorted((index, *span) for index, line in enumerate(LINES) for span in line.spans)
PHONE = "13812345678"


def found(measured):
    return sorted((o.location.record, o.location.start, o.location.end, o.type) for o in measured.occurrences)


def is_open(measured):
    return measured.measurements["occurrences"].high == math.inf


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_compressed_text_has_the_same_places(scan, encoding):
    text = "\n".join(line.text for line in LINES)
    assert found(scan.pii(gzip.compress(text.encode(encoding)), "a.log.gz")) == TRUTH


def test_compressed_csv_and_jsonl_keep_records_and_columns(scan):
    assert places(scan.pii(gzip.compress(f"a,tel\n1,{PHONE}\n".encode()), "a.csv.gz")) == [
        ("cn.mobile", 0, 2, "tel", 0, 11)
    ]
    two = gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"tel": "%s"}\n' % PHONE.encode())
    assert places(scan.pii(two, "a.jsonl.gz")) == [("cn.mobile", 1, 2, "/tel", 0, 11)]


def test_a_truncated_gzip_keeps_what_was_found_and_opens_the_interval(scan):
    text = "".join(f"{i} tel {PHONE}\n" for i in range(20_000)).encode()
    measured = scan.pii(gzip.compress(text)[:-2000], "a.log.gz")
    assert measured.measurements["occurrences"].value > 0
    assert is_open(measured)
    assert measured.measurements["covered_share"].value == 0


def test_a_gzip_bomb_is_stopped_and_not_covered(scan, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.packed._ALWAYS", 1 << 20)
    measured = scan.pii(gzip.compress(bytes(b"a\n" * (8 << 20))), "a.log.gz")
    assert measured.artifacts[0].reason.id == "data.reason-bomb"
    assert is_open(measured)


def test_a_database_has_table_column_and_row(scan):
    path = scan.folder / "plant.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "shift log" (id INTEGER, note TEXT, 操作员 TEXT)')
        rows = [(index, line.text, "王建国" if index == 3 else None) for index, line in enumerate(LINES)]
        connection.executemany('INSERT INTO "shift log" VALUES (?, ?, ?)', rows)
    connection.close()
    measured = run_check(pii, subject_of(path), PiiParams())
    assert [
        (o.location.record, o.location.pointer) for o in measured.occurrences if "操作员" in o.location.pointer
    ] == [(3, "shift log/操作员")]
    assert [row for row in found(measured) if row != (3, 0, 3, "person-name")] == [
        row for row in TRUTH if row != (3, 0, 3, "person-name")
    ]


def test_a_database_with_bytes_or_huge_generated_values_is_not_called_clean(scan):
    path = scan.folder / "blob.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a (b BLOB)")
        connection.execute("INSERT INTO a VALUES (?)", (b"\xff\xfe\x00",))
    connection.close()
    assert is_open(run_check(pii, subject_of(path), PiiParams()))
    other = scan.folder / "generated.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE a (b TEXT, c AS (hex(zeroblob(100000000))))")
        connection.execute("INSERT INTO a (b) VALUES ('x')")
    connection.close()
    assert run_check(pii, subject_of(other), PiiParams()).artifacts[0].reason.id == "data.reason-damaged"


def workbook(rows, strings="", doctype=""):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/sharedStrings.xml", f'{doctype}<sst xmlns="{space}">{strings}</sst>')
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return stream.getvalue()


def test_a_workbook_has_sheet_column_and_row(scan):
    strings = "<si><t>操作员</t></si><si><r><t>王建</t></r><r><t>国</t></r></si>"
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>note</t></is></c></row>'
        '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2" t="str"><v>tel 13812345678</v></c></row>'
        f'<row r="3"><c r="B3"><v>{PHONE}</v></c></row>'
    )
    measured = scan.pii(workbook(rows, strings), "a.xlsx")
    assert [(o.type, o.location.record, o.location.pointer, o.location.start) for o in measured.occurrences] == [
        ("person-name", 1, "sheet1!A", 0),
        ("cn.mobile", 1, "sheet1!C", 4),
        ("cn.mobile", 2, "sheet1!B", 0),
    ]


def test_cells_without_an_address_follow_each_other(scan):
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c r='AB2'><v>3</v></c>" + f"<c><v>{PHONE}</v></c></row>"
    assert [(o.location.record, o.location.pointer) for o in scan.pii(workbook(rows), "a.xlsx").occurrences] == [
        (1, "sheet1!AC")
    ]


def test_entities_and_bombs_in_a_workbook_are_refused(scan):
    doctype = '<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert (
        scan.pii(workbook("", "<si><t>&b;</t></si>", doctype), "a.xlsx").artifacts[0].reason.id == "data.reason-damaged"
    )
    huge = "<si>" + f"<t>{'a' * 50_000}</t>" * 100 + "</si>"
    copies = "<row>" + '<c t="s"><v>0</v></c>' * 20_000 + "</row>"
    assert scan.pii(workbook(copies, huge), "c.xlsx").artifacts[0].reason.id == "data.reason-bomb"
    bomb = workbook("<row/>" * (4 << 20))
    assert scan.pii(bomb, "b.xlsx").artifacts[0].reason.id == "data.reason-bomb"
