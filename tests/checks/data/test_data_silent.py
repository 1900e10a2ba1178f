"""What only looks like personal data or a secret is left alone; no value ever leaves the check."""

import json

import corpus
import numpy as np
import pytest
from data_scans import run_check, subject_of

from aigov import Dataset, Role, Subject, say
from aigov_checks.data.pii import PiiParams, pii
from aigov_checks.data.secrets import secrets


@pytest.mark.parametrize("template", corpus.NEGATIVES)
def test_industrial_look_alikes_are_not_hit(scan, template):
    text = "\n".join(line for line in corpus.negatives(21, 8) if line)
    lines = [corpus.fill(corpus.random.Random(seed), template) for seed in range(20)]
    assert text
    assert scan.pii("\n".join(lines)).occurrences == ()
    assert scan.secrets("\n".join(lines)).occurrences == ()


def test_internal_addresses_are_device_data(scan):
    assert scan.pii("10.0.0.1 192.168.1.1 172.31.0.9 127.0.0.1 169.254.1.1 224.0.0.5 fe80::1 ::1").occurrences == ()
    assert [o.type for o in scan.pii("from 172.32.0.9 and 240e:3a0:1:2::5").occurrences] == ["ip-address"] * 2


def test_values_of_parquet_rows_are_never_glued(scan):
    import pyarrow as pa

    path = scan.folder / "glue.parquet"
    pa.parquet = __import__("pyarrow.parquet").parquet
    pa.parquet.write_table(pa.table({"a": ["138", "12345678", "13812", "345678"]}), path)
    assert run_check(pii, subject_of(path), PiiParams()).occurrences == ()


def test_clean_text_is_clean_with_exact_zeros(scan):
    measured = scan.pii("bearing temperature 81 C\nload 40 %\n")
    assert measured.artifacts[0].status.value == "clean"
    assert measured.measurements["records"].value == 2
    assert measured.measurements["occurrences"].interval is None
    assert measured.measurements["occurrences"].value == 0
    assert measured.measurements["affected_share"].n == 2


def test_float_arrays_hold_no_text(scan):
    np.savez(scan.folder / "eval.npz", x=np.zeros((7, 3), np.float32), y=np.arange(7))
    measured = run_check(pii, subject_of(scan.folder / "eval.npz"), PiiParams())
    np.save(scan.folder / "x.npy", np.zeros((5, 2)))
    floats = run_check(pii, subject_of(scan.folder / "x.npy"), PiiParams())
    assert measured.measurements["records"].value == 7
    assert floats.artifacts[0].status.value == "clean"
    assert floats.artifacts[0].reason.id == "data.reason-textless"
    pair = Subject("s", datasets=(Dataset("train", Role.DATASET, value=(np.zeros((4, 2)), np.arange(4))),))
    assert run_check(pii, pair, PiiParams()).measurements["records"].value == 4


def test_text_and_long_integers_in_arrays_are_scanned(scan):
    np.savez(scan.folder / "a.npz", note=np.array(["ok", "tel 13812345678"]), n=np.array([1, 13912345678]))
    measured = run_check(pii, subject_of(scan.folder / "a.npz"), PiiParams())
    assert [(o.location.pointer, o.location.record) for o in measured.occurrences] == [("n", 1), ("note", 1)]


def test_no_planted_value_is_in_anything_that_leaves_the_check(scan):
    lines = corpus.positives(8, 6) + corpus.secret_lines()
    text = "\n".join(line.text for line in lines)
    planted = [line.text[start:end] for line in lines for start, end, _ in line.spans]
    for check in (pii, secrets):
        subject = subject_of(scan.write("log.txt", text))
        params = check.params()
        results = [check.parts.unit(unit, params) for unit in check.parts.split(subject, params)]
        measured = run_check(check, subject, params)
        told = json.dumps(results, ensure_ascii=False) + repr(measured)
        assert measured.occurrences
        for value in planted:
            assert value not in told


def test_equal_values_have_equal_digests_and_none_without_a_key(scan):
    first, second = scan.pii("tel 13812345678 and 138 1234 5678 and 13812345678").occurrences[::2]
    assert first.digest == second.digest
    assert first.masked == "138********"
    subject = subject_of(scan.folder / "log.txt")
    keyless = Subject("plant", datasets=subject.datasets)
    assert {o.digest for o in run_check(pii, keyless, PiiParams()).occurrences} == {None}


def test_every_sentence_has_words_in_both_languages(scan):
    measured = scan.pii("tel 13812345678")
    for message in (measured.occurrences[0].message, *measured.notes, measured.artifacts[0].reason):
        assert not say(message, "en").startswith("data.")
        assert say(message, "zh-CN") != say(message, "en")
