"""Whatever stands around a value, however it is escaped or quoted: the value goes, and all else is as it was."""

import csv
import io
import json

import pytest
from data_scans import file_of
from hypothesis import given
from hypothesis import strategies as st

from aigov import FrozenMap
from aigov.cleaning import Cleaning, Method
from aigov_checks.data.redact import REDACTOR

PHONE, MASKED = "13812345678", "138********"
AROUND = st.text(st.sampled_from("\"\\/,;|\t \u00e9中、😀\u2028\x7f<>&'{}[]:"), max_size=12)
CLEANING = Cleaning(Method.MASK, FrozenMap(), b"k" * 32)


def clean(folder, name, content):
    source, target = folder / "in" / name, folder / name
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    done = REDACTOR.clean(file_of(source), target, CLEANING)
    assert done.left_out is None
    return target.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("property")


@given(st.lists(st.tuples(AROUND, AROUND, st.booleans()), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_json_is_the_same_but_for_the_value(folder, pieces, ascii_, spaced):
    separators = (" , ", "\t: ") if spaced else (",", ":")

    def text_with(value):
        rows = [{"n\n": f"{a} {value if held else 'x'} {b}", "m": [a, None, 1.50]} for a, b, held in pieces]
        return [json.dumps(row, ensure_ascii=ascii_, separators=separators) for row in rows]

    before, after = text_with(PHONE), text_with(MASKED)
    assert clean(folder, "a.jsonl", "\n".join(before).encode()) == "\n".join(after).encode()
    document = ("[" + ", ".join(before) + "]").encode()
    assert clean(folder, "a.json", document) == ("[" + ", ".join(after) + "]").encode()


@given(st.lists(st.tuples(AROUND, AROUND), min_size=1, max_size=4), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_csv_is_the_same_but_for_the_value(folder, pieces, quoting):
    def text_with(value):
        stream = io.StringIO()
        writer = csv.writer(stream, quoting=quoting)
        writer.writerow(["first", "note", "last"])
        writer.writerows([a, f"{a} {value} {b}", b] for a, b in pieces)
        return stream.getvalue().encode()

    assert clean(folder, "a.csv", text_with(PHONE)) == text_with(MASKED)


@given(st.lists(st.tuples(AROUND, AROUND), min_size=1, max_size=4), st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_text_of_any_encoding_is_the_same_but_for_the_value(folder, pieces, encoding):
    def text_with(value):
        return "\r\n".join(f"中文{a} {value} {b}" for a, b in pieces).encode(encoding)

    assert clean(folder, "a.txt", text_with(PHONE)) == text_with(MASKED)
