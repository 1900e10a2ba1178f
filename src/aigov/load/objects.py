"""Subjects without a manifest: live objects from a pipeline, or bare paths on a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from aigov.errors import InputError, Place, UsageError
from aigov.i18n import FrozenMap, msg
from aigov.load.files import Base, Found, find_files
from aigov.model import Artifact, Dataset, Endpoint, Model, Record, Role, Subject, endpoint_at, freeze

A = TypeVar("A", bound=Artifact)

_DATA = frozenset((".npz", ".npy", ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".txt", ".log"))
_RECORDS = frozenset((".yaml", ".yml"))
_DECLARED = (
    "version",
    "context",
    "classes",
    "inputs",
    "output",
    "task",
    "features",
    "label",
    "policies",
    "redaction_key",
    "retrain",
)


def subject_from_objects(  # the artifacts of a pipeline, all by keyword
    name: str,
    *,
    model: object = None,
    train: object = None,
    test: object = None,
    record: object = None,
    **declared: Any,
) -> Subject:
    """Return a subject of live objects, or of paths where one is given.

    Args:
        name: how reports call the system.
        model: an estimator with `predict` or `predict_proba`, a callable (n, ...) -> (n, classes), a path, or an
            Endpoint of a server that answers for the model.
        train: table or arrays: mapping of columns, list of records, data frame, Arrow table, `(x, y)`, or a path.
        test: as `train`; `x` has shape (n, ...) and `y` holds n class indices.
        record: mapping with the content of a transparency record, or a path.
        declared: `version`, `context`, `classes`, `inputs`, `output`, `task`, `features`, `label`, `policies`, as in
            aigov.yaml; `retrain`, a function (x, y) -> a model like `model` that trains it on other samples.

    Raises:
        UsageError: an unknown keyword.
        InputError: a path that does not exist.
    """
    unknown = sorted(set(declared) - set(_DECLARED))
    if unknown:
        raise UsageError(msg("usage.unknown-keyword", name=unknown[0]), hint=msg("usage.known", known=_DECLARED))
    models = () if model is None else (_model(model, declared),)
    pairs = [(purpose, value) for purpose, value in (("train", train), ("test", test)) if value is not None]
    return Subject(
        name=name,
        version=str(declared.get("version", "0")),
        context=_frozen(declared.get("context")),
        models=models,
        datasets=tuple(_dataset(purpose, value, declared) for purpose, value in pairs),
        record=None if record is None else _record(record),
        policies=tuple(declared.get("policies", ())),
        source="objects",
        redaction_key=declared.get("redaction_key", b""),
    )


@dataclass(frozen=True, slots=True)
class Named:
    """Paths by role, as a command line gives them; `anything` goes to the role that fits."""

    anything: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


def subject_from_paths(named: Named, inputs: Sequence[Role], redaction_key: bytes = b"") -> Subject:
    """Return a subject of bare paths for one check; every data set counts as `test`.

    Raises:
        InputError: a path does not exist or cannot be read.
        UsageError: no path at all, or several records.
    """
    by_role = {role: list(paths) for role, paths in _given(named).items()}
    for path in named.anything:
        by_role[_role_of(path, inputs)].append(path)
    if not any(by_role.values()):
        raise UsageError(msg("usage.no-paths"))
    if len(by_role[Role.RECORD]) > 1:
        raise UsageError(msg("usage.several-records"))
    return Subject(
        name=Path(next(paths[0] for paths in by_role.values() if paths)).name or "subject",
        models=tuple(_path_model(path) for path in by_role[Role.MODEL]),
        datasets=tuple(_path_dataset(path) for path in by_role[Role.DATASET]),
        record=_path_record(by_role[Role.RECORD][0]) if by_role[Role.RECORD] else None,
        root=Path.cwd(),
        source="command line",
        redaction_key=redaction_key,
    )


def _given(named: Named) -> dict[Role, tuple[str, ...]]:
    return {Role.MODEL: named.models, Role.DATASET: named.datasets, Role.RECORD: named.records}


def _role_of(path: str, inputs: Sequence[Role]) -> Role:
    """Return the role of a bare path: the only one that the check takes, or what the suffix suggests."""
    roles = [role for role in inputs if role is not Role.SIGNATURE]
    if len(roles) == 1:
        return roles[0]
    suffix = Path(path).suffix.lower()
    if suffix in _DATA:
        return Role.DATASET
    return Role.RECORD if suffix in _RECORDS and Role.RECORD in roles else Role.MODEL


def _must_find(path: str) -> Found:
    found = find_files(path, Base(Path.cwd(), outside=True), Place(path))
    if found.absent is not None:
        raise InputError(found.absent, Place(path))
    return found


def _path_model(path: str) -> Model:
    endpoint = endpoint_at(path)
    if endpoint is not None:
        return _served(Model(endpoint.model or path, Role.MODEL, path), endpoint)
    return Model(Path(path).stem, Role.MODEL, path, _must_find(path).files)


def _path_record(path: str) -> Record:
    from aigov.load.record import load_record  # start-up time

    return load_record(_must_find(path).files[0])


def _path_dataset(path: str) -> Dataset:
    from aigov.load.arrays import FileReader  # start-up time

    return Dataset(Path(path).stem, Role.DATASET, path, _must_find(path).files, purpose="test", reader=FileReader())


def _model(value: object, declared: Mapping[str, Any]) -> Model:
    model = Model(
        "model",
        Role.MODEL,
        task=declared.get("task", "classification"),
        classes=tuple(map(str, declared.get("classes", ()))),
        inputs=_frozen(declared.get("inputs")),
        retrain=declared.get("retrain"),
        output=_frozen(declared.get("output")),
    )
    return _served(model, value) if isinstance(value, Endpoint) else _holding(model, value)


def _served(model: Model, endpoint: Endpoint) -> Model:
    """Return a model that a server answers for; naming it on the spot allows that it is asked."""
    if endpoint.problem is not None:
        raise UsageError(endpoint.problem)
    return replace(model, declared=endpoint.url, serve=endpoint, absent=msg("serve.no-file", address=endpoint.address))


def _dataset(purpose: str, value: object, declared: Mapping[str, Any]) -> Dataset:
    from aigov.load.arrays import FileReader  # start-up time

    dataset = Dataset(
        purpose,
        Role.DATASET,
        purpose=purpose,
        features=tuple(declared.get("features", ())),
        label=declared.get("label"),
        reader=FileReader(),
    )
    return _holding(dataset, value)


def _holding(artifact: A, value: object) -> A:
    """Return the artifact with its content: the files of a path, or the live object."""
    if isinstance(value, str | Path):
        return replace(artifact, declared=str(value), found=_must_find(str(value)).files)
    return replace(artifact, value=value)


def _record(value: object) -> Record:
    if isinstance(value, str | Path):
        return _path_record(str(value))
    if not isinstance(value, Mapping):
        raise UsageError(msg("usage.not-a-record", type=type(value).__name__))
    document = freeze(value)
    return Record("record", Role.RECORD, value=document, document=document if isinstance(document, FrozenMap) else None)


def _frozen(value: object) -> FrozenMap[str, Any]:
    frozen = freeze(value or {})
    return frozen if isinstance(frozen, FrozenMap) else FrozenMap()
