"""Hostile model files with inert payloads, made from descriptions; nothing here is ever loaded.

Run as a script, it writes the museum into a folder: python museum.py FOLDER
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import sys
import tarfile
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

_HERE = str(Path(__file__).parent)
sys.path.insert(0, _HERE)  # only while the other two files of the museum are loaded: others have museums too
from museum_formats import formats  # noqa: E402  # the folder of tests is no package
from museum_texts import texts  # noqa: E402  # as above

sys.path.remove(_HERE)

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLABLES = (
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("os", "popen"), ("os", "execv"), ("subprocess", "Popen"),
    ("subprocess", "check_output"), ("subprocess", "run"), ("pty", "spawn"), ("commands", "getoutput"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "compile"), ("builtins", "getattr"),
    ("builtins", "__import__"), ("__builtin__", "eval"), ("builtins", "open"), ("builtins", "globals"),
    ("builtins", "map"), ("builtins", "type"), ("builtins", "setattr"), ("builtins", "breakpoint"),
    ("importlib", "import_module"), ("importlib.util", "spec_from_file_location"), ("runpy", "run_path"),
    ("socket", "create_connection"), ("shutil", "rmtree"), ("ctypes", "CDLL"), ("webbrowser", "open"),
    ("operator", "attrgetter"), ("operator", "methodcaller"), ("_operator", "itemgetter"), ("functools", "partial"),
    ("functools", "reduce"), ("numpy.testing._private.utils", "runstring"), ("numpy.f2py.crackfortran", "myeval"),
    ("pip", "main"), ("pip._internal", "main"), ("timeit", "timeit"), ("code", "InteractiveInterpreter"),
    ("codeop", "compile_command"), ("bdb", "Bdb"), ("pdb", "run"), ("cProfile", "run"), ("profile", "run"),
    ("doctest", "debug_script"), ("idlelib.pyshell", "ModifiedInterpreter"), ("types", "CodeType"),
    ("types", "FunctionType"), ("marshal", "loads"), ("pickle", "loads"), ("_pickle", "loads"), ("joblib", "load"),
    ("torch.hub", "load"), ("torch", "load"), ("torch.jit", "load"), ("torch.utils.cpp_extension", "load_inline"),
    ("torch._dynamo.guards", "GuardBuilder"), ("dill", "loads"), ("cloudpickle.cloudpickle", "_make_function"),
    ("urllib.request", "urlopen"), ("http.client", "HTTPConnection"), ("smtplib", "SMTP"), ("ftplib", "FTP"),
    ("ssl", "get_server_certificate"), ("asyncio.unix_events", "_UnixSubprocessTransport"), ("sys", "settrace"),
    ("trace", "Trace"), ("pydoc", "pipepager"), ("venv", "create"), ("ensurepip", "bootstrap"), ("uuid", "_popen"),
    ("_aix_support", "_read_cmd_output"), ("_osx_support", "_read_output"), ("imaplib", "IMAP4_stream"),
    ("_pyrepl.pager", "pipe_pager"), ("test.support.script_helper", "assert_python_ok"), ("logging", "FileHandler"),
    ("io", "FileIO"), ("linecache", "getlines"), ("lib2to3.pgen2.pgen", "ParserGenerator"), ("pkgutil", "resolve_name"),
    ("multiprocessing.util", "spawnv_passfds"), ("concurrent.futures", "ProcessPoolExecutor"), ("atexit", "register"),
    ("sklearn.utils._testing", "TempMemmap"), ("sklearn.datasets._base", "os.system"), ("joblib.memory", "Memory"),
    ("xgboost.core", "DMatrix"), ("acme.inhouse", "Secret"), ("numpy", "load"), ("pandas", "read_pickle"),
    ("sklearn.utils", "Popen"), ("numpy._core._ufunc_reconstruct", "x"), ("torch.serialization", "load"),
)  # fmt: skip
INERT = "true"


def museum() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every hostile file."""
    for index, (module, name) in enumerate(CALLABLES):
        yield f"call-{index:02}-{module}.{name}.pkl", call(module, name, index % 6)
    yield from _tricks()
    yield from _broken_pickles()
    yield from _zips()
    yield from _containers()
    yield from _arrays()
    yield from _safetensors()
    yield from _models()
    yield from _texts()
    yield from formats()
    yield from texts()


