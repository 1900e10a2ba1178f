"""A year of maintenance notes in Chinese and English, full of numbers that look personal and are not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np

from maker.windows import serial_number

if TYPE_CHECKING:
    from pathlib import Path

SEED, RECORDS = 20250103, 4000
_SHANGHAI = timezone(timedelta(hours=8))
_FIRST = datetime(2025, 1, 1, 0, 20, tzinfo=_SHANGHAI)
_PARTS = ("6205-2RS/C3", "6205-2Z", "NU205-ECP", "DIN471-25x1.2", "HN1-25/62-NBR", "M8x40-8.8-ZN")
_NOTES = (
    ("lubrication", "主轴加注黄油约{grams}克，油嘴通畅，温升{rise}℃，属正常范围。"),
    ("lubrication", "Regreased with {grams} g, temperature rise {rise} K after 30 min, no noise."),
    ("replacement", "更换轴承{part}，批次{lot}，序列号{serial}，垫两张0.05垫片后间隙合格。"),
    ("replacement", "Replaced {part} (lot {lot}, serial {serial}); clearance 0.0{grams} mm, torque 25 N·m."),
    ("inspection", "振动有效值{rms} g，高频段无明显冲击，包络谱未见外圈特征频率，石墨密封完好。"),
    ("inspection", "Envelope spectrum shows a line at {rate} Hz (3.58 x shaft); watch weekly, ref {document}."),
    ("alarm", "报警编号{document}，{stamp}触发，复位后连续运行{grams}小时未再出现，金属屑未见异常。"),
    ("alarm", "Alarm {document} at {stamp} cleared after balancing; RMS fell to {rms} g."),
    ("spares", "领用{part}共{rise}件，物料凭证{document}，条码{barcode}，库位W3-{rise}-0{grams}。"),
    ("spares", "Issued {rise} pcs of {part}, barcode {barcode}, goods movement {document}."),
)


def write_log(path: Path, changes: dict[int, dict[str, object]] | None = None) -> int:
    """Write one JSON object a line and return how many; `changes` replaces fields of single records."""
    rng = np.random.default_rng(SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in range(RECORDS):
            record = _record(row, rng) | (changes or {}).get(row, {})
            stream.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    return RECORDS


def _record(row: int, rng: np.random.Generator) -> dict[str, object]:
    """Return one entry; operators are known by a pseudonym whose key is not in this project."""
    at = _FIRST + timedelta(minutes=131 * row + int(rng.integers(0, 90)))
    kind, note = _NOTES[int(rng.integers(len(_NOTES)))]
    part = _PARTS[int(rng.integers(len(_PARTS)))]
    lot = f"L24-{int(rng.integers(1, 53)):02d}-{'ABCD'[int(rng.integers(4))]}"
    rms = round(float(rng.uniform(0.08, 0.42)), 3)
    words = {
        "grams": int(rng.integers(2, 9)),
        "rise": int(rng.integers(3, 12)),
        "part": part,
        "lot": lot,
        "serial": serial_number(int(rng.integers(8000))),
        "rms": rms,
        "rate": round(float(rng.uniform(103, 108)), 1),
        "document": f"49{row:08d}",
        "stamp": f"{at:%Y%m%d%H%M%S}{int(rng.integers(1000)):03d}",
        "barcode": f"00{row * 7919 % 10**11:011d}",
    }
    return {
        "ts": at.isoformat(),
        "order": f"WO-2025-{row:07d}",
        "asset": f"L3-SP-{int(rng.integers(1, 13)):02d}",
        "operator": f"tech-{'abcdefgh'[int(rng.integers(8))]}{int(rng.integers(10))}",
        "kind": kind,
        "note": note.format(**words),
        "minutes": int(rng.integers(5, 90)),
        "rms_g": rms,
        "epoch_ms": int(at.timestamp() * 1000),
    }
