"""Cleaned copies of Arrow files and streams and of zstd: the rest is as it was, and what cannot be promised is not made."""

import pyarrow as pa
import pytest
from data_scans import file_of
from pyarrow import ipc
from test_data_redact import clean, cleaning, found_in

from aigov_checks.data import packed
from aigov_checks.data.redact import REDACTOR

PHONE = "13812345678"
ROWS = 90


def columns():
    notes = [f"tel 139{i:08}" if 30 <= i < 60 and i % 7 == 0 else f"ok {i}" for i in range(ROWS)]
    return {
        "id": pa.array(range(ROWS), pa.int16()),
        "note": pa.array(notes, pa.large_string()),
        "view": pa.array([None if i % 3 else "x" for i in range(ROWS)], pa.string()),
        "temperature": pa.array([i / 7 for i in range(ROWS)], pa.float32()),
        "tags": pa.array([[i, i + 1] for i in range(ROWS)], pa.list_(pa.int8())),
    }


def write(path, table, *, stream=False, **options):
    make = ipc.new_stream if stream else ipc.new_file
    with make(path, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for number, batch in enumerate(table.to_batches(max_chunksize=30)):
            writer.write_batch(batch, custom_metadata={"shift": str(number)})


def read(path, *, stream=False):
    with path.open("rb") as raw:
        return (ipc.open_stream if stream else ipc.open_file)(raw).read_all()


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in" / "a.arrow"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_all_but_the_values_is_as_it_was(source, tmp_path, stream, compression):
    table = pa.table(columns(), metadata={"made by": "test"})
    write(source, table, stream=stream, compression=compression)
    target, done = clean(source, tmp_path)
    assert found_in(target) == []
    assert done.total == 4
    before, after = read(source, stream=stream), read(target, stream=stream)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert [len(c) for c in after["note"].chunks] == [30, 30, 30]
    rest = [name for name in before.column_names if name != "note"]
    assert after.select(rest).equals(before.select(rest))
    same = [a == b for a, b in zip(before["note"].to_pylist(), after["note"].to_pylist(), strict=True)]
    assert same.count(False) == 4
    with target.open("rb") as raw:
        reader = (ipc.open_stream if stream else ipc.open_file)(raw)
        found = [reader.read_next_batch_with_custom_metadata() for _ in range(3)] if stream else [
            reader.get_batch_with_custom_metadata(i) for i in range(3)
        ]  # fmt: skip
    assert [dict(one.custom_metadata) for one in found] == [{b"shift": str(i).encode()} for i in range(3)]


def test_batches_without_a_value_are_the_same_bytes(source, tmp_path):
    write(source, pa.table(columns()))
    target, _ = clean(source, tmp_path)
    old, new = source.read_bytes(), target.read_bytes()
    with ipc.open_file(pa.BufferReader(old)) as reader:
        first, _, last = (reader.get_batch(i).serialize().to_pybytes() for i in range(3))
    shared = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    assert shared > len(first)  # the whole first batch
    with ipc.open_file(pa.BufferReader(new)) as reader:
        assert (reader.get_batch(0).serialize().to_pybytes(), reader.get_batch(2).serialize().to_pybytes()) == (
            first,
            last,
        )


def body_of(path):
    """Return the size of the record batches of a file."""
    messages = ipc.MessageReader.open_stream(pa.BufferReader(path.read_bytes()[8:]))
    return sum(
        message.body.size for message in iter(messages.read_next_message, None) if message.type == "record batch"
    )


def test_the_copy_is_compressed_like_the_original(source, tmp_path):
    table = pa.table({"note": [f"tel {PHONE} " + "pump " * 50] * ROWS})
    sizes = {}
    for codec in (None, "lz4", "zstd"):
        write(source, table, compression=codec)
        target, _ = clean(source, tmp_path)
        sizes[codec] = body_of(target)
        target.unlink()
    assert sizes["zstd"] < sizes["lz4"] < sizes[None] / 5


@pytest.mark.parametrize("method", ["mask", "pseudonym", "drop"])
@pytest.mark.parametrize("stream", [False, True])
def test_dictionaries_are_cleaned_also_of_what_no_row_has(source, tmp_path, stream, method):
    entries = pa.array(["ok", f"tel {PHONE}", None, "mail li.na@plant.cn", "never used 13912345678"])
    indices = pa.array([i % 4 for i in range(ROWS)], pa.int8())
    table = pa.table({"c": pa.DictionaryArray.from_arrays(indices, entries), "n": range(ROWS)})
    write(source, table, stream=stream)
    target, _ = clean(source, tmp_path, cleaning(method))
    assert found_in(target) == []
    content = target.read_bytes()
    assert [v for v in (PHONE, "13912345678", "li.na@plant.cn") if v.encode() in content] == []
    after = read(target, stream=stream)
    assert [chunk.indices.to_pylist() for chunk in after["c"].chunks] == [
        indices.to_pylist()[i : i + 30] for i in (0, 30, 60)
    ]
    assert set(after["c"].to_pylist()[::4]) == {"ok"}


def test_numbers_and_bytes_keep_their_type(source, tmp_path):
    codes = pa.array([int(PHONE) + i for i in range(ROWS)])
    table = pa.table({"phone": codes, "raw": pa.array([f"tel {PHONE}".encode()] * ROWS, pa.binary())})
    write(source, table)
    target, _ = clean(source, tmp_path)
    assert read(target).schema == table.schema
    assert read(target)["phone"].null_count == ROWS
    assert set(read(target)["raw"].to_pylist()) == {b"tel 138********"}


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ([pa.field("phone", pa.int64(), nullable=False)], [[int(PHONE)] * 3]),
        ([pa.field("c", pa.list_(pa.dictionary(pa.int8(), pa.string())))], [[[f"tel {PHONE}"]] * 3]),
        ([pa.field("raw", pa.binary(15))], [[f"tel {PHONE}".encode()] * 3]),
    ],
)
def test_what_cannot_hold_the_replacement_is_left_out(source, tmp_path, schema, values):
    arrays = [
        pa.array(one, field.type)
        if not pa.types.is_list(field.type)
        else pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), pa.array([v[0] for v in one]).dictionary_encode().cast(field.type.value_type))
        for field, one in zip(schema, values, strict=True)
    ]  # fmt: skip
    write(source, pa.Table.from_arrays(arrays, schema=pa.schema(schema)))
    method = "drop" if pa.types.is_fixed_size_binary(schema[0].type) else "mask"
    done = REDACTOR.clean(file_of(source), tmp_path / "a.arrow", cleaning(method))
    assert done.left_out.id == "redact.not-written"
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_files_that_are_cut_or_changed_end_in_an_answer(source, tmp_path):
    write(source, pa.table({"note": [f"tel {PHONE}", "ok"] * 9}), compression="lz4")
    whole = source.read_bytes()
    cases = [whole[:end] for end in range(0, len(whole), max(1, len(whole) // 15))]
    for at in range(8, len(whole) - 1, max(1, len(whole) // 40)):
        cases += [whole[:at] + bytes([byte]) + whole[at + 1 :] for byte in (0, 0xFF) if byte != whole[at]]
    for case in cases:
        source.write_bytes(case)
        done = REDACTOR.clean(file_of(source), tmp_path / "a.arrow", cleaning())
        if done.left_out is None:
            assert found_in(tmp_path / "a.arrow") == []
            (tmp_path / "a.arrow").unlink()
        else:
            assert [path.name for path in tmp_path.iterdir()] == ["in"]


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("name", ["a.log.zst", "a.zst", "a", "a.csv.zst", "a.json.zst"])
def test_zstd_is_packed_again_and_holds_the_same_but_for_the_values(tmp_path, name):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    plain = {"a.csv.zst": "n,note\r\n1,%s\r\n", "a.json.zst": '{"n":  1.50, "note": "%s"}\n'}.get(
        name, "ok\r\n 电话 %s ok\n"
    )
    encoding = "gb18030" if "csv" not in name and "json" not in name else "utf-8"
    path.write_bytes(zstd((plain % PHONE).encode(encoding)))
    target, done = clean(path, tmp_path)
    assert b"".join(packed.chunks(target)).decode(encoding) == plain % "138********"
    assert done.total == 1
    first = target.read_bytes()
    target.unlink()
    assert clean(path, tmp_path)[0].read_bytes() == first


def test_zstd_that_is_cut_or_a_bomb_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in/a.log.zst"
    monkeypatch.setattr("aigov_checks.data.packed._ALWAYS", 1 << 20)
    whole = zstd(f"tel {PHONE}\n".encode() * 4000)
    for content in (whole[:-9], whole + b"rest", zstd(f"tel {PHONE}\n".encode() + bytes(64 << 20))):
        path.write_bytes(content)
        done = REDACTOR.clean(file_of(path), tmp_path / "a.log.zst", cleaning())
        assert done.left_out.id == "redact.not-read"
