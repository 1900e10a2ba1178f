"""What is measured over a corpus: types, categories, combinations, columns, samples, and every place as evidence."""
# ruff: noqa: S311  # data must be the same every time

import json
import math
import random

import planted
import pytest
from data_scans import run_check, subject_of

from aigov import NotPerformed, UnsupportedInputError
from aigov_checks.data.clusters import Clusters
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.secrets import SecretsParams, secrets

RESIDENT, PHONE = "11010519491231002X", "13812345678"


def value(measured, name):
    return measured.measurements[name].value


def test_records_are_counted_once_a_type_and_shares_have_intervals(scan):
    log = f"电话{PHONE} 或 13912345678\n身份证{RESIDENT}\n正常\n电话13712345678\n"
    measured = scan.pii(log)
    assert value(measured, "records_affected") == 3
    assert value(measured, "records_affected[type=cn.mobile]") == 2
    assert value(measured, "occurrences[type=cn.mobile]") == 3
    assert value(measured, "records_affected[type=iban]") == 0
    share = measured.measurements["affected_share[type=cn.mobile]"]
    assert (share.value, share.n) == (0.5, 4)
    assert share.low < 0.5 < share.high
    assert value(measured, "occurrences_per_million") == 1e6
    assert value(measured, "occurrences[tier=verified]") == 1
    assert value(measured, "occurrences[tier=format]") == 3


def test_the_category_of_a_type_is_that_of_the_edition(scan):
    newer = scan.pii(f"身份证{RESIDENT}\n")
    older = scan.pii(f"身份证{RESIDENT}\n", edition="GB/T 35273-2020")
    assert value(newer, "records_affected[category=sensitive]") == 0
    assert value(newer, "records_affected[category=general]") == 1
    assert value(older, "records_affected[category=sensitive]") == 1
    assert not [name for name in scan.pii("x\n", edition="").measurements if "category=" in name]


def test_identifiers_together_in_one_record_raise_its_category(scan):
    together = json.dumps({"操作员": "张伟", "身份证": RESIDENT, "tel": PHONE}, ensure_ascii=False)
    apart = "\n".join(json.dumps({k: v}, ensure_ascii=False) for k, v in json.loads(together).items())
    measured = scan.pii(together + "\n" + apart + "\n", "a.jsonl")
    assert value(measured, "records_affected") == 4
    assert value(measured, "records_combined") == 1
    assert value(measured, "records_affected[category=sensitive]") == 1
    assert value(measured, "combined_share") == 0.25
    pair = json.dumps({"操作员": "张伟", "tel": PHONE}, ensure_ascii=False) + "\n"
    assert value(scan.pii(pair, "b.jsonl"), "records_combined") == 0
    assert value(scan.pii(pair, "b.jsonl", combination="name-and-number"), "records_combined") == 1


def test_unknown_editions_rules_and_shares_say_what_is_known(scan):
    path = scan.write("a.txt", "x\n")
    for params in (PiiParams(edition="GB 1"), PiiParams(combination="x"), PiiParams(sample_share=0.0, mode="sample")):
        with pytest.raises(UnsupportedInputError):
            pii.parts.split(subject_of(path), params)


def test_columns_are_gathered_over_files_and_items_of_lists(scan):
    one = scan.write("a.jsonl", json.dumps({"people": [{"tel": PHONE}, {"tel": "13912345678"}]}) + "\n{}\n")
    two = scan.write("b.csv", f"tel,x\n{PHONE},1\n1,1\n")
    measured = run_check(pii, subject_of(one, two), PiiParams())
    (table,) = measured.tables
    rows = [(row[0].args["value"], row[1].id, *(c.args["value"].value for c in row[2:])) for row in table.rows]
    assert rows == [
        ("/people/*/tel", "data.type.cn.mobile", 2, 1, 0.25),
        ("tel", "data.type.cn.mobile", 1, 1, 0.25),
    ]
    assert value(measured, "columns_affected") == 2
    assert value(measured, "worst_column_share") == 0.25


def test_keys_that_are_data_neither_fill_memory_nor_show(scan):
    lines = "".join(json.dumps({f"k{i}": {PHONE: f"tel 139{i:08}"}}) + "\n" for i in range(3000))
    measured = scan.pii(lines, "a.jsonl")
    assert value(measured, "occurrences") == 6000  # half of them in keys
    assert len(measured.tables[0].rows) == 50
    assert measured.tables[0].total <= 1001
    assert PHONE not in repr(measured)


