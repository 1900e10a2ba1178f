"""What is planted is found where it was planted, in every format, by either engine."""
# ruff: noqa: S311  # data must be the same every time

import csv
import io
import json
import random
from collections import Counter

import corpus
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_scans import places, run_check, subject_of

from aigov import Dataset, Role, Subject
from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY, Recogniser

LINES = corpus.mixed(11, 1500, share=0.1)
TRUTH = sorted((index, *span) for index, line in enumerate(LINES) for span in line.spans)


def found(measured):
    return sorted((o.location.record, o.location.start, o.location.end, o.type) for o in measured.occurrences)


def as_csv(quoting, before=""):
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting)
    writer.writerow(["id", "note"])
    writer.writerows([index, before + line.text] for index, line in enumerate(LINES))
    return stream.getvalue()


def rows(escape):
    return [json.dumps({"id": i, "note": line.text}, ensure_ascii=escape) for i, line in enumerate(LINES)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.txt", "\n".join(line.text for line in LINES)),
        ("crlf.log", "\r\n".join(line.text for line in LINES)),
        ("plain.jsonl", "\n".join(rows(escape=False))),
        ("escaped.jsonl", "\n".join(rows(escape=True))),
        ("document.json", "[" + ",".join(rows(escape=True)) + "]"),
        ("minimal.csv", as_csv(csv.QUOTE_MINIMAL)),
        ("quoted.csv", as_csv(csv.QUOTE_ALL)),
        ("chinese.txt", "\n".join(line.text for line in LINES).encode("gb18030")),
        ("chinese.csv", as_csv(csv.QUOTE_MINIMAL).encode("gb18030")),
        ("windows.txt", "\n".join(line.text for line in LINES).encode("utf-16")),
        ("marked.jsonl", b"\xef\xbb\xbf" + "\n".join(rows(escape=False)).encode()),
    ],
)
def test_every_format_has_every_planted_value_at_its_place_and_nothing_else(scan, name, content):
    assert found(scan.pii(content, name)) == TRUTH


def test_parquet_has_the_same_places_across_row_groups(scan):
    path = scan.folder / "log.parquet"
    table = pa.table({"id": list(range(len(LINES))), "note": [line.text for line in LINES]})
    pq.write_table(table, path, row_group_size=400)
    measured = run_check(pii, subject_of(path), PiiParams())
    assert found(measured) == TRUTH
    assert {o.location.pointer for o in measured.occurrences} == {"note"}


def test_newlines_in_quoted_cells_move_lines_but_not_records(scan):
    measured = scan.pii(as_csv(csv.QUOTE_ALL, before='say "x"\n'), "log.csv")
    shift = len('say "x"\n')
    assert found(measured) == [(record, start + shift, end + shift, type_) for record, start, end, type_ in TRUTH]
    assert all(o.location.line == 3 + 2 * o.location.record for o in measured.occurrences)


@pytest.mark.parametrize("name", ["plain.jsonl", "minimal.csv", "log.txt"])
def test_byte_offsets_point_at_the_value_in_the_file(scan, name):
    content = {
        "plain.jsonl": "\n".join(rows(escape=False)),
        "minimal.csv": as_csv(csv.QUOTE_MINIMAL),
        "log.txt": "\n".join(line.text for line in LINES),
    }[name]
    for occurrence in scan.pii(content, name).occurrences:
        place = occurrence.location
        value = content.encode()[place.byte_start : place.byte_end].decode()
        assert value == LINES[place.record].text[place.start : place.end]


def test_totals_are_exact_where_the_list_is_cut(scan):
    measured = scan.pii("\n".join(line.text for line in LINES), max_listed=10)
    kinds = Counter(type_ for *_, type_ in TRUTH)
    assert len(measured.occurrences) == 10
    assert found(measured) == TRUTH[:10]
    assert measured.measurements["occurrences"].value == len(TRUTH)
    assert measured.measurements["records_affected"].value == len({record for record, *_ in TRUTH})
    for type_, number in kinds.items():
        assert measured.measurements[f"occurrences[type={type_}]"].value == number


def test_a_large_file_is_cut_into_units_with_the_same_result(scan, monkeypatch):
    for name, content in {
        "log.txt": "\n".join(line.text for line in LINES),
        "r.jsonl": "\n".join(rows(escape=False)),
    }.items():
        whole = places(scan.pii(content, name))
        with monkeypatch.context() as patched:
            patched.setattr("aigov_checks.data.files.RANGE", 4096)
            patched.setattr("aigov_checks.data.blocks.BLOCK", 1000)
            assert len(pii.parts.split(subject_of(scan.folder / name), PiiParams())) > 5
            assert places(scan.pii(content, name)) == whole


def test_csv_in_small_blocks_is_the_same(scan, monkeypatch):
    whole = places(scan.pii(as_csv(csv.QUOTE_ALL, before="a\nb "), "log.csv"))
    monkeypatch.setattr("aigov_checks.data.blocks.BLOCK", 700)
    assert places(scan.pii(as_csv(csv.QUOTE_ALL, before="a\nb "), "log.csv")) == whole


def hostile(rng, size):
    alphabet = [
        "1",
        "3",
        "8",
        "6",
        "2",
        "E",
        "A",
        "-",
        " ",
        ".",
        "@",
        ":",
        "\t",
        "王",
        "卡",
        "：",
        "０",
        "１３８",
        "\u200b",
        "x",
        "京A",
        '"',
        "\\",
    ]
    return "".join(rng.choice(alphabet) for _ in range(size))


