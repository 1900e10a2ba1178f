"""The transparency record: a template filled with digests, sizes and figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Template

from maker.graph import OPSET
from maker.training import DEFENDED
from maker.windows import EVAL_SIZE, TRAIN_SIZE

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the record says of the model and of the log; true or not is the caller's business."""

    clean: float
    """Accuracy without attack, 0 to 1."""
    robust: float
    """Accuracy under attack, 0 to 1."""
    parameters: int
    log_records: int


def write_record(project: Path, figures: Figures, key_id: str) -> Path:
    """Write `transparency-record.yaml` about the files that lie in the project, and return its path."""
    values = {
        "key_id": key_id,
        "opset": OPSET,
        "parameters": figures.parameters,
        "epochs": DEFENDED.epochs,
        "radius": f"{DEFENDED.radius:g}",
        "clean": f"{figures.clean:.4f}",
        "robust": f"{figures.robust:.4f}",
        "train_records": TRAIN_SIZE,
        "eval_records": EVAL_SIZE,
        "log_records": figures.log_records,
        **_file("model", project / "model/classifier.onnx"),
        **_file("train", project / "data/train.parquet"),
        **_file("eval", project / "data/eval.npz"),
        **_file("log", project / "data/maintenance-log/2025.jsonl"),
    }
    scaler = project / "model/scaler.pkl"
    more = _fill("preprocessing.yaml", values | _file("scaler", scaler)) if scaler.exists() else ""
    path = project / "transparency-record.yaml"
    path.write_text(_fill("transparency-record.yaml", values | {"more_models": more}), "utf-8", newline="\n")
    return path


def _file(name: str, path: Path) -> dict[str, object]:
    data = path.read_bytes()
    return {f"{name}_sha256": hashlib.sha256(data).hexdigest(), f"{name}_size": len(data)}


def _fill(template: str, values: dict[str, object]) -> str:
    return Template((_TEMPLATES / template).read_text("utf-8")).substitute(values)
