"""Broken, hostile and missing input is counted and reported; it never crashes and never hides a value."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_scans import places, run_check, subject_of

from aigov import (
    Dataset,
    MissingExtraError,
    MissingInputError,
    NotPerformed,
    Part,
    Role,
    Subject,
    UnsupportedInputError,
    msg,
)
from aigov.model import File
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.recognise import Recogniser
from aigov_checks.data.secrets import SecretsParams, secrets

sys.path.insert(0, str(Path(__file__).parent / "museum"))
import hostile_lines

PHONE = "13812345678"


def is_open(measured):
    return measured.measurements["occurrences"].high == math.inf and measured.measurements["occurrences"].limits


def test_a_line_that_is_no_json_is_counted_and_scanned_as_text(scan):
    measured = scan.pii('{"a": "x"}\n{"a": "tel 13812345678", \n{"a": "\\u0074el ' + PHONE + '"\n', "a.jsonl")
    assert places(measured) == [("cn.mobile", 1, 2, None, 11, 22), ("cn.mobile", 2, 3, None, 16, 27)]
    assert [(n.id, n.args["count"]) for n in measured.notes if "json" in n.id] == [("data.note-bad-json", 2)]
    assert measured.measurements["records"].value == 3
    assert not is_open(measured)


def test_escapes_in_broken_json_hide_nothing(scan):
    measured = scan.pii('{"a": "\\u0031\\u00338 1234 5678"', "a.jsonl")
    assert places(measured) == [("cn.mobile", 0, 1, None, 7, 30)]


def test_json_nested_a_hundred_thousand_deep_is_scanned_as_text(scan):
    deep = "[" * 100_000 + f'"{PHONE}"' + "]" * 100_000
    for name in ("a.jsonl", "a.json"):
        measured = scan.pii(deep, name)
        assert [o.location.start for o in measured.occurrences] == [100_001]
        assert any(note.id == "data.note-bad-json" for note in measured.notes)


def test_undecodable_bytes_are_counted_and_open_the_interval(scan):
    measured = scan.pii(b"ok\nbad \xff\xfe tel " + PHONE.encode() + b"\n", "a.log")
    assert places(measured) == [("cn.mobile", 1, 2, None, 11, 22)]
    assert is_open(measured)
    assert measured.measurements["records_affected"].high == math.inf


def test_undecodable_bytes_in_a_json_document_open_the_interval(scan):
    assert is_open(scan.pii(b'["bad \xff"]', "a.json"))


def test_undecodable_bytes_without_a_hit_are_not_called_clean(scan):
    measured = scan.pii(b"bad \xff\xfe bytes\n", "a.log")
    assert measured.artifacts[0].status.value == "not-covered"
    assert measured.artifacts[0].reason.id == "data.reason-partly"


def test_ragged_rows_and_a_quote_that_never_closes_lose_nothing(scan):
    measured = scan.pii(f'a,b\n1\n1,2,{PHONE}\n"open,{PHONE}\nx,y\n', "a.csv")
    assert [(o.location.record, o.location.pointer) for o in measured.occurrences] == [(1, "2"), (2, "a")]


def test_a_quote_in_the_middle_of_a_cell_is_a_character(scan):
    measured = scan.pii(f'size,tel\n5" pipe,{PHONE}\n6" pipe,{PHONE}\n', "a.csv")
    assert [(o.location.record, o.location.pointer) for o in measured.occurrences] == [(0, "tel"), (1, "tel")]


def test_a_truncated_parquet_is_not_covered(scan):
    path = scan.folder / "a.parquet"
    pq.write_table(pa.table({"a": [PHONE] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    measured = run_check(pii, subject_of(path), PiiParams())
    assert measured.artifacts[0].reason.id == "data.reason-damaged"
    assert measured.measurements["files_not_covered"].value == 1
    assert is_open(measured)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bin", bytes(range(256)) * 10, "data.reason-binary"),
        ("a.csv.gz", b"\x1f\x8b" + bytes(50), "data.reason-damaged"),
        ("a.tar.gz", b"\x1f\x8b" + bytes(50), "data.reason-format"),
        ("a.db", b"SQLite format 3\0" + bytes(90), "data.reason-damaged"),
        ("a.xlsx", b"PK\x03\x04broken", "data.reason-damaged"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "data.reason-format"),
        ("a.txt", "tel 1".encode("utf-32-le") * 50, "data.reason-binary"),
        ("a.npz", b"PK\x03\x04broken", "data.reason-damaged"),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff{", "data.reason-damaged"),
    ],
)
def test_what_cannot_be_read_is_not_covered_and_says_so(scan, name, content, reason):
    for measured in (scan.pii(content, name), scan.secrets(content, name)):
        assert [(a.status.value, a.reason.id) for a in measured.artifacts] == [("not-covered", reason)]
        assert measured.measurements["covered_share"].value == 0
        assert is_open(measured)


def test_object_arrays_are_never_unpickled(scan):
    np.savez(scan.folder / "o.npz", x=np.array([{"a": 1}], dtype=object), y=np.zeros(3))
    measured = run_check(pii, subject_of(scan.folder / "o.npz"), PiiParams())
    assert measured.artifacts[0].reason.id == "data.reason-objects"


def test_nul_bytes_hide_nothing(scan):
    measured = scan.pii("pad " * 50 + "tel 138\x00123\x0045678\n")
    assert [o.type for o in measured.occurrences] == ["cn.mobile"]


def test_a_path_with_spaces_and_chinese_characters_is_reported_as_named(scan):
    measured = scan.pii(f"tel {PHONE}", "维修 记录/日 志.txt")
    assert measured.occurrences[0].location.path == "日 志.txt"


def test_a_symbolic_link_loop_is_not_covered(scan):
    loop = scan.folder / "loop.txt"
    loop.symlink_to(loop)
    subject = Subject("s", datasets=(Dataset("d", Role.DATASET, found=(File(loop, "loop.txt", 0, "00"),)),))
    measured = run_check(pii, subject, PiiParams())
    assert measured.artifacts[0].reason.id == "data.reason-unreadable"


def test_empty_and_missing_data_sets_are_not_assessed(scan):
    empty = run_check(pii, subject_of(scan.write("a.csv", "")), PiiParams())
    assert isinstance(empty, NotPerformed)
    assert isinstance(run_check(secrets, subject_of(scan.write("b.jsonl", "\n\n")), SecretsParams()), NotPerformed)
    with pytest.raises(MissingInputError):
        run_check(pii, Subject("s"), PiiParams())
    absent = Dataset("d", Role.DATASET, absent=msg("artifact.missing"))
    with pytest.raises(MissingInputError):
        run_check(pii, Subject("s", datasets=(absent,)), PiiParams())


def test_bad_parameters_say_what_is_known(scan):
    with pytest.raises(UnsupportedInputError):
        scan.pii("x", min_tier="sure")
    with pytest.raises(UnsupportedInputError):
        scan.pii("x", presidio=("NO_SUCH_ENTITY",))


def test_without_presidio_the_check_names_the_extra_and_without_the_wish_it_runs(scan, monkeypatch):
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError):
        scan.pii(f"tel {PHONE}")
    measured = scan.pii(f"tel {PHONE}", presidio=())
    assert measured.facts["engine"] == "re"
    assert [o.type for o in measured.occurrences] == ["cn.mobile"]
    assert scan.secrets("password=Xk9$mPq2vL").measurements["occurrences"].value == 1


def test_a_line_longer_than_a_block_is_scanned_in_pieces_with_right_offsets(scan, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.blocks.BLOCK", 20_000)
    monkeypatch.setattr("aigov_checks.data.blocks.LONGEST_LINE", 50_000)
    text = "时间 " * 40_000 + f"tel {PHONE} " + "end " * 30_000
    measured = scan.pii(f"first\n{text}\ntel {PHONE}\n")
    start = text.index(PHONE)
    assert places(measured) == [("cn.mobile", 1, 2, None, start, start + 11), ("cn.mobile", 2, 3, None, 4, 15)]
    assert measured.measurements["records"].value == 3


def test_ragged_rows_are_counted(scan):
    measured = scan.pii(f"a,b\n1\n1,2,{PHONE}\n{PHONE}\n1,{PHONE}\n", "a.csv")
    assert [(o.location.record, o.location.pointer) for o in measured.occurrences] == [(1, "2"), (2, "a"), (3, "b")]
    assert [(n.id, n.args["count"]) for n in measured.notes if "ragged" in n.id] == [("data.note-ragged", 2)]


def test_a_last_row_without_a_newline_keeps_its_quoted_newlines(scan):
    measured = scan.pii(f'a,b\n1,"x\ny {PHONE}"', "a.csv")
    assert places(measured) == [("cn.mobile", 0, 3, "b", 4, 15)]
    assert measured.measurements["records"].value == 1


def test_encodings_that_change_in_the_middle_are_counted_and_located(scan):
    lines = [f"电话 {PHONE} 一".encode("utf-8" if index % 3 else "gb18030") for index in range(30)]
    measured = scan.pii(b"\n".join(lines), "a.log")
    assert [o.location.line for o in measured.occurrences] == list(range(1, 31))
    assert [(n.id, n.args["count"]) for n in measured.notes if "undecodable" in n.id] == [("data.note-undecodable", 10)]
    assert is_open(measured)


@pytest.mark.parametrize("name", ["a.log", "a.jsonl", "a.csv", "a.json"])
@pytest.mark.parametrize("change", ["grows", "shrinks"])
def test_a_file_that_changes_while_it_is_read_is_not_called_clean(scan, name, change):
    content = "".join(f'{{"a": "row {index}"}}\n' for index in range(1000))
    path = scan.write(name, content)
    params = PiiParams()
    subject = subject_of(path)
    units = pii.parts.split(subject, params)
    path.write_text(content + "more\n" if change == "grows" else content[:500])
    measured = pii.parts.combine(subject, params, [Part(unit, pii.parts.unit(unit, params)) for unit in units])
    assert measured.artifacts[0].status.value == "not-covered"
    assert measured.artifacts[0].reason.id == "data.reason-changed"
    assert is_open(measured)


def test_a_zstd_frame_that_asks_for_two_gigabytes_of_memory_is_damaged(scan):
    window = (31 - 10) << 3
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([window]) + (1 | 5 << 3).to_bytes(3, "little") + b"hello"
    measured = scan.pii(frame, "a.log.zst")
    assert measured.artifacts[0].reason.id == "data.reason-damaged"


def test_a_line_of_a_hundred_megabytes_is_scanned_in_bounded_memory(scan):
    path = scan.folder / "a.log"
    line = b"pump 81 C, " * 95_000
    with path.open("wb") as stream:
        for _ in range(100):
            stream.write(line)
        stream.write(f"tel {PHONE}\nend\n".encode())
    code = (
        "import resource, sys; from pathlib import Path; from aigov import Dataset, Role, Subject\n"
        "from aigov.model import File; from aigov_checks.data.pii import PiiParams, pii\n"
        "path = Path(sys.argv[1]); file = File(path, path.name, path.stat().st_size, '00')\n"
        "subject = Subject('s', datasets=(Dataset('d', Role.DATASET, found=(file,)),))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = [pii.parts.unit(unit, PiiParams()) for unit in pii.parts.split(subject, PiiParams())]\n"
        "print([row['start'] for part in found for row in part['occurrences']],"
        " (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    start, megabytes = done.stdout.rsplit(maxsplit=1)
    assert start == f"[{100 * len(line) + 4}]"
    assert int(megabytes) < 300


def test_the_work_on_a_line_grows_no_faster_than_the_line(scan, monkeypatch):
    calls = []
    search = Recogniser._of

    def counted(self, detector, value, lower, column):
        calls.append(len(value))
        return search(self, detector, value, lower, column)

    monkeypatch.setattr(Recogniser, "_of", counted)
    work = {}
    for size in (20_000, 80_000):
        calls.clear()
        for unit in hostile_lines.UNITS:
            for name in ("a.txt", "a.jsonl", "a.csv"):
                scan.pii(hostile_lines.line(unit, size), name, max_listed=5)
                scan.secrets(hostile_lines.line(unit, size), name, max_listed=5)
        work[size] = sum(calls)
    assert work[80_000] <= 4.5 * work[20_000]


@pytest.mark.parametrize("entry", hostile_lines.UNITS)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv"])
def test_hostile_megabytes_end(scan, entry, name):
    """A megabyte that a quadratic scan would not finish within the life of the test run."""
    subject = subject_of(scan.write(name, hostile_lines.line(entry, 1 << 20)))
    params = PiiParams(max_listed=1)
    assert sum(pii.parts.unit(unit, params)["lines"] for unit in pii.parts.split(subject, params)) >= 1
