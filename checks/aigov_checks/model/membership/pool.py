"""The samples whose membership is sought: some that the model was trained on, some that it was not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from aigov import UnsupportedInputError, msg
from aigov_checks.model.boxed.asking import Draw
from aigov_checks.model.robustness.predictor import Array
from aigov_checks.model.robustness.samples import class_numbers, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Dataset, Model
    from aigov_checks.model.membership.params import MembershipParams


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Members first, then non-members; every sample has the shape of those in the test set."""

    x: Array
    given: tuple[Array, Array]
    """Labels of members and of non-members, each as its data set has them."""
    rest: tuple[Array, Array]
    """Samples and labels of the training set that were not drawn; every shadow model is trained on them, too."""
    shared: int
    """Samples of the test set that are in the training set and were left out."""
    y: Array
    """Labels as class numbers; empty until the model is known."""

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.given[0])

    def training(self, half: Array) -> tuple[Array, Array]:
        """Return samples, and labels as the training set has them, that a shadow model is trained on."""
        numbers, first = np.unique(self.y[: self.members], return_index=True)
        labels = self.given[0][first][np.searchsorted(numbers, self.y[half])]
        return np.concatenate([self.rest[0], self.x[half]]), np.concatenate([self.rest[1], labels])

    def cut(self, most: int) -> Pool:
        """Return at most so many samples, as many members as non-members, evenly spread."""
        if len(self.x) <= most:
            return self
        inner, outer = (_spread(len(labels), max(1, most // 2)) for labels in self.given)
        kept = np.concatenate([inner, self.members + outer])
        return replace(self, x=self.x[kept], given=(self.given[0][inner], self.given[1][outer]))

    def numbered(self, model: Model, known: tuple[object, ...], outputs: int) -> Pool:
        """Return the pool with class numbers.

        Raises:
            UnsupportedInputError: a label that the model has no output for, or that no member has.
        """
        inner, outer = (class_numbers(labels, model, known, outputs) for labels in self.given)
        new = np.flatnonzero(~np.isin(outer, inner))
        if len(new):
            label = str(self.given[1][new[0]])[:40]
            raise UnsupportedInputError(msg("membership.new-class", count=len(new), label=label))
        return replace(self, y=np.concatenate([inner, outer]))


def pool_of(train: Dataset, test: Dataset, params: MembershipParams) -> Pool:
    """Return members and non-members, drawn by seed; a sample that stands in both sets is no non-member.

    Raises:
        MissingInputError: a data set has no files or no labels.
        UnsupportedInputError: it cannot be read, the two do not fit, or nothing is left of the test set.
    """
    inner, outer = draw(train, Draw()), draw(test, Draw())
    sizes = [[size for size in item.x.shape[1:] if size != 1] for item in (inner, outer)]
    if sizes[0] != sizes[1]:
        shapes = ["x".join(map(str, item.x.shape[1:])) for item in (inner, outer)]
        raise UnsupportedInputError(msg("membership.shapes", train=shapes[0], test=shapes[1]))
    inside = inner.x.reshape(len(inner.x), *outer.x.shape[1:])
    x, y = outer.x.astype(inside.dtype), outer.y
    known = set(_digests(inside))
    new = np.array([digest not in known for digest in _digests(x)])
    if not new.any():
        raise UnsupportedInputError(msg("membership.same-data", train=train.name, test=test.name))
    x, y = x[new], y[new]
    rng = np.random.default_rng(params.seed)
    drawn = np.sort(rng.permutation(len(inner.x))[: params.samples])
    others = np.sort(rng.permutation(len(x))[: params.samples])
    left = np.setdiff1d(np.arange(len(inner.x)), drawn)
    return Pool(
        np.concatenate([inside[drawn], x[others]]),
        (inner.y[drawn], y[others]),
        (inside[left], inner.y[left]),
        int((~new).sum()),
        np.zeros(0, dtype=np.int64),
    )


def _digests(x: Array) -> Iterator[bytes]:
    """Yield what stands for each sample; a set of them is small, however large the samples are."""
    for row in np.ascontiguousarray(x):
        yield blake2b(row.tobytes(), digest_size=16).digest()


def _spread(n: int, most: int) -> Array:
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
