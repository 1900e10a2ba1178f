"""The adversarial inputs that are kept as evidence: drawn by seed, and verified once more on the original model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aigov_checks.model.boxed.kept import LARGEST
from aigov_checks.model.robustness.cascade import verified
from aigov_checks.model.robustness.predictor import Array, Counted

if TYPE_CHECKING:
    from aigov import Dataset, Model
    from aigov_checks.model.robustness.budget import Budget
    from aigov_checks.model.robustness.cascade import Attacked
    from aigov_checks.model.robustness.measure import Result
    from aigov_checks.model.robustness.params import RobustnessParams


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """One sample before and after the attack, in the shape and precision of the model."""

    place: int
    """Among the samples drawn."""
    row: int
    """In the data set, counted from 0."""
    x: Array
    x_adv: Array
    before: float
    """Number of the class, or value, predicted for `x`."""
    after: float
    multiple: float
    """Multiple of the budget within which `x_adv` lies."""
    stage: str

    @property
    def change(self) -> Array:
        """What was added to every value, float64."""
        return np.asarray(self.x_adv.astype(np.float64) - self.x.astype(np.float64))


class Attack(Protocol):
    """An attack on samples of which some may be kept, on classes or on predicted values."""

    @property
    def attacked(self) -> Attacked:
        """Samples, labels or references, budget and model."""

    @property
    def model(self) -> Model | None:
        """As it was declared."""

    @property
    def dataset(self) -> Dataset | None:
        """Where the samples are from."""

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What was kept."""


def chosen(places: Array, attack: Attack, params: RobustnessParams) -> Array:
    """Return which of the samples at `places` are kept, in an order drawn by seed; none of training data."""
    if attack.dataset is not None and attack.dataset.purpose == "train":
        return places[:0]
    number = min(params.evidence, len(places), LARGEST // (2 * attack.attacked.x[0].nbytes + 1))
    return np.random.default_rng((params.seed, len(places))).permutation(places)[:number]


def kept_of(result: Result, rows: Array, params: RobustnessParams) -> tuple[Kept, ...]:
    """Return up to `params.evidence` adversarial inputs at the budget, or else at the next larger size of the curve.

    `rows` are the places of the samples in the data set. An input that does not hold when the model is asked once
    more (one that answers by chance) is left out. Of training data nothing is kept.
    """
    if result.curve.example is None:
        return ()
    attacked = result.attacked
    broken, multiple = result.curve.example
    drawn = chosen(broken.rows, result, params)
    if not len(drawn):
        return ()
    points = np.stack([broken.points[int(place)] for place in drawn])
    model = Counted(attacked.model.inner)  # what is asked here is no query of an attack
    holds = verified(model, attacked.balls(drawn, multiple), points, attacked.y[drawn])
    after = model.predict(points)
    return tuple(
        Kept(
            place=int(place),
            row=int(rows[place]),
            x=attacked.x[place],
            x_adv=points[i],
            before=int(result.predicted[place]),
            after=int(after[i]),
            multiple=multiple,
            stage=broken.by[place],
        )
        for i, place in enumerate(drawn)
        if holds[i]
    )


def arrays_of(result: Attack) -> dict[str, Array]:
    """Return the arrays of the file of evidence, each with one entry a kept input.

    `x` and `x_adv` as the model takes them; `y`, `before` and `after` as class numbers or as values; `row` of the
    data set;
    `size`, the norm of the change as a multiple of the budget (1 is all of it; with l0 the share of the features that
    may change); `categories`, how many of them changed, where some may; `largest`, the largest change of a
    value in its own unit; `multiple` of the budget that was allowed; `stage` that found it.
    """
    kept = result.kept
    budget = result.attacked.budget
    return {
        "x": np.stack([one.x for one in kept]),
        "x_adv": np.stack([one.x_adv for one in kept]),
        "y": np.array([result.attacked.y[one.place] for one in kept]),
        "before": np.array([one.before for one in kept]),
        "after": np.array([one.after for one in kept]),
        "row": np.array([one.row for one in kept]),
        "size": np.array([_size(one, budget) for one in kept]),
        "largest": np.array([np.abs(one.change).max() for one in kept]),
        "multiple": np.array([one.multiple for one in kept]),
        "stage": np.array([one.stage for one in kept]),
        **_categories(kept, budget),
    }


def _size(one: Kept, budget: Budget) -> float:
    if budget.norm == "l0" and budget.kinds is not None:
        return float(budget.kinds.changed(one.x_adv.reshape(1, -1), one.x.reshape(1, -1))[0]) / budget.kinds.most
    eps = np.where(budget.eps > 0, budget.eps, np.inf)
    return float(np.linalg.norm((one.change / eps).ravel(), 2 if budget.norm == "l2" else np.inf))


def _categories(kept: tuple[Kept, ...], budget: Budget) -> dict[str, Array]:
    if budget.kinds is None or not budget.kinds.categories:
        return {}
    moved = np.stack([one.change.ravel() != 0 for one in kept])
    return {"categories": np.sum([moved[:, item.places].any(axis=1) for item in budget.kinds.categories], axis=0)}
