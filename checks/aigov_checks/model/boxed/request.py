"""What crosses into the sandbox: the declarations of models and data sets as JSON, arrays as NPZ; and back again."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigov import Dataset, FrozenMap, Json, Model, Role, Subject, need
from aigov.codec import to_json
from aigov.load.arrays import FileReader
from aigov.model import File

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model import Artifact


def request_of(models: Sequence[Model], datasets: Sequence[Dataset], params: Any) -> tuple[Json, FrozenMap[str, bytes]]:
    """Return the request, and the files that it speaks of: the arrays of data sets that live in memory.

    Raises:
        MissingInputError: a model has no file, or a data set is not there.
        UnsupportedInputError: a data set in memory cannot be read.
    """
    given = {_arrays_of(place): _packed(dataset) for place, dataset in enumerate(datasets) if dataset.live}
    request = {
        "models": [_model(model) for model in models],
        "datasets": [_dataset(dataset) for dataset in datasets],
        "params": {field.name: getattr(params, field.name) for field in dataclasses.fields(params)},
    }
    return request, FrozenMap(given)


def read_request(request: Json, given: Path, params_type: Any) -> tuple[Subject, Any]:
    """Return the subject, in the order in which it declares what it has, and the parameters of a request."""
    values: dict[str, Any] = {key: _frozen(item) for key, item in request["params"].items()}  # of every type
    subject = Subject(
        "sandbox",
        models=tuple(
            Model(
                **_artifact(model, Role.MODEL),
                task=model["task"],
                classes=tuple(model["classes"]),
                inputs=_frozen(model["inputs"]),
                detector=_frozen(model["detector"]),
                output=_frozen(model["output"]),
            )
            for model in request["models"]
        ),
        datasets=tuple(
            Dataset(
                **_artifact(dataset, Role.DATASET),
                value=None if dataset["files"] else _unpacked(given / _arrays_of(place)),
                purpose=dataset["purpose"],
                features=tuple(dataset["features"]),
                label=dataset["label"],
                reader=FileReader(),
            )
            for place, dataset in enumerate(request["datasets"])
        ),
    )
    return subject, params_type(**values)


def _arrays_of(place: int) -> str:
    return f"dataset-{place}.npz"


def _model(model: Model) -> dict[str, Json]:
    facts = {"inputs": _map(model.inputs), "output": _map(model.output), "detector": _map(model.detector)}
    return {**_declared(model), "task": model.task, "classes": list(model.classes), **facts}


def _dataset(dataset: Dataset) -> dict[str, Json]:
    facts = {"purpose": dataset.purpose, "features": list(dataset.features), "label": dataset.label}
    return {**_declared(dataset), **facts}


def _declared(artifact: Artifact) -> dict[str, Json]:
    files = () if artifact.live else artifact.files
    return {
        "name": artifact.name,
        "declared": artifact.declared,
        "properties": _map(artifact.properties),
        "files": [
            {"path": str(file.path.absolute()), "name": file.name, "size": file.size, "sha256": file.sha256}
            for file in files
        ],
    }


def _artifact(data: Json, role: Role) -> dict[str, Any]:  # Any: the fields that models and data sets share
    return {
        "name": data["name"],
        "role": role,
        "declared": data["declared"],
        "properties": _frozen(data["properties"]),
        "found": tuple(File(Path(f["path"]), f["name"], f["size"], f["sha256"]) for f in data["files"]),
    }


def _map(values: FrozenMap[str, Any]) -> Json:  # Any: as parsed from YAML
    return {key: to_json(value) for key, value in values.items()}


def _frozen(value: Json) -> Any:  # Any: as parsed from YAML
    match value:
        case dict():
            return FrozenMap({key: _frozen(item) for key, item in value.items()})
        case list():
            return tuple(_frozen(item) for item in value)
        case _:
            return value


def _packed(dataset: Dataset) -> bytes:
    """Return the arrays of a data set in memory, as they are; the sandbox judges them as it judges files."""
    np = need("numpy", "robustness")
    arrays = dataset.arrays()
    stream = BytesIO()
    labels = {} if arrays.y is None else {"y": arrays.y if arrays.y.dtype.kind != "O" else arrays.y.astype(str)}
    np.savez(stream, x=arrays.x, **labels)
    return stream.getvalue()


def _unpacked(path: Path) -> tuple[Any, Any] | None:  # numpy arrays
    np = need("numpy", "robustness")
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["x"], arrays.get("y")