def call(module: str, name: str, protocol: int = 2) -> bytes:
    """Return a pickle that would call `module.name("true")`."""
    if protocol < 2:
        return f"c{module}\n{name}\n(S'{INERT}'\ntR.".encode()
    head = bytes((0x80, protocol))
    if protocol < 4:
        return head + f"c{module}\n{name}\n".encode() + _short(INERT) + b"\x85R."
    return head + _short(module) + _short(name) + b"\x93" + _short(INERT) + b"\x85R."


def _short(text: str) -> bytes:
    raw = text.encode()
    return b"\x8c" + bytes((len(raw),)) + raw


SYSTEM = call("os", "system", 4)


def _tricks() -> Iterator[tuple[str, bytes]]:
    argument = _short(INERT) + b"\x85"
    yield "inst.pkl", b"(S'true'\nios\nsystem\n."
    yield "obj.pkl", b"(cos\nsystem\nS'true'\no."
    yield "newobj.pkl", b"\x80\x02cos\nsystem\n" + argument + b"\x81."
    yield "newobj-ex.pkl", b"\x80\x04cos\nsystem\n" + argument + b"}\x92."
    yield (
        "memo-operands.pkl",
        b"\x80\x04" + _short("system") + b"\x940" + _short("os") + b"h\x00\x93" + argument + b"R.",
    )
    yield (
        "memo-rewritten.pkl",
        (
            b"\x80\x04"
            + _short("collections")
            + b"q\x000"
            + _short("os")
            + b"q\x00"
            + _short("system")
            + b"\x93"
            + argument
            + b"R."
        ),
    )
    yield "memo-line.pkl", b"Vos\np7\n0g7\nVsystem\n\x93(Vtrue\ntR."
    yield (
        "memo-long.pkl",
        b"\x80\x04"
        + _short("os")
        + b"r\xff\xff\xff\x7f0j\xff\xff\xff\x7f"
        + _short("system")
        + b"\x93"
        + argument
        + b"R.",
    )
    yield "dup.pkl", b"\x80\x04" + _short("os") + b"2" + b"0" + _short("system") + b"\x93" + argument + b"R."
    yield "pop-mark.pkl", b"\x80\x04((1" + b"1" + b"cos\nsystem\n" + argument + b"R."
    yield (
        "computed-name.pkl",
        b"\x80\x04c_codecs\nencode\n" + _short("os") + b"\x85R" + _short("system") + b"\x93" + argument + b"R.",
    )
    yield "computed-from-tuple.pkl", b"\x80\x04" + _short("os") + b"\x85" + _short("system") + b"\x93."
    yield "dotted.pkl", b"\x80\x04" + _short("sklearn.base") + _short("os.system") + b"\x93" + argument + b"R."
    yield "dotted-subclasses.pkl", b"\x80\x04" + _short("builtins") + _short("object.__subclasses__") + b"\x93)R."
    yield "string-escapes.pkl", b"S'o\\x73'\nS'\\163ystem'\n\x93(S'true'\ntR."
    yield "unicode-escapes.pkl", b"Vo\\u0073\nVsystem\n\x93(Vtrue\ntR."
    yield "string-not-ascii.pkl", b"S'\xe9'\n0cos\nsystem\n(S'true'\ntR."
    yield "binstring.pkl", b"\x80\x02U\x02osU\x06system\x93U\x04true\x85R."
    yield "long-text.pkl", b"\x80\x04\x8d\x02\0\0\0\0\0\0\0osX\x06\0\0\0system\x93" + argument + b"R."
    yield "frame-lies.pkl", b"\x80\x04\x95\x05\0\0\0\0\0\0\0" + SYSTEM[2:]
    yield "extension-1.pkl", b"\x80\x02\x82\x01)R."
    yield "extension-2.pkl", b"\x80\x02\x83\x01\x01)R."
    yield "extension-4.pkl", b"\x80\x02\x84\x01\x01\x01\x01)R."
    yield "persistent-line.pkl", b"Ppayload\n."
    yield "persistent-value.pkl", b"\x80\x02" + _short("x") + b"Q."
    yield "call-of-result.pkl", b"\x80\x02ccollections\nOrderedDict\n)R)R."
    yield (
        "setstate.pkl",
        b"\x80\x02ccollections\nOrderedDict\n)R}" + _short("__setstate__") + b"cbuiltins\nlist\nsbK\x01b.",
    )
    yield "build-on-class.pkl", b"\x80\x02ccollections\nOrderedDict\n}" + _short("x") + b"K\x01sb."
    yield "items-on-class.pkl", b"\x80\x02ccollections\nOrderedDict\n" + _short("x") + b"K\x01s."
    yield "append-on-class.pkl", b"\x80\x02ccollections\ndeque\nK\x01a."
    yield "buffer.pkl", b"\x80\x05\x97."
    yield "nested-raw.pkl", b"\x80\x04B" + struct.pack("<I", len(SYSTEM)) + SYSTEM + b"."
    yield "nested-bytearray.pkl", b"\x80\x05\x96" + struct.pack("<Q", len(SYSTEM)) + SYSTEM + b"."
    yield "nested-text.pkl", b"\x80\x04" + _short("cos\nsystem\n(S'true'\ntR.") + b"."
    yield "nested-base64.pkl", b"\x80\x04" + _short(base64.b64encode(SYSTEM).decode()) + b"."
    yield "nested-hex.pkl", b"\x80\x04" + _short(SYSTEM.hex()) + b"."
    yield "second-pickle.pkl", b"\x80\x04N." + SYSTEM
    yield "third-pickle.pkl", b"\x80\x04N.\x80\x02K\x01." + call("os", "system", 0)
    yield "rebuild-from-type.pkl", b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\nccollections\nOrderedDict\n\x85R."
    yield (
        "torch-in-bytes.pkl",
        b"\x80\x04ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(SYSTEM)) + SYSTEM + b"\x85R.",
    )
    yield "torch-in-computed-bytes.pkl", b"\x80\x04ctorch.storage\n_load_from_bytes\n" + _short("x") + b"\x85R."
    yield "module-with-space.pkl", b"cmy module\nrun\n(tR."
    yield "constructor-with-file.pkl", b"\x80\x02clightgbm.basic\nBooster\n" + _short("/etc/passwd") + b"\x85R."
    yield "no-header.pkl", SYSTEM[2:]
    yield "result-thrown-away.pkl", SYSTEM[:-1] + b"0N."
    yield "import-only.pkl", b"\x80\x02cantigravity\nx\n."
    yield "fix-imports.pkl", b"\x80\x02ccommands\ngetoutput\n" + argument + b"R."
    yield "old-name-new-protocol.pkl", b"\x80\x04c__builtin__\neval\n" + argument + b"R."


