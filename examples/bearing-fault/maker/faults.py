"""The planted faults that are bytes: personal data, a flipped bit, a pickle that would run a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

if TYPE_CHECKING:
    from pathlib import Path

RESIDENT_ID = "11010519491231002X"
"""The worked example of GB 11643-1999: a right check digit, nobody's number."""
PERSONAL_RECORDS: dict[int, dict[str, object]] = {
    1207: {"note": f"外协人员张三进厂更换密封件，身份证{RESIDENT_ID}，手机13800138000，已登记。"},
    1208: {"operator": "张三", "contact": "13800138000"},
    2950: {"note": f"Contractor badge issued against ID {RESIDENT_ID}, call +86 138 0013 8000 before arrival."},
}
"""Row of the maintenance log to the fields planted there; names, numbers and telephones are specimens."""


def flip_weight_bit(model: Path) -> int:
    """Flip the lowest mantissa bit of the first weight of an ONNX file in place; return the byte's offset.

    No output changes visibly, which is why only the signature can tell.
    """
    data = bytearray(model.read_bytes())
    weights = onnx.load_from_string(bytes(data)).graph.initializer[0].raw_data
    offset = data.find(weights)
    data[offset] ^= 0x01
    model.write_bytes(bytes(data))
    return offset


def write_code_pickle(path: Path, command: str = "echo this would have run on your machine") -> None:
    """Write a pickle that calls `os.system` when loaded; assembled opcode by opcode, never loaded here.

    Opcodes: PROTO 4, the two names, STACK_GLOBAL, the argument, TUPLE1, REDUCE, STOP (Lib/pickletools.py).
    """
    text = b"".join(b"\x8c" + bytes([len(word)]) + word for word in (b"os", b"system"))
    argument = b"\x8c" + bytes([len(command)]) + command.encode("ascii")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x80\x04" + text + b"\x93" + argument + b"\x85R.")
