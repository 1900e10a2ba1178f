"""From a file or a live object of XGBoost, LightGBM or CatBoost to a predictor with its exact structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.robustness.boosted.catboost_document import is_catboost_json, read_catboost_json
from aigov_checks.model.robustness.boosted.catboost_file import MARK, read_catboost
from aigov_checks.model.robustness.boosted.lightgbm_text import read_lightgbm
from aigov_checks.model.robustness.boosted.model import Boosted, ensemble_of, identity
from aigov_checks.model.robustness.boosted.predictor import BoostedPredictor
from aigov_checks.model.robustness.boosted.xgboost_document import read_xgboost
from aigov_checks.model.robustness.predictor import Array, Opened, Wanted
from aigov_checks.model.robustness.tree_parts import UnsoundTreeError
from aigov_checks.model.serialization.boosting import is_legacy_xgboost, is_lightgbm
from aigov_checks.model.serialization.ubjson import is_ubjson

if TYPE_CHECKING:
    from aigov.model import File

_MOST_BYTES = 1 << 28
_HEAD = 64
_TOLERANCE = 1e-5
"""Of the largest sum; a library may add in another order."""


def open_boosted(file: File, wanted: Wanted) -> Opened:
    """Return the model of a file.

    Raises:
        UnsupportedInputError: no such model, damaged, or with parts that are not read.
    """
    if file.size > _MOST_BYTES:
        raise UnsupportedInputError(msg("robustness.model-too-large", file=file.name))
    data = file.path.read_bytes()
    try:
        return _opened(_read(data, file.name, wanted))
    except UnsoundTreeError as error:
        raise UnsupportedInputError(msg("robustness.boosted.broken", file=file.name)) from error


def live_boosted(model: Any, clean: Array, wanted: Wanted) -> Opened | None:  # any object of the user's
    """Return a live model of XGBoost, LightGBM or CatBoost as its own file would say, or None where that is not read.

    What is read must give the sums that the object itself gives for the samples `clean`.
    """
    live = _live(model)
    if live is None or clean.ndim != 2:  # noqa: PLR2004  # rows and features
        return None
    try:
        found = _read(live.text, type(model).__name__, wanted)
        opened = _opened(found, tuple(np.asarray(getattr(model, "classes_", ())).tolist()))
    except (UnsupportedInputError, UnsoundTreeError):
        return None
    if opened.shape != clean.shape[1:] or opened.ensemble is None:
        return None
    # raw sums of a random forest of LightGBM are not yet a mean
    sums = BoostedPredictor(found, opened.ensemble).sums(clean) * found.divisor
    expected = np.asarray(live.sums(clean)).reshape(len(clean), -1)
    scale = max(1.0, float(np.abs(sums).max()))
    agrees = sums.shape == expected.shape and np.allclose(sums, expected, rtol=0, atol=_TOLERANCE * scale)
    return opened if agrees else None


def _read(data: bytes, name: str, wanted: Wanted) -> Boosted:
    head = data[:_HEAD]
    if is_lightgbm(head):
        return read_lightgbm(data, name, wanted)
    if head.startswith(MARK):
        return read_catboost(data, name, wanted)
    if head.lstrip()[:1] == b"{" and is_catboost_json(data):
        return read_catboost_json(data, name, wanted)
    if is_ubjson(head) or head.lstrip()[:1] == b"{":
        return read_xgboost(data, name, wanted)
    if is_legacy_xgboost(memoryview(data)):
        raise UnsupportedInputError(msg("robustness.boosted.legacy", file=name))
    raise UnsupportedInputError(msg("robustness.format", file=name))


def _opened(model: Boosted, labels: tuple[object, ...] = ()) -> Opened:
    ensemble = ensemble_of(model)
    opened = Opened(BoostedPredictor(model, ensemble, labels or model.labels), (model.features,), ensemble=ensemble)
    opened.link = None if model.link is identity else model.link
    opened.notes = list(model.notes)
    opened.names = model.names
    opened.facts = {"format": model.written_by, "objective": model.objective[:60], "trees": str(len(model.trees))}
    return opened


@dataclass(frozen=True, slots=True, eq=False)
class _Live:
    text: bytes
    sums: Callable[[Array], Any]  # an array


def _live(model: Any) -> _Live | None:  # any object of the user's
    """Return a model as its library writes it, and what gives its sums; None for any other object."""
    match type(model).__module__.partition(".")[0]:
        case "xgboost" if hasattr(model, "get_booster"):
            best, booster = getattr(model, "best_iteration", None), model.get_booster()
            text = bytes((booster if best is None else booster[: best + 1]).save_raw("json"))
            return _Live(text, partial(model.predict, output_margin=True))
        case "xgboost" if hasattr(model, "save_raw"):
            return _Live(bytes(model.save_raw("json")), partial(model.inplace_predict, predict_type="margin"))
        case "lightgbm":
            booster = getattr(model, "booster_", model)
            return _Live(str(booster.model_to_string()).encode(), partial(booster.predict, raw_score=True))
        case "catboost" if hasattr(model, "_serialize_model"):
            return _Live(bytes(model._serialize_model()), partial(model.predict, prediction_type="RawFormulaVal"))  # noqa: SLF001  # the public way writes a file
        case _:
            return None
