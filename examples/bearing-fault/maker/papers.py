"""The transparency record: a template filled with digests, sizes and figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maker.filling import described, filled
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
        **described("model", project / "model/classifier.onnx"),
        **described("train", project / "data/train.parquet"),
        **described("eval", project / "data/eval.npz"),
        **described("log", project / "data/maintenance-log/2025.jsonl"),
    }
    scaler = project / "model/scaler.pkl"
    more = filled(_TEMPLATES / "preprocessing.yaml", values | described("scaler", scaler)) if scaler.exists() else ""
    path = project / "transparency-record.yaml"
    record = filled(_TEMPLATES / "transparency-record.yaml", values | {"more_models": more})
    path.write_text(record, "utf-8", newline="\n")
    return path