@pytest.mark.parametrize("family", ["pii", "secrets"])
def test_both_engines_and_no_gate_at_all_agree_on_generated_and_hostile_text(family):
    rng = random.Random(5)
    lines = [line.text for line in corpus.mixed(12, 4000, share=0.3)] + [
        line.text for line in corpus.secret_lines()
    ] * 3
    lines += [hostile(rng, rng.randint(0, 60)) for _ in range(4000)]
    lines += [rng.choice(lines)[: rng.randint(0, 30)] + rng.choice(lines) for _ in range(4000)]
    block = "\n".join(lines).encode()
    detectors = load(family, DEFAULT if family == "pii" else ())
    recogniser = Recogniser(detectors)
    everything = [recogniser.find(line.encode(), "", EVERY) for line in lines]
    for engine in ("vectorscan", "re"):
        masks = {start: mask for start, _, mask in gate.lines(gate.make(detectors, "text", engine), block)}
        position = 0
        for line, expected in zip(lines, everything, strict=True):
            mask = masks.get(position, 0)
            assert (recogniser.find(line.encode(), "", mask) if mask else []) == expected, (engine, line)
            position += len(line.encode()) + 1


def test_live_objects_go_through_the_same_detectors():
    columns = {"id": list(range(len(LINES))), "note": [line.text for line in LINES]}
    records = [{"id": i, "note": line.text} for i, line in enumerate(LINES)]
    for value in (columns, records, pa.table(columns)):
        subject = Subject("plant", datasets=(Dataset("train", Role.DATASET, value=value),))
        measured = run_check(pii, subject, PiiParams())
        assert found(measured) == TRUTH
        assert {o.location.path for o in measured.occurrences} == {"train"}


def test_numbers_are_read_as_text_whatever_holds_them(scan):
    number = 13812345678
    path = scan.folder / "n.parquet"
    pq.write_table(pa.table({"phone": [number, None], "gap": [float(number), None], "u": [1.5, 2.5]}), path)
    measured = run_check(pii, subject_of(path), PiiParams())
    assert [o.location.pointer for o in measured.occurrences] == ["gap", "phone"]
    assert [o.type for o in scan.pii('{"a": {"b": [13812345678]}}', "x.jsonl").occurrences] == ["cn.mobile"]


def test_a_pointer_names_the_nested_place_and_duplicate_keys_hide_nothing(scan):
    measured = scan.pii('{"a/b": {"c~": ["x", "tel 13812345678"]}, "k": "13912345678", "k": 1}\n', "x.jsonl")
    assert [o.location.pointer for o in measured.occurrences] == ["/a~1b/c~0/1", "/k"]


def test_names_are_found_by_the_name_of_their_column(scan):
    measured = scan.pii("工号,操作员,备注\n001,王建国,正常\n002,停机,张\n", "shift.csv")
    assert places(measured) == [("person-name", 0, 2, "操作员", 0, 3)]
    measured = scan.pii('{"contactName": "John Smith", "machine": "John Deere"}\n', "shift.jsonl")
    assert places(measured) == [("person-name", 0, 1, "/contactName", 0, 10)]


def test_full_width_digits_and_invisible_characters_hide_nothing(scan):
    measured = scan.pii("电话１３８１２３４５６７８。\n电话138\u200b1234\u00ad5678号")
    assert places(measured) == [("cn.mobile", 0, 1, None, 2, 13), ("cn.mobile", 1, 2, None, 2, 15)]


def test_a_valid_identity_number_is_not_also_a_credit_code(scan):
    rng = random.Random(3)
    text = "\n".join(corpus.resident_id(rng) for _ in range(600))
    assert {o.type for o in scan.pii(text).occurrences} == {"cn.resident-id"}


def test_residence_permits_of_hong_kong_macau_and_taiwan_are_identity_numbers(scan):
    measured = scan.pii("证件810000199408230021；830000199201300022")
    assert [o.type for o in measured.occurrences] == ["cn.resident-id", "cn.resident-id"]


def test_types_tiers_and_data_sets_narrow_what_counts(scan):
    text = "邮箱zhang@163.com 报修人：王建国 卡4532015112830366"
    assert {o.type for o in scan.pii(text).occurrences} == {"email", "person-name", "bank-card"}
    assert {o.type for o in scan.pii(text, types=("email",)).occurrences} == {"email"}
    assert {o.type for o in scan.pii(text, min_tier="verified").occurrences} == {"bank-card"}


@pytest.mark.parametrize("line", corpus.secret_lines(), ids=lambda line: line.spans[0][2])
def test_every_kind_of_secret_is_found_at_its_place(scan, line):
    measured = scan.secrets(line.text)
    assert [(o.location.start, o.location.end, o.type) for o in measured.occurrences] == list(line.spans)


def test_secrets_in_columns_are_found_by_their_name(scan):
    assert places(scan.secrets("user,password\nop,S7-admin!9\n", "a.csv")) == [("password", 0, 2, "password", 0, 10)]
    assert places(scan.secrets('{"口令": "S7-admin!9"}', "a.jsonl")) == [("password", 0, 1, "/口令", 0, 10)]


def test_presidio_is_asked_where_it_knows_more(scan):
    assert [o.type for o in scan.pii("codice RSSMRA85T10A562S ok").occurrences] == ["presidio.it-fiscal-code"]
    assert scan.pii("codice RSSMRA85T10A562T ok").measurements["occurrences"].value == 0
    measured = scan.pii("nhs 943 476 5919 seen", presidio=("UK_NHS",))
    assert [o.type for o in measured.occurrences] == ["presidio.uk-nhs"]
