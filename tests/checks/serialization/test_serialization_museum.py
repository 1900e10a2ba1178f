import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigov import Status, say
from aigov_checks.model.serialization import scan_bytes

_spec = importlib.util.spec_from_file_location("serialization_museum", Path(__file__).with_name("museum.py"))
_museum = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_museum)
pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")


@pytest.fixture(scope="module")
def hostile():
    return dict(_museum.museum())


def test_the_museum_holds_at_least_400_different_files(hostile):
    assert len(hostile) >= 400
    assert len(set(hostile.values())) >= 400


def test_every_hostile_file_is_unsafe_or_suspicious(hostile):
    found = {name: scan_bytes(data).status for name, data in hostile.items()}
    missed = [name for name, status in found.items() if status not in {Status.UNSAFE, Status.SUSPICIOUS}]
    assert missed == []


def test_every_call_of_the_standard_library_is_unsafe(hostile):
    known = ("os.system", "subprocess", "builtins", "marshal", "ctypes", "_osx_support", "uuid", "asyncio")
    calls = {name: data for name, data in hostile.items() if name.startswith("call-") and any(k in name for k in known)}
    assert len(calls) >= 10
    assert {name for name, data in calls.items() if scan_bytes(data).status is not Status.UNSAFE} == set()


def test_every_occurrence_has_a_sentence_in_both_languages(hostile):
    for data in hostile.values():
        for note in scan_bytes(data).notes:
            for lang in ("en", "zh-CN"):
                words = say(note.message, lang)
                assert not words.startswith("serialization.")
                assert ": serialization." not in words
                assert "{name}" not in words


def test_hostile_files_cut_anywhere_never_raise_and_are_never_clean(hostile):
    for name, data in hostile.items():
        if name.startswith("call-") or len(data) > 4_000:
            continue
        for end in range(1, len(data), max(1, len(data) // 20)):
            status = scan_bytes(data[:end]).status
            assert status is not Status.CLEAN or _harmless(name, data[:end]), (name, end)


def _harmless(name: str, data: bytes) -> bool:
    """Text that was cut before what was hostile in it, one line that could be anything, or a first, whole pickle."""
    if "trailing" in name or "too-long" in name:  # the honest file before what was added to it
        return True
    text = name.endswith((".py", ".sh", ".yaml", ".json", ".jinja", ".bat", ".ps1", ".vbs", ".txt", ".html"))
    return text or data.endswith(b".") or (data.count(b"\n") <= 2 and data.endswith(b"\n"))


def test_the_same_bytes_give_the_same_answer_twice(hostile):
    assert [scan_bytes(data) for data in hostile.values()] == [scan_bytes(data) for data in hostile.values()]


@given(st.binary(max_size=600))
def test_any_bytes_end_in_a_status(data):
    assert scan_bytes(data).status in set(Status)


_HEADS = (
    b"\x80\x04", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"x\x9c", b"]\x00\x00",
    b"\x10\0\0\0\0\0\0\0{", b"\x08\x08\x12", b"{", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", b"(", b"cbuiltins\nlist\n",
)  # fmt: skip


@given(st.sampled_from(_HEADS), st.binary(max_size=400))
def test_any_bytes_after_the_start_of_a_known_format_end_in_a_status(head, tail):
    assert scan_bytes(head + tail).status in set(Status)


@given(st.data())
def test_a_hostile_file_with_changed_bytes_never_raises(data):
    name, original = data.draw(st.sampled_from(list(_museum.museum())))
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert scan_bytes(bytes(changed)).status in set(Status), name


_OPCODES = st.sampled_from(
    [bytes((code,)) for code in b"(0123.)N]}atelsdubRo\x81\x85\x86\x87\x88\x8f\x90\x91\x93\x94\x92"]
)
_OPERANDS = st.sampled_from(
    [b"K\x01", b"q\x00", b"h\x00", b"\x8c\x02os", b"\x8c\x06system", b"cos\nsystem\n", b"X\x01\0\0\0a", b"\x82\x01"]
)


@given(st.lists(_OPCODES | _OPERANDS, max_size=60))
def test_any_program_of_opcodes_that_names_os_system_is_not_clean(program):
    result = scan_bytes(b"\x80\x04" + b"".join(program))
    whole = b"\x80\x04" + b"".join(program)
    first = whole.find(b"cos\nsystem\n")
    before = b"".join(program)[: max(0, first - 2)]
    if first >= 0 and b"." not in before:
        assert result.status is not Status.CLEAN
