"""The differentiable twin of an ONNX model, used only where it agrees with the original."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, MissingExtraError, Quantity, msg, need
from aigov_checks.model.robustness.predictor import Answer

if TYPE_CHECKING:
    from aigov.model import File
    from aigov_checks.model.robustness.onnx_predictor import OnnxPredictor
    from aigov_checks.model.robustness.predictor import Array, Predictor, Twin

TOLERANCE = 1e-4
"""Largest difference between the twin and onnxruntime, relative to the largest output (at least 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class OnnxTwin:
    """A translated graph on torch; implements `Gradients`."""

    program: Any  # translate.Program, which holds torch tensors
    threshold: float
    """Where a model with one value a sample changes to class 1."""
    batch: int | None
    plain: bool = False
    """Whether the one value a sample is what the model predicts, and no score of two classes."""
    device: str = "cpu"
    """Where it computes."""

    def values(self, x: Any) -> Any:  # torch is untyped
        """Return differentiable predicted values, shape (n,)."""
        return self.outputs(x)[:, 0]

    @property
    def edge(self) -> float:
        """Where a model with one value a sample changes to class 1, before any final sigmoid."""
        return edge_of(self.threshold, squashed=self.squashed)

    @property
    def squashed(self) -> bool:
        """Whether the graph ends in a softmax or sigmoid."""
        return bool(self.program.squashed)

    def on(self, device: str) -> OnnxTwin:
        """Return the same twin on another device."""
        return replace(self, program=self.program.on(device), device=device)

    def logits(self, x: Any) -> Any:  # torch is untyped
        """Return differentiable scores before any final softmax or sigmoid, shape (n, classes)."""
        return columns(self._in_batches(x, self.program.logits), self.edge)

    def outputs(self, x: Any) -> Any:  # torch is untyped
        """Return the outputs as the original gives them, shape (n, classes)."""
        raw = self._in_batches(x, self.program.outputs)
        return raw.reshape(raw.shape[0], -1) if self.plain else columns(raw, self.threshold)

    def straight(self) -> OnnxTwin | None:
        """Return the twin with a slope through rounding and quantisation; None where the graph has none."""
        program = self.program.straight()
        return None if program is None else replace(self, program=program)

    def _in_batches(self, x: Any, run: Any) -> Any:  # torch is untyped
        return in_batches(x.to(self.device), run, self.batch)


def twin_of(file: File, predictor: OnnxPredictor, clean: Array) -> tuple[Twin | None, Message | None]:
    """Return the twin, or the reason why the gradient stages cannot run.

    Agreement is checked on the clean samples, in the precision of the model.
    """
    if predictor.answer is Answer.LABELS:
        return None, msg("robustness.note.no-scores-to-follow")
    try:
        need("torch", "torch")
    except MissingExtraError as missing:
        return None, msg("robustness.note.no-gradients", reason=missing.message)
    from aigov_checks.model.robustness.translate import UntranslatableError, translate  # needs torch, an extra

    try:
        program = translate(file.path, predictor.head.output)
    except UntranslatableError as error:
        return None, msg("robustness.note.no-gradients", reason=error.message)
    reasons = []
    for batch in dict.fromkeys((None, predictor.batch)):
        twin = OnnxTwin(program, predictor.head.threshold, batch, plain=predictor.answer is Answer.VALUES)
        reason = disagreement(twin, predictor, clean[:256])
        if reason is None:
            return twin, None
        reasons.append(reason)
    return None, msg("robustness.note.no-gradients", reason=reasons[-1])


def edge_of(threshold: float, *, squashed: bool) -> float:
    """Return where a model with one value a sample changes to class 1, before any final sigmoid."""
    if not squashed:
        return threshold
    return math.log(threshold / (1 - threshold)) if 0 < threshold < 1 else 0.0


def in_batches(x: Any, run: Any, batch: int | None) -> Any:  # torch is untyped
    """Return what a function makes of samples that it takes so many at a time, the last ones filled up."""
    if batch is None:
        return run(x)
    import torch  # needs torch, an extra

    parts = []
    for start in range(0, len(x), batch):
        part = x[start : start + batch]
        fill = batch - len(part)
        padded = torch.cat([part, part[-1:].expand(fill, *part.shape[1:])]) if fill else part
        parts.append(run(padded)[: len(part)])
    return torch.cat(parts)


def columns(raw: Any, threshold: float) -> Any:  # torch is untyped
    """Return one score a class; one value a sample means class 1 above the threshold."""
    import torch  # needs torch, an extra

    rows = raw.reshape(raw.shape[0], -1)
    return rows if rows.shape[1] > 1 else torch.cat([threshold - rows, rows - threshold], dim=1)


def disagreement(twin: Twin, predictor: Predictor, clean: Array) -> Message | None:
    """Return why a twin answers otherwise than its original, None where it does not."""
    import torch  # needs torch, an extra

    original = predictor.scores(clean)
    try:
        with torch.no_grad():
            translated = twin.outputs(torch.from_numpy(clean.copy())).cpu().numpy()
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError) as error:
        return msg("robustness.untranslatable.run", error=type(error).__name__)
    if translated.shape != original.shape:
        return msg("robustness.untranslatable.run", error="shape")
    finite = np.isfinite(original)
    if not finite.any():
        return msg("robustness.untranslatable.run", error="NaN")
    gap = float(np.abs(translated - original)[finite].max())
    scale = max(1.0, float(np.abs(original[finite]).max()))
    if not gap <= TOLERANCE * scale:
        return msg("robustness.untranslatable.differs", gap=Quantity(gap, "number"))
    return None
