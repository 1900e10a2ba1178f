"""Hostile files of the formats that are neither pickles nor archives, made from descriptions; payloads are inert."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = Path(__file__).with_name("museum_files")
BENIGN = Path(__file__).with_name("benign")


def formats() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file."""
    for path in sorted(FILES.iterdir()):
        yield f"kept-{path.name}", path.read_bytes()
    yield from _gguf()
    yield from _keras()
    yield from _tensorflow()
    yield from _tflite()
    yield from _trees()
    yield from _xml()
    yield from _vendors()


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def field(number: int, value: bytes | int | str) -> bytes:
    """Return one protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(
    pairs: dict[str, str], tensors: tuple[tuple[str, tuple[int, ...], int, int], ...] = (), body: bytes = b""
) -> bytes:
    """Return a GGUF file with text metadata and tensors of (name, shape, type, offset)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    head += b"".join(_text(key) + struct.pack("<I", 8) + _text(value) for key, value in pairs.items())
    for name, shape, kind, offset in tensors:
        head += (
            _text(name)
            + struct.pack("<I", len(shape))
            + struct.pack(f"<{len(shape)}Q", *shape)
            + struct.pack("<IQ", kind, offset)
        )
    return head + bytes(-len(head) % 32) + body


def _gguf() -> Iterator[tuple[str, bytes]]:
    escapes = (
        "{{ ().__class__.__base__.__subclasses__() }}", "{{ cycler.__init__.__globals__.os.popen('true').read() }}",
        "{{ x|attr('\\x5f\\x5fclass') }}", "{% set a = lipsum.__globals__ %}", "{{ '}}' ~ ().__class__ }}",
        "{%- for c in namespace.__init__.__globals__ %}{%- endfor %}", '{{ "%}" | length }}{{ [].__class__ }}',
        "{{ self._TemplateReference__context }}", "{{ joiner.__init__ }}",
    )  # fmt: skip
    for index, template in enumerate(escapes):
        yield f"gguf-template-{index}.gguf", gguf({"tokenizer.chat_template": template})
    yield "gguf-second-template.gguf", gguf({"tokenizer.chat_template.tools": "{{ x.__class__ }}"})
    yield "gguf-metadata-code.gguf", gguf({"general.description": "import os; os.system('true')"})
    yield "gguf-twice.gguf", gguf({"a": "b"}, (("w", (4,), 0, 0), ("w", (4,), 0, 32)), bytes(48))
    yield "gguf-outside.gguf", gguf({}, (("w", (4,), 0, 1 << 40),), bytes(16))
    yield "gguf-overlap.gguf", gguf({}, (("v", (8,), 0, 0), ("w", (8,), 0, 16)), bytes(64))
    yield "gguf-overflow.gguf", gguf({}, (("w", (1 << 62, 1 << 62), 0, 0),), bytes(16))
    yield "gguf-block.gguf", gguf({}, (("w", (5,), 2, 0),), bytes(64))
    yield "gguf-trailing.gguf", gguf({}, (("w", (4,), 0, 0),), bytes(16) + b"payload" * 1000)
    yield "gguf-many-tensors.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 62, 0)
    yield "gguf-many-keys.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 62)
    yield "gguf-long-key.gguf", b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 63)
    yield "gguf-version.gguf", b"GGUF" + struct.pack("<IQQ", 99, 0, 0)
    yield "gguf-array.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + _text("a") + struct.pack("<IIQ", 9, 8, 1 << 60)
    nested = _text("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50
    yield "gguf-deep-array.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + nested
    yield (
        "gguf-alignment.gguf",
        gguf({})[:16] + struct.pack("<Q", 1) + _text("general.alignment") + struct.pack("<II", 4, 0),
    )


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _keras() -> Iterator[tuple[str, bytes]]:
    layers: dict[str, object] = {
        "lambda": {
            "class_name": "Lambda",
            "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}},
        },
        "nested-lambda": {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}},
        "torch-wrapper": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "gAI="}},
        "os": {"module": "os", "class_name": "system", "config": {}},
        "subprocess-function": {
            "module": "subprocess",
            "class_name": "function",
            "config": "run",
            "registered_name": "run",
        },
        "own-module": {"module": "acme.layers", "class_name": "Mine", "config": {}},
        "own-function": {"module": "builtins", "class_name": "function", "config": "my_activation"},
        "get-file": {"module": "keras.utils", "class_name": "function", "config": "get_file"},
        "enable-unsafe": {
            "module": "keras.config",
            "class_name": "function",
            "config": "enable_unsafe_deserialization",
        },
        "registered": {"class_name": "Custom>Mine", "config": {}},
        "vocabulary": {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
        "saved-model-layer": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/srv/x"}},
    }
    for name, layer in layers.items():
        config = json.dumps({"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}).encode()
        yield f"keras-{name}.keras", zip_of({"metadata.json": b"{}", "config.json": config, "model.weights.h5": b""})
        yield f"keras-{name}.json", config
    yield (
        "keras-weights-pickle.keras",
        zip_of({"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": b"cos\nsystem\n(S'true'\ntR."}),
    )
    yield "keras-asset-outside.keras", zip_of({"metadata.json": b"{}", "config.json": b"{}", "../assets/x": b"x"})
    with_bad_weights = (FILES / "external-link-latest.h5").read_bytes()
    yield (
        "keras-weights-link.keras",
        zip_of({"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": with_bad_weights}),
    )


def _node(name: str, *attributes: bytes) -> bytes:
    return field(1, "n") + field(2, name) + b"".join(field(5, a) for a in attributes)


def _saved(*nodes: bytes, library: bytes = b"", assets: bytes = b"") -> bytes:
    graph = b"".join(field(1, node) for node in (_node("Const"), *nodes)) + (field(2, library) if library else b"")
    return field(1, 1) + field(2, field(1, b"") + field(2, graph) + assets)


def _tensorflow() -> Iterator[tuple[str, bytes]]:
    names = ("PyFunc", "EagerPyFunc", "PyFuncStateless", "ReadFile", "WriteFile", "MatchingFiles", "TextLineDataset",
             "SaveDataset", "LMDBReader", "CreateSummaryFileWriter", "ImmutableConst", "RpcCall", "AcmeCustomOp")  # fmt: skip
    for name in names:
        yield f"tf-{name}.pb", _saved(_node(name))
    function = field(1, field(1, field(1, "inner")) + field(3, _node("WriteFile")))
    yield "tf-in-function.pb", _saved(library=function)
    yield (
        "tf-print-to-file.pb",
        _saved(_node("PrintV2", field(1, "output_stream") + field(2, field(2, "file:///tmp/x")))),
    )
    yield "tf-asset-outside.pb", _saved(assets=field(6, field(1, b"") + field(2, "../../etc/passwd")))
    yield "tf-no-version.pb", _saved(_node("PyFunc"))[2:]
    yield (
        "tf-frozen.pb",
        field(1, field(1, "x") + field(2, "Placeholder")) + field(1, _node("PyFunc")) + field(4, field(1, 27)),
    )
    yield "tf-broken.pb", _saved(_node("Add"))[:-3]
    metadata = '{"class_name": "Lambda", "config": {}}'
    entry = field(2, 1) + field(3, "root.layer") + field(4, "_tf_keras_layer") + field(5, metadata) + field(6, b"")
    yield "tf-keras-metadata.pb", field(1, entry)


def _table(*fields_: bytes | int | None) -> bytes:
    """Return a table whose fields are 32-bit numbers, or buffers that are placed after it and referred to."""
    vtable = struct.pack("<HH", 4 + 2 * len(fields_), 4 + 4 * len(fields_))
    slots, tail, inline = b"", b"", b""
    for index, value in enumerate(fields_):
        slots += struct.pack("<H", 0 if value is None else 4 + 4 * index)
        if isinstance(value, bytes):
            distance = 4 * (len(fields_) - index) + len(tail) + (value[0] | value[1] << 8 | value[2] << 16)
            inline += struct.pack("<I", distance)
            tail += value[4:]
        else:
            inline += struct.pack("<i", value or 0)
    table = struct.pack("<i", len(vtable) + len(slots)) + inline + tail
    return struct.pack("<I", len(vtable) + len(slots)) + vtable + slots + table


def _string(text: str) -> bytes:
    return struct.pack("<I", 0) + struct.pack("<I", len(text)) + text.encode() + b"\0" * (4 - len(text) % 4)


def _vector(*tables: bytes) -> bytes:
    offsets, tail = b"", b""
    for index, table in enumerate(tables):
        offsets += struct.pack("<I", 4 * (len(tables) - index) + len(tail) + int.from_bytes(table[:4], "little"))
        tail += table[4:]
    return struct.pack("<I", 0) + struct.pack("<I", len(tables)) + offsets + tail


def flatbuffer(table: bytes, mark: bytes = b"") -> bytes:
    """Return a whole buffer of one root table."""
    return struct.pack("<I", 4 + len(mark) + int.from_bytes(table[:4], "little")) + mark + table[4:]


def tflite(code: bytes, *rest: bytes | None) -> bytes:
    return flatbuffer(_table(3, _vector(code), *rest), b"TFL3")


def _tflite() -> Iterator[tuple[str, bytes]]:
    for name in ("AcmeOp", "FlexWriteFile", "FlexPyFunc", "FlexAcme"):
        yield f"tflite-{name}.tflite", tflite(_table(32, _string(name), 1, 32))
    yield "tflite-unknown-builtin.tflite", tflite(_table(9, None, 1, 9_999))
    operator = _vector(_table(7, None, None))
    yield "tflite-operator-index.tflite", tflite(_table(9, None, 1, 9), _vector(_table(None, None, None, operator)))
    tensor = _vector(_table(None, 0, 99, _string("w")))
    yield "tflite-buffer-index.tflite", tflite(_table(9, None, 1, 9), _vector(_table(tensor)))
    whole = next(BENIGN.glob("tensorflow-*/model.tflite")).read_bytes()
    yield "tflite-cut.tflite", whole[: len(whole) // 2]
    yield "tflite-root-outside.tflite", b"\xff\xff\xff\x7fTFL3" + bytes(32)
    yield "tflite-code-in-description.tflite", tflite(_table(9, None, 1, 9), None, _string("import os; os.system('x')"))


def _ubj(value: object) -> bytes:
    match value:
        case dict():
            return (
                b"{"
                + b"".join(b"L" + struct.pack(">q", len(k)) + k.encode() + _ubj(v) for k, v in value.items())
                + b"}"
            )
        case str():
            return b"SL" + struct.pack(">q", len(value)) + value.encode()
        case _:
            return b"[]"


def _trees() -> Iterator[tuple[str, bytes]]:
    yield "xgb-template.ubj", _ubj({"learner": {"attributes": {"x": "{{ ().__class__ }}"}}})
    yield "xgb-auto-map.ubj", _ubj({"learner": {"auto_map": {"a": "b"}}})
    yield "xgb-trailing.ubj", _ubj({"learner": {}}) + b"payload"
    yield "xgb-twice.ubj", b"{" + 2 * (b"L" + struct.pack(">q", 1) + b"a[]") + b"}"
    yield "xgb-huge-array.ubj", b"{L" + struct.pack(">q", 1) + b"a[$d#L" + struct.pack(">q", 1 << 60)
    yield "xgb-negative.ubj", b"{L" + struct.pack(">q", 1) + b"a[$d#L" + struct.pack(">q", -5) + b"}"
    yield "xgb-deep.ubj", b"{L" + struct.pack(">q", 1) + b"a" + b"[" * 5000
    old = next(BENIGN.glob("xgboost-1*/gbtree.model")).read_bytes()
    trees = old.index(b"gbtree") + 6
    yield "xgb-legacy-trees.model", old[:trees] + struct.pack("<i", -1) + old[trees + 4 :]
    yield "xgb-legacy-many-trees.model", old[:trees] + struct.pack("<i", 1 << 30) + old[trees + 4 :]
    yield "xgb-legacy-cut.model", old[: trees + 200]
    yield "xgb-legacy-booster.model", old.replace(b"gbtree", b"evilxx")
    text = next(BENIGN.glob("lightgbm-*/gbdt.txt")).read_bytes()
    yield "lgb-cut.txt", text[: text.index(b"end of trees")]
    yield "lgb-tree-missing.txt", text.replace(b"Tree=1\n", b"Twig=1\n")
    yield "lgb-code.txt", text.replace(b"end of parameters", b"import os; os.system('true')\nend of parameters")
    yield "lgb-line.txt", text.replace(b"end of trees", b"<script>alert(1)</script>\nend of trees")
    cat = next(BENIGN.glob("catboost-*/model.cbm")).read_bytes()
    yield "cat-length.cbm", cat[:4] + b"\xff\xff\xff\xff" + cat[8:]
    yield "cat-trailing.cbm", cat + b"payload"
    core = flatbuffer(_table(_string("FlabuffersModel_v1"), None, None, _vector(_string("evil_part"))))
    yield "cat-part.cbm", b"CBM1" + struct.pack("<I", len(core)) + core
    other = flatbuffer(_table(_string("Evil_v1")))
    yield "cat-format.cbm", b"CBM1" + struct.pack("<I", len(other)) + other


def _xml() -> Iterator[tuple[str, bytes]]:
    pmml = '<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4">%s</PMML>'
    yield (
        "pmml-entity.pmml",
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + pmml % "&e;").encode(),
    )
    laughs = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
    yield "pmml-laughs.pmml", f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{laughs}]><PMML>&e8;</PMML>'.encode()
    yield (
        "pmml-external-dtd.pmml",
        ('<?xml version="1.0"?><!DOCTYPE PMML SYSTEM "http://x.example/x.dtd">' + pmml % "").encode(),
    )
    yield (
        "pmml-utf16.pmml",
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY e "x">]>' + pmml % "").encode("utf-16"),
    )
    yield "pmml-script.pmml", (pmml % "<script>x()</script>").encode()
    yield "pmml-extension.pmml", (pmml % '<Extension name="x" value="import os; os.system(1)"/>').encode()
    yield "pmml-extension-text.pmml", (pmml % "<Extension>__import__('os')</Extension>").encode()
    yield (
        "pmml-include.pmml",
        (pmml % '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>').encode(),
    )
    yield "pmml-link.pmml", (pmml % '<DataDictionary href="http://x.example/x"/>').encode()
    yield "pmml-instruction.pmml", ('<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?>' + pmml % "").encode()
    yield "pmml-cut.pmml", (pmml % "<Header/>")[:-5].encode()
    yield "pmml-deep.pmml", ("<PMML>" + "<a>" * 5000).encode()
    net = '<?xml version="1.0"?><net name="m" version="11"><layers>%s</layers></net>'
    yield "ov-extension.xml", (net % '<layer id="0" name="a" type="Evil" version="extension"/>').encode()
    yield "ov-no-version.xml", (net % '<layer id="0" name="a" type="evil()"/>').encode()
    yield (
        "ov-offset.xml",
        (net % '<layer id="0" name="a" type="Const" version="opset1"><data offset="-1" size="4"/></layer>').encode(),
    )
    yield (
        "ov-library.xml",
        (net % '<layer id="0" name="a" type="Const" version="opset1"><data library="/tmp/evil.so"/></layer>').encode(),
    )
    yield "ov-entity.xml", ('<!DOCTYPE net [<!ENTITY x SYSTEM "/etc/passwd">]>' + (net % "")[21:]).encode()


