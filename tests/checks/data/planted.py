"""Values of every type in every format that is read, for tests that ask what becomes of them."""
# ruff: noqa: S311  # data must be the same every time

import csv
import gzip
import io
import json
import random
import sqlite3

import corpus
from data_scans import file_of

from aigov import Dataset, Role, Subject


def planted():
    """Return lines of text with one value each, of every type of both families, and the values."""
    rng = random.Random(77)
    lines = [
        corpus.labelled(rng, type_, maker, rng.choice(t))
        for type_, (maker, t) in corpus.MAKERS.items()
        for _ in range(3)
    ]
    lines += [corpus.labelled(rng, "person-name", corpus.english_name, t) for t in corpus.ENGLISH_NAMES]
    lines += corpus.secret_lines()
    lines.append(corpus.Line("login " + KEY, ((6, 6 + len(KEY), "private-key"),)))
    return lines


KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----"


def values_of(lines):
    """Return the planted values; what is too short would also stand where nothing was planted."""
    return sorted({line.text[start:end] for line in lines for start, end, _ in line.spans if end - start > 3})


def texts_of(lines):
    return [line.text for line in lines]


def one_line(texts):
    return [text for text in texts if "\n" not in text]


def rows_of(texts):
    return [{"id": index, "note": text, "数量": index * 1.5, "tail": 'ok, "so"\\'} for index, text in enumerate(texts)]


def as_jsonl(texts, *, ascii_=False):
    return "".join(json.dumps(row, ensure_ascii=ascii_) + " \n" for row in rows_of(texts))


def as_csv(texts, delimiter=",", quoting=csv.QUOTE_MINIMAL):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)
    writer.writerow(["id", "note", "tail"])
    writer.writerows([row["id"], row["note"], row["tail"]] for row in rows_of(texts))
    return stream.getvalue()


def as_workbook(texts):
    from xml.sax.saxutils import escape

    from test_data_containers import workbook

    strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>note</t></is></c></row>'
    rows += "".join(
        f'<row r="{i + 2}"><c r="A{i + 2}" s="3" t="s"><v>{i}</v></c><c r="B{i + 2}"><v>{i}</v></c></row>'
        if i % 2
        else f'<row r="{i + 2}"><c r="A{i + 2}" t="inlineStr"><is><t>{escape(text)}</t></is></c></row>'
        for i, text in enumerate(texts)
    )
    unused = "".join(
        f"<si><t>{i}</t></si>" if i % 2 == 0 else f"<si><t>{escape(t)}</t></si>" for i, t in enumerate(texts)
    )
    del strings
    return workbook(rows, unused)


def as_parquet(path, texts):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "id": pa.array(range(len(texts)), pa.int32()),
            "note": texts,
            "category": pa.array(texts).dictionary_encode(),
            "nested": [[{"text": text, "n": 1}] for text in texts],
            "phone": [13812345678 + index for index in range(len(texts))],
        },
        metadata={"made by": "test"},
    )
    parquet.write_table(table, path, row_group_size=40, compression="zstd")


def as_arrow(folder, texts):
    """Write a file and a stream of several batches, one of them compressed."""
    import pyarrow as pa
    from pyarrow import ipc

    columns = {
        "id": pa.array(range(len(texts)), pa.int32()),
        "note": texts,
        "category": pa.array(texts).dictionary_encode(),
        "nested": [[{"text": text, "n": 1}] for text in texts],
        "phone": [13812345678 + index for index in range(len(texts))],
    }
    table = pa.table(columns, metadata={"made by": "test"})
    with ipc.new_file(folder / "rows.feather", table.schema, options=ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table, max_chunksize=40)
    with ipc.new_stream(folder / "rows.arrows", table.schema) as writer:
        writer.write_table(table, max_chunksize=40)


def zstd(data):
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def as_database(path, texts):
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "shift log" (id INTEGER, note TEXT, raw BLOB)')
        connection.execute('CREATE INDEX notes ON "shift log" (note)')
        rows = [(index, text, text.encode()) for index, text in enumerate(texts)]
        connection.executemany('INSERT INTO "shift log" VALUES (?, ?, ?)', rows)
    connection.close()


def write_all(folder, texts):
    """Write the texts in every format into a folder."""
    single = one_line(texts)
    plain = "\n".join(texts) + "\n"
    contents = {
        "plain.log": plain.encode(),
        "windows.txt": "\r\n".join(single).encode(),
        "marked.txt": b"\xef\xbb\xbf" + plain.encode(),
        "chinese.txt": plain.encode("gb18030"),
        "wide.txt": plain.encode("utf-16"),
        "big-endian.txt": b"\xfe\xff" + plain.encode("utf-16-be"),
        "rows.jsonl": as_jsonl(texts).encode(),
        "escaped.jsonl": as_jsonl(texts, ascii_=True).encode(),
        "document.json": json.dumps({"shifts": rows_of(texts)}, indent=1, ensure_ascii=False).encode(),
        "list.json": json.dumps(rows_of(texts)).encode(),
        "table.csv": as_csv(texts).encode(),
        "chinese.csv": as_csv(texts).encode("gb18030"),
        "quoted.tsv": as_csv(texts, "\t", csv.QUOTE_ALL).encode(),
        "log.txt.gz": gzip.compress(plain.encode()),
        "rows.jsonl.gz": gzip.compress(as_jsonl(texts).encode()),
        "table.csv.gz": gzip.compress(as_csv(texts).encode("gb18030")),
        "rows.jsonl.zst": zstd(as_jsonl(texts).encode()),
        "book.xlsx": as_workbook(single),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    as_parquet(folder / "rows.parquet", texts)
    as_arrow(folder, texts)
    as_database(folder / "shifts.sqlite", texts)
    return sorted(path for path in folder.iterdir() if path.is_file())


def subject_with(*paths, **more):
    found = tuple(file_of(path) for path in paths)
    return Subject("plant", datasets=(Dataset("log", Role.DATASET, found=found),), redaction_key=bytes(32), **more)
