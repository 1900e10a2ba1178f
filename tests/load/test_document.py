"""One bounded way to read YAML and JSON."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import FrozenMap, InputError
from aigov.load.document import load_document, parse_document
from aigov.load.node import Limits
from aigov.load.schema import thaw

EXHIBITS = runpy.run_path(str(Path(__file__).parent / "museum" / "generate.py"))["EXHIBITS"]


def read(text: str, name: str = "a.yaml"):
    return parse_document(text.encode(), name)


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_a_hostile_file_is_refused_with_its_line_and_quickly(exhibit, tmp_path):
    path = tmp_path / exhibit.name
    path.write_bytes(exhibit.data)
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load_document(path)
    assert (caught.value.message.id, caught.value.place.line) == (exhibit.message, exhibit.line)
    assert time.perf_counter() - start < 10
    sentence = caught.value.sentence("zh-CN")
    assert len(sentence) < len(str(path)) + 400
    assert "\n" not in sentence


def test_the_error_names_both_lines_of_a_duplicate_key():
    with pytest.raises(InputError) as caught:
        read("x: 1\nname: a\ny: 2\nname: b\n", "aigov.yaml")
    assert str(caught.value).startswith("aigov.yaml:4: key name stands here for the second time, first on line 2")


def test_a_tab_is_named_with_a_hint():
    with pytest.raises(InputError) as caught:
        read("models:\n\t- path: a\n", "aigov.yaml")
    assert str(caught.value).startswith("aigov.yaml:2: a TAB indents this line")
    assert "Replace each TAB" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("Yes", "Yes"),
        ("true", True), ("False", False), ("~", None), ("null", None),
        ("010", "010"), ("0o17", "0o17"), ("0x1F", "0x1F"), ("1_000", "1_000"), ("12:30", "12:30"), ("190:20:30", "190:20:30"),
        ("0", 0), ("-7", -7), ("+3", 3), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1.10", 1.1), ("-1.5e-3", -0.0015),
        ("1.2.0", "1.2.0"), ("2026-01-07", date(2026, 1, 7)), ("2026-13-45", "2026-13-45"), ("2026-01-07T10:00:00Z", "2026-01-07T10:00:00Z"),
        ("'true'", "true"), ('"1"', "1"), ("!!str 1", "1"), ("!!float 1", 1.0), ("! 1", "1"), ("=", "="), ("٣", "٣"),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_it_looks_like(written, value):
    found = read(f"a: {written}\n").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_as_written():
    assert list(read("1: a\ntrue: b\nnull: c\n2026-01-07: d\n").value) == ["1", "true", "null", "2026-01-07"]


def test_every_value_has_the_line_of_its_key():
    lines = read("a: 1\n\nb:\n  - x\n  - c/d: 1\n    e~f: 2\n").lines
    assert dict(lines) == {"": 1, "/a": 1, "/b": 3, "/b/0": 4, "/b/1": 5, "/b/1/c~1d": 5, "/b/1/e~0f": 6}


def test_lines_count_as_editors_count_them():
    assert read("a: 1\r\nb: 2\r\n").lines["/b"] == 2
    assert read("a: 1\rb: 2\r").lines["/b"] == 2
    assert read('a: "x\u2028y"\nb: 2\n').lines["/b"] == 2


def test_an_alias_is_expanded_and_keeps_its_lines():
    document = read("a: &a {x: 1}\nb: *a\n")
    assert document.value["b"] == FrozenMap({"x": 1})
    assert (document.lines["/b"], document.lines["/b/x"]) == (2, 1)


def test_a_byte_order_mark_is_skipped_and_the_digest_is_of_the_bytes():
    data = b"\xef\xbb\xbfa: 1\n"
    document = parse_document(data, "a.yaml")
    assert document.value == FrozenMap({"a": 1})
    assert document.sha256 == hashlib.sha256(data).hexdigest()


def test_json_may_be_indented_by_tabs():
    assert read('{\n\t"a": [1,\n\t\t{"b": "\\ud83d\\ude00"}]\n}', "a.json").value["a"][1]["b"] == "😀"


def test_what_is_no_regular_file_is_refused(tmp_path):
    for path, message in ((tmp_path / "none.yaml", "load.missing"), (tmp_path, "load.not-a-file")):
        with pytest.raises(InputError) as caught:
            load_document(path)
        assert caught.value.message.id == message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(InputError) as caught:
        load_document(tmp_path / "pipe.yaml")
    assert caught.value.message.id == "load.not-a-file"


def test_a_path_with_spaces_and_chinese_characters_is_read(tmp_path):
    path = tmp_path / "轴承 故障.yaml"
    path.write_text("a: 1\n", encoding="utf-8")
    assert load_document(path, name="轴承 故障.yaml").path == "轴承 故障.yaml"


def test_limits_are_parameters():
    with pytest.raises(InputError) as caught:
        parse_document(b"[[1]]", "a.yaml", Limits(depth=2))
    assert caught.value.message.id == "load.too-deep"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 2]))
def test_json_is_read_as_the_standard_library_reads_it(value, indent):
    assert thaw(read(json.dumps(value, indent=indent), "a.json").value) == value
    assert thaw(read(json.dumps(value, indent=indent, ensure_ascii=False), "a.json").value) == value


def outcome(data: bytes, name: str) -> str:
    try:
        document = parse_document(data, name)
    except InputError as error:
        return f"{error.place.path} {error.message.id.partition('.')[0]}"
    return f"{document.path} load"


@given(st.binary(max_size=200), st.sampled_from(["a.yaml", "a.json"]))
def test_any_bytes_are_read_or_refused_and_nothing_else(data, name):
    assert outcome(data, name) == f"{name} load"


@given(
    st.text(st.sampled_from(list("ab:-?[]{},&*!|>'\"%@#<~ \n\t01.\\u")), max_size=60),
    st.sampled_from(["a.yaml", "a.json"]),
)
def test_any_punctuation_is_read_or_refused_and_nothing_else(text, name):
    assert outcome(text.encode(), name) == f"{name} load"