def _vendors() -> Iterator[tuple[str, bytes]]:
    def coreml(number: int, body: bytes) -> bytes:
        return field(1, 4) + field(2, b"") + field(number, body)

    layer = field(1, "l") + field(500, field(10, "EvilLayer"))
    yield "coreml-layer.mlmodel", coreml(500, field(1, layer))
    yield "coreml-model.mlmodel", coreml(555, field(10, "EvilModel"))
    yield "coreml-linked.mlmodel", coreml(556, field(1, field(1, field(1, "../evil"))))
    yield "coreml-pipeline.mlmodel", coreml(202, field(1, coreml(555, field(10, "EvilModel"))))
    blob = field(1, "const") + field(5, field(1, "val") + field(2, field(5, field(1, "@model_path/../../etc/passwd"))))
    program = field(1, 1) + field(
        2, field(1, "main") + field(2, field(3, field(1, "CoreML5") + field(2, field(3, blob))))
    )
    yield "coreml-blob.mlmodel", coreml(502, program)
    weights = next(BENIGN.glob("coremltools-*/program.mlpackage/Data/*/weights/weight.bin")).read_bytes()
    yield "coreml-blob-outside.bin", weights[:80] + b"\xff" * 7 + weights[87:]

    def paddle(name: str) -> bytes:
        return field(1, field(1, 0) + field(2, 0) + field(4, field(3, name)))

    for name in ("py_func", "load", "save_combine", "pylayer", "acme_op"):
        yield f"paddle-{name}.pdmodel", paddle(name)
    yield "paddle-state.pdparams", b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R."
    tensors = next(BENIGN.glob("paddle*/old.pdiparams")).read_bytes()
    yield "paddle-tensor-cut.pdiparams", tensors[:-5]
    yield "paddle-tensor-type.pdiparams", tensors.replace(b"\x08\x05", b"\x08\x63", 1)

    def mindir(node: bytes, tensor: bytes = b"") -> bytes:
        graph = field(1, node) + (field(3, tensor) if tensor else b"") + field(2, "g")
        return field(1, "0.1.1") + field(2, "MindSpore") + field(7, graph)

    for name in ("PyFunc", "PyExecute", "REF::Custom", "PyInterpret"):
        yield f"mindspore-{name.replace(':', '_')}.mindir", mindir(field(4, name))
    yield "mindspore-outside.mindir", mindir(field(4, "Add"), field(7, "w") + field(12, field(1, "../../x")))
    yield (
        "mindspore-code.mindir",
        mindir(field(4, "Add") + field(5, field(1, "a") + field(4, "import os; os.system('x')"))),
    )
    checkpoint = next(BENIGN.glob("mindspore-*/net.ckpt")).read_bytes()
    yield "mindspore-cut.ckpt", checkpoint + checkpoint[:-3]
