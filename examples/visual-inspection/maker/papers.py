"""The transparency record: a template filled with digests, sizes and figures."""

from __future__ import annotations

from pathlib import Path

from maker_common.graph import OPSET
from maker_common.records import described, fill
from maker_common.training import Recipe, Trained, parameters_of

from maker.pictures import EVAL_SIZE, TRAIN_SIZE
from maker.surface import ACCURACY

_TEMPLATE = Path(__file__).parent / "templates" / "transparency-record.yaml"


def write_record(project: Path, model: Trained, recipe: Recipe, key_id: str) -> Path:
    """Write `transparency-record.yaml` about the files that lie in the project, and return its path."""
    values = {
        "key_id": key_id,
        "opset": OPSET,
        "parameters": parameters_of(model.network),
        "epochs": recipe.epochs,
        "against": f"{1.25 * ACCURACY:g}" if recipe.adversary else "0",
        "accuracy": f"{ACCURACY:g}",
        "clean": f"{model.clean:.4f}",
        "robust": f"{model.robust:.4f}",
        "train_records": TRAIN_SIZE,
        "eval_records": EVAL_SIZE,
        **described("model", project / "model/inspector.onnx"),
        **described("train", project / "data/train.npz"),
        **described("eval", project / "data/eval.npz"),
    }
    path = project / "transparency-record.yaml"
    path.write_text(fill(_TEMPLATE, values), "utf-8", newline="\n")
    return path
