"""record.completeness: what a record leaves unsaid."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import InputError, MissingInputError, Role, Status, Subject, UnsupportedInputError, msg, say
from aigov.load.record import load_record
from aigov.model import File, Record, freeze
from aigov_checks.record.completeness import CompletenessParams, completeness
from aigov_checks.record.placeholders import placeholder

GOOD = """\
apiVersion: aigov/v1
kind: TransparencyRecord
record: {version: 1.0.0, updated: 2026-01-20}
system:
  name: bearing
  version: 1.2.0
  intended_purpose: {en: Classify vibration, zh: 识别振动}
provider: {name: Line 3}
models:
  - {name: a, files: [{path: a.onnx, sha256: %s}], limitations: [{zh: 仅限单一机型}]}
datasets:
  - {name: d, personal_data: {present: no}}
"""
GOOD %= "0" * 64


def loaded(tmp_path, text: str | bytes) -> Subject:
    path = tmp_path / "透明度 记录.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Subject("s", record=load_record(File(path, path.name, 0, "")))


def live(document) -> Subject:
    value = freeze(document)
    return Subject("s", record=Record("record", Role.RECORD, value=value, document=value))


def measure(subject, *required):
    return completeness.function(subject, CompletenessParams(required) if required else CompletenessParams())


def numbers(measured) -> tuple[float, ...]:
    names = ("fields_missing", "placeholders", "schema_errors")
    return tuple(int(measured.measurements[name].value) for name in names)


def test_a_full_record_is_complete_and_nothing_is_listed(tmp_path):
    measured = measure(loaded(tmp_path, GOOD))
    assert numbers(measured) == (0, 0, 0)
    assert measured.measurements["completeness"].value == 1
    assert measured.occurrences == ()
    assert [(item.path, item.status) for item in measured.artifacts] == [("透明度 记录.yaml", Status.CLEAN)]


def test_what_is_missing_is_named_with_pointer_and_nearest_line(tmp_path):
    measured = measure(loaded(tmp_path, GOOD.replace("  version: 1.2.0\n", "")))
    (found,) = measured.occurrences
    assert (found.type, found.location.pointer, found.location.line) == ("record.missing-field", "/system/version", 4)
    assert say(found.message, "zh-CN") == "必填字段 /system/version 缺失。"
    assert measured.measurements["fields_present"].value == measured.measurements["fields_required"].value - 1


def test_a_placeholder_does_not_fill_a_required_field(tmp_path):
    measured = measure(loaded(tmp_path, GOOD.replace("识别振动", "待补充").replace("Classify vibration", "TBD")))
    assert numbers(measured) == (1, 2, 0)
    assert {item.location.line for item in measured.occurrences} == {7}


def test_schema_errors_have_their_place_and_never_quote_the_value(tmp_path):
    measured = measure(loaded(tmp_path, GOOD.replace("2026-01-20", "13800138000 soon")))
    (found,) = measured.occurrences
    assert (found.location.pointer, found.location.line) == ("/record/updated", 3)
    assert "13800138000" not in say(found.message)


def test_a_star_stands_for_every_item_and_an_empty_list_is_itself_missing():
    document = {"models": [{"files": [{"path": "a"}, {}]}, {"files": []}, {}], "datasets": "none"}
    measured = measure(live(document), "/models/*/files/*/path", "/datasets/*/name", "/models/0/files/1/path")
    missing = [item.location.pointer for item in measured.occurrences if item.type == "record.missing-field"]
    assert missing == ["/models/0/files/1/path", "/models/1/files/*/path", "/models/2/files/*/path", "/datasets/*/name"]
    assert measured.measurements["fields_required"].value == 5


def test_keys_with_slash_and_tilde_are_followed_as_the_rfc_says():
    assert numbers(measure(live({"a/b": {"~c": 1}}), "/a~1b/~0c"))[0] == 0


@pytest.mark.parametrize(
    "value", [None, "", "   ", [], {}, [""], {"zh": " "}, "[More Information Needed]", "……", "<name>"]
)
def test_what_says_nothing_is_missing(value):
    assert numbers(measure(live({"a": value}), "/a"))[0] == 1


@pytest.mark.parametrize("value", [0, False, "none", "无", ["x"], {"en": "", "zh": "有"}])
def test_what_says_something_is_present(value):
    assert numbers(measure(live({"a": value}), "/a"))[0] == 0


@pytest.mark.parametrize(
    "text",
    ["TBD", "tbd.", "ＴＢＤ", "Owner: TBD", "todo", "[More Information Needed]", "Lorem ipsum dolor", "待定", "（待补充）",
     "责任人：待定", "请填写", "{{ name }}", "${VERSION}", "<your name>", "???", "x x x [your name here]", "XXX", "…"],
)  # fmt: skip
def test_placeholders_are_recognised(text):
    assert placeholder(text) is not None


@pytest.mark.parametrize(
    "text",
    ["", "none", "n/a", "无", "等待定期检查", "Acceleration < 4 g and > 2 g", "6205-2RS", "忽略高频段", "Todo list app", "a",
     "策略", "Sensor XXL", "待定位后更换"],
)  # fmt: skip
def test_answers_are_not_taken_for_placeholders(text):
    assert placeholder(text) is None


def test_a_file_that_holds_a_list_is_wholly_missing(tmp_path):
    assert numbers(measure(loaded(tmp_path, "- a\n- b\n"), "/system/name", "/models/*/name")) == (2, 0, 1)


def test_a_record_that_requires_nothing_can_never_be_called_complete():
    assert math.isnan(completeness.function(live({}), CompletenessParams(())).measurements["completeness"].value)


def test_without_a_record_nothing_is_measured():
    absent = Record("record", Role.RECORD, "r.yaml", absent=msg("artifact.not-found", path="r.yaml"))
    for subject in (Subject("s"), Subject("s", record=absent)):
        with pytest.raises(MissingInputError):
            measure(subject)


def test_a_pointer_that_is_none_is_refused():
    with pytest.raises(UnsupportedInputError):
        measure(live({}), "system.name")


def test_a_record_that_is_too_deep_is_refused():
    document = {}
    for _ in range(300):
        document = {"a": document}
    with pytest.raises(UnsupportedInputError):
        measure(live(document))


@pytest.mark.parametrize(
    "text",
    [b"", b"\tname: x\n", b"a: [", b"\xff\xfe", b"a: 1\na: 2\n", b"a: &a [*a]\n", b"{" * 5000, b"a: \x00"],
)
def test_a_file_that_is_no_yaml_is_an_input_error_with_its_name(tmp_path, text):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, text)
    assert "透明度 记录.yaml" in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.just("TBD"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
SECTIONS = ["apiVersion", "kind", "record", "system", "models", "datasets", "risk", "provider", "monitoring"]


@given(document=st.dictionaries(st.sampled_from(SECTIONS), JSON))
def test_any_document_is_measured_with_counts_that_add_up(document):
    measured = measure(live(document))
    value = {name: found.value for name, found in measured.measurements.items()}
    assert value["fields_present"] + value["fields_missing"] == value["fields_required"]
    assert len(measured.occurrences) == value["fields_missing"] + value["placeholders"] + value["schema_errors"]
    for item in measured.occurrences:
        assert say(item.message, "zh-CN")