def test_every_place_is_in_the_evidence_however_few_are_listed(scan, tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    one = scan.write("a.txt", f"ok\n电话{PHONE}\n" * 500)
    two = scan.write("b.txt", f"ok\n电话{PHONE}\n" * 500)
    subject = planted.subject_with(one, two, evidence_folder=folder)
    measured = run_check(pii, subject, PiiParams(max_listed=3))
    assert len(measured.occurrences) == 3
    (evidence,) = measured.evidence
    (file,) = folder.iterdir()
    assert evidence.path == f"evidence/{file.name}"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["path"], line["line"]) for line in lines] == [
        (name, 2 * i + 2) for name in ("a.txt", "b.txt") for i in range(500)
    ]
    assert {line["schema"] for line in lines} == {"aigov/occurrence/v1"}
    again = run_check(pii, subject, PiiParams(max_listed=3))
    assert again.evidence == measured.evidence


def test_there_is_no_evidence_of_nothing_and_none_that_nobody_asked_for(scan, tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    path = scan.write("a.txt", "ok\n")
    assert run_check(pii, planted.subject_with(path, evidence_folder=folder), PiiParams()).evidence == ()
    assert list(folder.iterdir()) == []
    assert scan.pii(f"电话{PHONE}\n", "b.txt").evidence == ()


def test_evidence_that_cannot_be_written_is_said(scan, tmp_path):
    taken = scan.write("file", "x")
    path = scan.write("a.txt", f"电话{PHONE}\n")
    with pytest.raises(UnsupportedInputError, match="evidence"):
        run_check(pii, planted.subject_with(path, evidence_folder=taken), PiiParams())


def corpus_of(records, share, seed, run=1):
    """Return lines of which a share holds a number, in runs of so many."""
    rng = random.Random(seed)
    lines = []
    while len(lines) < records:
        hit = rng.random() < share
        lines += [
            f"{len(lines) + i} note {f'电话138{rng.randrange(10**8):08}' if hit else 'ok' * rng.randrange(30)}"
            for i in range(run)
        ]
    return "\n".join(lines[:records]) + "\n"


@pytest.mark.parametrize("run", [1, 40])
def test_the_interval_of_a_sample_holds_the_truth_about_as_often_as_it_says(scan, run):
    held = 0
    for seed in range(30):
        text = corpus_of(20_000, 0.05, seed, run)
        path = scan.write(f"{seed}.txt", text)
        truth = text.count("电话")
        measured = run_check(pii, subject_of(path), PiiParams(mode="sample", seed=seed, presidio=()))
        found = measured.measurements["records_affected"]
        assert found.low <= found.value <= found.high
        held += found.low <= truth <= found.high
        assert abs(value(measured, "records") - 20_000) < 1500
    assert held >= 26


def test_a_sample_is_the_same_for_a_seed_and_another_for_another(scan):
    path = scan.write("a.txt", corpus_of(20_000, 0.05, 1))
    one, same, other = (
        run_check(pii, subject_of(path), PiiParams(mode="sample", seed=seed, presidio=())) for seed in (1, 1, 2)
    )
    assert one == same
    assert one.occurrences != other.occurrences
    assert 0.2 < value(one, "sampled_share") < 0.3  # 200 clusters at least
    assert {o.location.record for o in one.occurrences} == {None}
    data = path.read_bytes()
    for o in one.occurrences[:50]:
        assert data[o.location.byte_start : o.location.byte_end].startswith(b"138")


def test_a_clean_sample_proves_nothing_and_says_so(scan):
    path = scan.write("a.txt", corpus_of(20_000, 0.0, 1))
    measured = run_check(pii, subject_of(path), PiiParams(mode="sample"))
    affected = measured.measurements["records_affected"]
    assert affected.value == affected.low == 0
    assert 0 < affected.high < 600
    assert measured.measurements["occurrences"].high == math.inf
    assert measured.artifacts[0].status.value == "not-covered"
    assert measured.artifacts[0].reason.id == "corpus.reason-sample"


def test_a_sample_of_one_line_longer_than_a_cluster_is_not_cut(scan):
    path = scan.write("a.jsonl", json.dumps({"a": "x" * 300_000, "tel": PHONE}) + "\n" + '{"a": 1}\n' * 50_000)
    measured = run_check(pii, subject_of(path), PiiParams(mode="sample", seed=3, presidio=()))
    assert {note.id for note in measured.notes} <= {"corpus.note-sample", "data.names-partly"}
    assert value(measured, "records") < 60_000


def test_rows_of_parquet_are_drawn_in_slices(scan):
    import pyarrow as pa
    from pyarrow import parquet

    rng = random.Random(5)
    notes = [f"tel 138{rng.randrange(10**8):08}" if rng.random() < 0.1 else "ok" for _ in range(60_000)]
    path = scan.folder / "a.parquet"
    parquet.write_table(pa.table({"note": notes, "more": [[{"t": n}] for n in notes]}), path)
    measured = run_check(pii, subject_of(path), PiiParams(mode="sample", presidio=(), sample_share=0.2))
    found = measured.measurements["affected_share"]
    assert found.low < sum(n != "ok" for n in notes) / 60_000 < found.high
    assert abs(value(measured, "records") - 60_000) < 12_000
    assert found.high - found.low < 0.05


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_csv_without_quotes_and_text_of_windows_are_cut(scan, monkeypatch, encoding):
    monkeypatch.setattr("aigov_checks.data.files.RANGE", 1 << 17)
    rng = random.Random(6)
    rows = [f"{i},{'张伟' if rng.random() < 0.1 else '水泵'},x" for i in range(40_000)]
    text = "序,操作员,b\n" + "\n".join(rows) + "\n"
    path = scan.write("a.csv" if encoding == "utf-8" else "a.txt", text.encode(encoding))
    measured = run_check(pii, subject_of(path), PiiParams(mode="sample", presidio=(), sample_share=0.2))
    assert value(measured, "sampled_share") < 0.6
    assert abs(value(measured, "records") - 40_000) < 3000
    if encoding == "utf-8":
        found = measured.measurements["affected_share"]
        assert found.low < sum("张伟" in row for row in rows) / 40_000 < found.high


def test_what_cannot_be_cut_is_scanned_whole_in_a_sample(scan):
    document = scan.write("a.json", json.dumps([{"tel": PHONE}, {"tel": 1}]))
    measured = run_check(secrets, subject_of(document), SecretsParams(mode="sample"))
    assert value(measured, "records") == 2
    measured = run_check(pii, subject_of(document), PiiParams(mode="sample"))
    assert measured.measurements["records_affected"].interval is None
    assert value(measured, "sampled_share") == 1


def test_a_corpus_without_records_is_not_performed_in_a_sample(scan):
    assert isinstance(run_check(pii, subject_of(scan.write("a.txt", "")), PiiParams(mode="sample")), NotPerformed)


def test_more_likeness_within_clusters_gives_a_wider_interval():
    def share(run):
        clusters = Clusters(fraction=0.1)
        records = affected = 0
        for index in range(200):
            records += 10
            affected += 1 if run == 1 else 10 * (index % 10 == 0)
            clusters.close(records, affected, {})
        found = clusters.share("", affected)
        return found.high - found.low

    assert share(10) > 2 * share(1)


@pytest.mark.parametrize("mode", ["full", "sample"])
def test_records_are_drawn_for_people_to_check_with_masks_only(scan, tmp_path, mode):
    folder = tmp_path / "evidence"
    folder.mkdir()
    path = scan.write("a.txt", corpus_of(20_000, 0.3, 4))
    other = scan.write("b.jsonl", "".join(json.dumps({"tel": f"138{i:08}"}) + "\n\n" for i in range(20_000)))
    subject = planted.subject_with(path, other, evidence_folder=folder)
    params = PiiParams(mode=mode, manual_records=1000, presidio=())
    measured = run_check(pii, subject, params)
    _, evidence = measured.evidence
    text = (tmp_path / evidence.path).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == 1000
    assert 400 < sum(row["path"] == "a.txt" for row in rows) < 600
    assert len({(row["path"], row["byte_start"]) for row in rows}) == 1000
    for row in rows:
        record = (scan.folder / row["path"]).read_bytes()[row["byte_start"] : row["byte_end"]]
        assert b"\n" not in record
        assert bool(row["found"]) == (b"138" in record and (b"tel" in record or "电话".encode() in record))
        assert row["pass"] is None
    hit = sum(bool(row["found"]) for row in rows if row["path"] == "a.txt") / sum(
        row["path"] == "a.txt" for row in rows
    )
    assert 0.22 < hit < 0.38
    assert not [v for row in rows for v in [row["found"]] if v and "*" not in v[0]["masked"]]
    assert list(folder.glob(".parts")) == []
    assert run_check(pii, subject, params).evidence == measured.evidence