def _broken_pickles() -> Iterator[tuple[str, bytes]]:
    yield "broken-after.pkl", SYSTEM[:-1] + b"\xff"
    yield "broken-truncated.pkl", SYSTEM[:-1]
    yield "broken-stack.pkl", b"\x80\x04R."
    yield "broken-memo.pkl", b"\x80\x04h\x07."
    yield "broken-protocol.pkl", b"\x80\x04N0" + b"\x80\x09."
    yield "broken-length.pkl", b"\x80\x04\x8d" + b"\xff" * 8 + b"."
    yield "broken-negative.pkl", b"\x80\x02T\xff\xff\xff\xff."
    yield "broken-opcode.pkl", b"\x80\x04\xfe."
    yield "trailing-bytes.pkl", b"\x80\x04N.\x00\x01\x02 payload"
    yield "marks-only.pkl", b"\x80\x04((((."


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


_TORCH = {"m/data.pkl": b"\x80\x02}.", "m/version": b"3\n", "m/data/0": b"\0" * 16}


def _patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _zips() -> Iterator[tuple[str, bytes]]:
    good = _zip(_TORCH)
    central = good.index(b"PK\x01\x02")
    evil = _zip({**_TORCH, "m/data.pkl": SYSTEM})
    yield "torch-call.pt", evil
    yield "torch-call-deflated.pt", _zip({**_TORCH, "m/data.pkl": SYSTEM}, zipfile.ZIP_DEFLATED)
    yield "torch-call-bzip2.pt", _zip({**_TORCH, "m/data.pkl": SYSTEM}, zipfile.ZIP_BZIP2)
    yield "torch-second-pickle.pt", _zip({**_TORCH, "m/other.bin": SYSTEM})
    yield "torch-storage-is-pickle.pt", _zip({**_TORCH, "m/data/1": SYSTEM})
    yield "torch-storage-is-old-pickle.pt", _zip({**_TORCH, "m/data/1": b"cos\nsystem\n(S'true'\ntR."})
    yield "torch-version-is-pickle.pt", _zip({**_TORCH, "m/version": b"cos\nsystem\n(S'true'\ntR."})
    yield "torch-constants.pt", _zip({**_TORCH, "m/constants.pkl": SYSTEM, "m/code/a.py": b"x"})
    yield "zip-name-differs.pt", _patched(good, good.index(b"m/data.pkl"), b"m/evil.pkl")
    yield "zip-crc-flipped.pt", _patched(good, central + 16, b"\1\2\3\4")
    yield "zip-both-crc-flipped.pt", _patched(_patched(good, central + 16, b"\1\2\3\4"), 14, b"\1\2\3\4")
    yield "zip-data-flipped.pt", _patched(good, good.index(b"\0" * 16), b"\1")
    yield "zip-size-differs.pt", _patched(good, 22, b"\x02\0\0\0")
    yield "zip-method-differs.pt", _patched(good, 8, b"\x08\0")
    yield "zip-encrypted-flag.pt", _patched(evil, evil.index(b"PK\x01\x02") + 8, b"\1\0")
    yield "zip-encrypted-local.pt", _patched(good, 6, b"\1\0")
    yield "zip-strong-flag.pt", _patched(evil, evil.index(b"PK\x01\x02") + 8, b"\x40\0")
    yield "zip-no-directory.pt", good[:central]
    yield "zip-prefix.pt", b"#!x\n" + good
    yield "zip-trailing.pt", good + b"payload"
    yield "zip-two-ends.pt", good + good
    yield "zip-header-elsewhere.pt", _patched(good, central + 42, b"\x01\0\0\0")
    yield "zip-traversal.zip", _zip({"../../evil.txt": b"x"})
    yield "zip-absolute.zip", _zip({"/etc/cron.d/x": b"x"})
    yield "zip-drive.zip", _zip({"C:\\x": b"x"})
    yield "zip-in-zip.zip", _zip({"a.zip": _zip({"b.zip": evil})})
    yield "zip-wrong-name.zip", _zip({"notes.txt": SYSTEM})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for payload in (b"\x80\x02}.", SYSTEM):
            archive.writestr(zipfile.ZipInfo("m/data.pkl"), payload)
    yield "zip-duplicate.pt", buffer.getvalue()
    hidden = good[: good.index(b"PK\x03\x04", 4)]
    yield "zip-unlisted-member.pt", _unlisted(hidden, good)


