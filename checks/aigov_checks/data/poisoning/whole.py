"""The whole observation: the search, in the sandbox where a model in a file is asked, and beside it the copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aigov import (
    FrozenMap,
    Interval,
    Location,
    Measured,
    Measurement,
    Message,
    MissingExtraError,
    MissingInputError,
    Occurrence,
    Subject,
    Tier,
    UnsupportedInputError,
    count,
    msg,
)
from aigov_checks.data.poisoning.boxed import INNER, searched
from aigov_checks.data.poisoning.copies import Copies, copies_of
from aigov_checks.data.poisoning.measure import LISTED
from aigov_checks.data.poisoning.rows import read_rows
from aigov_checks.model.boxed.outside import observe_model
from aigov_checks.model.boxed.setting import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov import Dataset
    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.model.robustness.predictor import Array


def whole(subject: Subject, params: PoisoningParams) -> Measured:
    """Return backdoors, suspected labels and copies of a training set.

    Raises:
        MissingInputError: no data set, no labels, or no model of the name that is asked for.
        UnsupportedInputError: the data cannot be read, or are none that a classifier could be trained on.
        MissingExtraError: what is needed is not installed.
    """
    dataset = subject.dataset(params.dataset)
    model = subject.model(params.model) if params.model or subject.models else None
    rows = read_rows(dataset, model, params)
    test, no_test = _test_rows(subject, dataset, rows, params)
    copies = copies_of(np.concatenate([rows.flat, test]) if len(test) else rows.flat, params)
    own = np.arange(len(rows))
    behind = np.arange(len(rows), len(rows) + len(test))
    leaked = copies.shared(behind, own, copies.group) - len(rows)
    found = _searched(subject, params)
    values = {
        "duplicate_share": Measurement(copies.surplus(own) / len(rows), "ratio"),
        "largest_duplicate_group": count(copies.largest(own)),
        "test_rows_in_train": Measurement(0.0, "count", Interval(0.0, np.inf), limits=no_test)
        if no_test
        else count(len(leaked)),
    }
    listed = [*_triggers(dataset, found, len(rows))]
    if not no_test:
        other = subject.dataset(params.test)
        listed += [
            _at(other, row, "poisoning.test-row", msg("poisoning.row.test", row=row, dataset=dataset.name))
            for row in leaked[:LISTED].tolist()
        ]
    return replace(
        found,
        measurements=FrozenMap({**found.measurements, **values}),
        occurrences=tuple(listed),
        facts=FrozenMap({**found.facts, **_facts(copies, own, behind)}),
    )


def _facts(copies: Copies, own: Array, behind: Array) -> dict[str, str | int | float | bool]:
    facts: dict[str, str | int | float | bool] = {
        "exact_duplicates": len(own) - len(np.unique(copies.exact[own])),
        "copy_radius": float(f"{copies.radius:.3g}"),
    }
    if len(behind):
        facts["exact_test_rows_in_train"] = len(copies.shared(behind, own, copies.exact))
    return facts


def _searched(subject: Subject, params: PoisoningParams) -> Measured:
    """Return what the search says; where the model cannot be asked, what it says without, and why."""
    if not subject.models:
        found = searched(subject, params, HERE)
        return replace(found, notes=(*found.notes, msg("poisoning.note.no-model")))
    try:
        outcome = observe_model(subject, params, INNER)
        if isinstance(outcome, Measured):
            return outcome
        reason = outcome.reason
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        reason = error.reason
    found = searched(replace(subject, models=()), replace(params, model=""), HERE)
    name = subject.model(params.model).name
    return replace(found, notes=(*found.notes, msg("poisoning.note.model-not-asked", model=name, reason=reason)))


def _test_rows(subject: Subject, train: Dataset, rows: Rows, params: PoisoningParams) -> tuple[Array, Message | None]:
    """Return the rows of the test set, flat, or none of them and why."""
    none = rows.flat[:0]
    if not params.test:
        return none, msg("poisoning.limits.no-test")
    try:
        test = subject.dataset(params.test)
        if test is train:
            return none, msg("poisoning.limits.no-test")
        x = np.asarray(test.arrays().x)
    except (MissingInputError, UnsupportedInputError) as error:
        return none, msg("poisoning.limits.test-not-read", reason=error.reason)
    x = x[:, None] if x.ndim == 1 else x
    if x[0].size != rows.flat.shape[1]:
        return none, msg("poisoning.limits.other-shape", test=x[0].size, train=rows.flat.shape[1])
    spread = rows.layout.spread(x.reshape(len(x), *rows.layout.shape))
    return spread.reshape(len(x), -1).astype(rows.flat.dtype) + 0.0, None


def _triggers(dataset: Dataset, found: Measured, rows: int) -> Iterator[Occurrence]:
    """Yield the rows that hold a trigger, as the facts of the search name them."""
    for index in range(int(found.measurements["backdoors"].value)):
        family = msg(f"poisoning.family.{found.facts[f'backdoor.{index}.family']}")
        label = str(found.facts[f"backdoor.{index}.label"])[:40]
        for row in map(int, str(found.facts[f"backdoor.{index}.rows"]).split()):
            if 0 <= row < rows:
                text = msg("poisoning.row.trigger", row=row, family=family, label=label)
                yield _at(dataset, row, "poisoning.trigger", text)


def _at(dataset: Dataset, row: int, type_: str, text: Message) -> Occurrence:
    """Return an occurrence at a row; rows of several files are counted through, under the name of the data set."""
    path = dataset.found[0].name if len(dataset.found) == 1 else dataset.declared or dataset.name
    return Occurrence(
        type_, Location(path, record=row), text, Tier.VERIFIED, "data.poisoning@1", references=("AML.T0020",)
    )
