"""The check: one unit a model file, the training data beside it, and the union of what the files carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov import (
    Dataset,
    FrozenMap,
    Json,
    Measured,
    MissingExtraError,
    MissingInputError,
    NotPerformed,
    Part,
    Role,
    Split,
    Subject,
    Tier,
    Unit,
    UnsupportedInputError,
    msg,
    split_check,
)
from aigov_checks.model.memorised.documentation import DOC
from aigov_checks.model.memorised.params import MemorisedParams
from aigov_checks.model.memorised.results import MEASURES, summarise
from aigov_checks.model.memorised.training import digest_of, samples_of
from aigov_checks.model.memorised.unit import look_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model import File


def _split(subject: Subject, params: MemorisedParams) -> Sequence[Unit]:
    if params.min_tier not in set(Tier):
        raise UnsupportedInputError(msg("data.unknown-tier", tier=params.min_tier, known=tuple(Tier)))
    training = _training(subject, params)
    about = tuple(_identity(dataset) for dataset in training)
    where = {"key": subject.redaction_key.hex(), "training": training}
    return [
        Unit(
            FrozenMap({"sha256": file.sha256, "size": file.size, "training": about}),
            FrozenMap({"path": file.path, **where}),
        )
        for file in _files(subject)
    ]


def _combine(subject: Subject, params: MemorisedParams, parts: Sequence[Part]) -> Measured | NotPerformed:
    files = _files(subject)
    if not files:
        return NotPerformed(msg("memorised.in-memory"))
    by_digest = {part.unit.content["sha256"]: part.result for part in parts}
    return summarise({file.name: by_digest[file.sha256] for file in files}, params)


def _files(subject: Subject) -> list[File]:
    """Return the files of every model, each once; live objects have none."""
    models = subject.models or (subject.model(),)
    found = {file.name: file for model in models if not model.live for file in model.files}
    return [found[name] for name in sorted(found)]


def _training(subject: Subject, params: MemorisedParams) -> tuple[Dataset, ...]:
    """Return the data sets whose rows are looked for; bare paths of a command line say no role."""
    if params.datasets:
        return tuple(subject.dataset(name) for name in params.datasets)
    given = subject.source == "command line"
    return tuple(dataset for dataset in subject.datasets if given or dataset.purpose == "train")


def _identity(dataset: Dataset) -> Json:
    """Return what the rows of a data set depend on."""
    declared = [dataset.name, list(dataset.features), dataset.label, dataset.properties.get("x", "")]
    if not dataset.live:
        return [*declared, [file.sha256 for file in dataset.found]]
    try:
        return [*declared, digest_of(samples_of(dataset))]
    except (MissingInputError, UnsupportedInputError, MissingExtraError):
        return declared


memorised = split_check(
    id="model.memorised-data",
    title="Personal data, secrets and training rows in model files",
    inputs=(Role.MODEL,),
    measures=MEASURES,
    params=MemorisedParams,
    extras=("pii", "archives", "robustness"),
    parts=Split(_split, look_at, _combine),
    doc=DOC,
)