def _unlisted(member: bytes, archive: bytes) -> bytes:
    """Put a member before an archive without listing it, and move every offset of the directory."""
    start = archive.index(b"PK\x01\x02")
    body, tail, shift = archive[:start], bytearray(archive[start:]), len(member)
    position = 0
    while tail[position : position + 4] == b"PK\x01\x02":
        names, extras, comments = struct.unpack_from("<HHH", tail, position + 28)
        offset = struct.unpack_from("<I", tail, position + 42)[0]
        struct.pack_into("<I", tail, position + 42, offset + shift)
        position += 46 + names + extras + comments
    struct.pack_into("<I", tail, position + 16, start + shift)
    return member + body + bytes(tail)


def _tar(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.type, entry.linkname = len(data), kind, link
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _with_arrow(codec: str, data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def _containers() -> Iterator[tuple[str, bytes]]:
    yield "tar-pickle.tar", _tar("pickle", SYSTEM)
    yield "tar-traversal.tar", _tar("../x", b"x")
    yield "tar-link.tar", _tar("x", kind=tarfile.SYMTYPE, link="/etc/passwd")
    yield "tar-device.tar", _tar("x", kind=tarfile.CHRTYPE)
    yield "tar-long-name.tar", _tar("a" * 150, SYSTEM)
    yield "tar-hides-zip.tar", _tar("x.bin", _zip({"a": SYSTEM}))
    for name, pack in (
        ("zlib", zlib.compress), ("gzip", lambda d: gzip.compress(d, mtime=0)), ("bz2", bz2.compress), ("xz", lzma.compress),
        ("lzma", lambda d: lzma.compress(d, lzma.FORMAT_ALONE)), ("lz4", partial(_with_arrow, "lz4")),
        ("zstd", partial(_with_arrow, "zstd")),
    ):  # fmt: skip
        yield f"joblib-{name}.joblib", pack(SYSTEM)
        yield f"cut-{name}.joblib", pack(SYSTEM + bytes(range(256)) * 8)[:-6]
        yield f"trailing-{name}.joblib", pack(b"\x80\x04N.") + b"payload"
    nested = SYSTEM
    for _ in range(4):
        nested = gzip.compress(nested, mtime=0)
    yield "gzip-four-times.gz", nested


def _wrapper(shape: int, payload: bytes, dtype: str = "u1") -> bytes:
    """Return a joblib file with one inline array of `shape` bytes, and what follows it."""
    state = (
        b"}(" + _short("subclass") + b"cnumpy\nndarray\n" + _short("shape") + b"K" + bytes((shape,)) + b"\x85"
        + _short("order") + _short("C") + _short("dtype") + b"cnumpy\ndtype\n" + _short(dtype) + b"\x89\x88\x87R"
        + _short("allow_mmap") + b"\x89u"
    )  # fmt: skip
    return b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b" + payload


def _npy(descr: str, shape: str, body: bytes, version: int = 1) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + header + body


def _arrays() -> Iterator[tuple[str, bytes]]:
    yield "joblib-after-array.joblib", _wrapper(3, b"abc" + SYSTEM[2:])
    yield "joblib-array-runs.joblib", _wrapper(len(SYSTEM), SYSTEM + b".")
    yield "joblib-object-array.joblib", _wrapper(1, SYSTEM + b".", "O8")
    yield "joblib-strange-dtype.joblib", _wrapper(1, b"a.", "f8,O")
    yield "joblib-array-too-long.joblib", _wrapper(200, b"abc.")
    yield "npy-object.npy", _npy("'|O'", "(1,)", SYSTEM)
    yield "npy-object-v2.npy", _npy("'O'", "(1,)", SYSTEM, 2)
    yield "npy-object-v3.npy", _npy("[('a', '|O'), ('b', '<f8')]", "(1,)", SYSTEM, 3)
    yield "npy-header-calls.npy", _npy("__import__('os').system('true')", "(1,)", b"")
    yield "npy-too-short.npy", _npy("'<f8'", "(4,)", b"\0" * 8)
    yield "npy-too-long.npy", _npy("'<f8'", "(1,)", b"\0" * 8 + SYSTEM)
    yield "npy-negative.npy", _npy("'<f8'", "(-1,)", b"")
    yield "npy-strange-type.npy", _npy("'f8,O'", "(1,)", SYSTEM)
    yield "npy-deep-header.npy", _npy("(" * 900 + ")" * 900, "(1,)", b"")
    yield "npy-long-header.npy", _npy("'<f8'", "(" + "1," * 9000 + ")", b"\0" * 8)
    yield "npz-object.npz", _zip({"x.npy": _npy("'|O'", "(1,)", SYSTEM)})
    yield "npz-object-deflated.npz", _zip({"x.npy": _npy("'|O'", "(1,)", SYSTEM)}, zipfile.ZIP_DEFLATED)
    yield "npz-bare-pickle.npz", _zip({"x.npy": SYSTEM})


def _st(header: object, body: bytes = b"", length: int | None = None) -> bytes:
    raw = header.encode() if isinstance(header, str) else json.dumps(header).encode()
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw + body


def _tensor(start: int, end: int, shape: int = 1, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": [shape], "data_offsets": [start, end]}


def _safetensors() -> Iterator[tuple[str, bytes]]:
    yield "st-overlap.safetensors", _st({"a": _tensor(0, 4), "b": _tensor(2, 6)}, b"\0" * 6)
    yield "st-hole.safetensors", _st({"a": _tensor(0, 4), "b": _tensor(8, 12)}, b"\0" * 12)
    yield "st-outside.safetensors", _st({"a": _tensor(0, 4)}, b"\0" * 2)
    yield "st-trailing.safetensors", _st({"a": _tensor(0, 4)}, b"\0" * 4 + SYSTEM)
    yield "st-duplicate.safetensors", _st('{"a":%s,"a":%s}' % ((json.dumps(_tensor(0, 4)),) * 2), b"\0" * 4)
    yield "st-huge-header.safetensors", _st({"a": _tensor(0, 4)}, b"\0" * 4, 1 << 30)
    yield "st-2-63-header.safetensors", _st('{"__metadata__":{}}', b"", 1 << 63)
    yield "st-not-json.safetensors", _st('{"a":', b"\0" * 4)
    yield "st-unknown-type.safetensors", _st({"a": _tensor(0, 4, 1, "OBJ")}, b"\0" * 4)
    yield "st-shape-lies.safetensors", _st({"a": _tensor(0, 4, 9)}, b"\0" * 4)
    yield "st-negative.safetensors", _st({"a": _tensor(-4, 0)}, b"\0" * 4)
    yield "st-true-offset.safetensors", _st('{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', b"\0")
    yield "st-metadata-type.safetensors", _st({"__metadata__": {"a": 1}})
    yield "st-metadata-code.safetensors", _st({"__metadata__": {"a": "import os; os.system('true')"}})
    yield "polyglot.gguf", b"GGUF\x03\0\0\0\0" + call("os", "system", 0)  # G and eight bytes are a float to pickle
    yield "st-deep-json.safetensors", _st('{"a":' + "[" * 100_000)


def _texts() -> Iterator[tuple[str, bytes]]:
    yield "setup.py", b"import os\nos.system('true')\n"
    yield "run.sh", b"#!/bin/sh\ntrue\n"
    yield "config.yaml", b"a: !!python/object/apply:os.system ['true']\n"
    yield "tag.yaml", b"%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.system ['true']\n"
    yield "verbatim.yaml", b"a: !<tag:yaml.org,2002:python/object/apply:os.system> ['true']\n"
    yield "hydra.yaml", b"_target_: os.system\ncommand: 'true'\n"
    yield "auto-map.json", b'{"auto_map": {"AutoModel": "modeling.Evil"}}'
    yield "jsonpickle.json", b'{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["true"]}]}'
    yield "lambda.json", b'{"layers": [{"class_name": "Lambda", "config": {"function": ["x"]}}]}'
    yield "template.json", b'{"chat_template": "{{ x.__class__.__mro__ }}"}'
    yield "template.jinja", b"{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}"
    yield "broken.json", b'{"a": '


def _models() -> Iterator[tuple[str, bytes]]:
    node = {
        "__class__": "LogisticRegression",
        "__module__": "sklearn.linear_model._logistic",
        "__loader__": "ObjectNode",
    }
    for name, extra in (
        ("system", {"__class__": "system", "__module__": "os"}),
        ("unknown", {"__class__": "Mine", "__module__": "acme"}),
        ("loader", {"__loader__": "EvilNode"}),
        ("operator", {"__loader__": "OperatorFuncNode", "__class__": "methodcaller", "__module__": "operator"}),
        ("function", {"__loader__": "FunctionNode", "content": {"module_path": "os", "function": "system"}}),
    ):
        yield f"skops-{name}.skops", _zip({"schema.json": json.dumps({**node, "content": {**node, **extra}}).encode()})
    yield "skops-pickle.skops", _zip({"schema.json": json.dumps(node).encode(), "a.npy": SYSTEM})
    for name, model in _onnx().items():
        yield f"onnx-{name}.onnx", model


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def _model(node: bytes = b"", tensor: bytes = b"", extra: bytes = b"") -> bytes:
    graph = _field(1, node or _op("Relu")) + (_field(5, tensor) if tensor else b"") + _field(2, b"g")
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 17)) + extra


def _op(name: str, domain: str = "", attribute: bytes = b"") -> bytes:
    return (
        _field(1, b"x")
        + _field(2, b"y")
        + _field(4, name.encode())
        + _field(7, domain.encode())
        + (_field(5, attribute) if attribute else b"")
    )


def _outside(location: str, **more: str) -> bytes:
    pairs = {"location": location, **more}
    entries = b"".join(_field(13, _field(1, k.encode()) + _field(2, v.encode())) for k, v in pairs.items())
    return _field(1, 1) + _field(2, 1) + _field(8, b"w") + entries + _field(14, 1)


def _onnx() -> dict[str, bytes]:
    loop = _field(1, b"body") + _field(6, _field(1, _op("PyOp", "com.microsoft")))
    models = {
        f"outside-{index}": _model(tensor=_outside(location))
        for index, location in enumerate(
            (
                "/etc/passwd",
                "../../etc/passwd",
                "a/../../x",
                "C:\\x",
                "\\\\host\\x",
                "file:///etc/passwd",
                "*/_ORT_MEM_ADDR_/*",
                "~/x",
            ),
        )
    }
    return models | {
        "outside-offset": _model(tensor=_outside("w.bin", offset="-1")),
        "outside-nowhere": _model(tensor=_field(1, 1) + _field(2, 1) + _field(14, 1)),
        "domain": _model(_op("Evil", "acme.ops")),
        "operator": _model(_op("RunCommand")),
        "python": _model(_op("PythonOp", "com.microsoft")),
        "subgraph": _model(_op("Loop", "", loop)),
        "tensor-size": _model(tensor=_field(1, 100) + _field(2, 1) + _field(9, b"\0" * 4)),
        "tensor-negative": _model(tensor=_field(1, (1 << 64) - 1) + _field(2, 1) + _field(9, b"\0" * 4)),
        "broken-graph": _field(1, 8) + _field(7, b"\x0a\xff\x01") + _field(8, _field(2, 17)),
        "function": _model(extra=_field(25, _field(1, b"f") + _field(10, b"own") + _field(7, _op("Evil", "acme")))),
        "truncated": (_field(1, 8) + _field(2, b"x") + _model()[2:])[:-4],
    }


def main() -> None:
    """Write the museum into the folder of the first argument."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in museum():
        (folder / name.replace("/", "_")).write_bytes(data)


if __name__ == "__main__":
    main()
