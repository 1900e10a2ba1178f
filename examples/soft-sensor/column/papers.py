"""The transparency record of the soft sensor, filled with digests, sizes and figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maker.filling import described, filled

from column.training import PARAMETERS, ROUNDS, SEED, TOLERANCE

_TEMPLATE = Path(__file__).parent / "templates/transparency-record.yaml"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the record says of the model."""

    clean: float
    """Share of the test values within the tolerance, 0 to 1."""
    robust: float
    """The same while every transmitter errs as badly as it may."""
    rmse: float
    """In mol %."""
    train_records: int
    eval_records: int


def write_record(project: Path, figures: Figures, key_id: str) -> Path:
    """Write `transparency-record.yaml` about the files that lie in the project, and return its path."""
    values = {
        "key_id": key_id,
        "rounds": ROUNDS,
        "depth": PARAMETERS["max_depth"],
        "seed": SEED,
        "tolerance": f"{TOLERANCE:g}",
        "clean": f"{figures.clean:.4f}",
        "robust": f"{figures.robust:.4f}",
        "rmse": f"{figures.rmse:.4f}",
        "train_records": figures.train_records,
        "eval_records": figures.eval_records,
        **described("model", project / "model/butane.ubj"),
        **described("train", project / "data/train.parquet"),
        **described("eval", project / "data/eval.parquet"),
    }
    path = project / "transparency-record.yaml"
    path.write_text(filled(_TEMPLATE, values), "utf-8", newline="\n")
    return path
