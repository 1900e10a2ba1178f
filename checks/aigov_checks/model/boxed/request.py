"""What crosses into the sandbox: the model's and the data set's declaration as JSON, arrays as NPZ; and back again."""

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
    from aigov.model import Artifact

_ARRAYS = "dataset.npz"


def request_of(model: Model, dataset: Dataset, params: Any) -> tuple[Json, FrozenMap[str, bytes]]:
    """Return the request, and the files that it speaks of: the arrays of a data set that lives in memory.

    Raises:
        MissingInputError: the model has no file, or the data set is not there.
        UnsupportedInputError: a data set in memory cannot be read.
    """
    given: dict[str, bytes] = {}
    if dataset.live:
        given[_ARRAYS] = _packed(dataset)
    request = {
        "model": {
            **_declared(model),
            "task": model.task,
            "classes": list(model.classes),
            "inputs": _map(model.inputs),
            "output": _map(model.output),
        },
        "dataset": {
            **_declared(dataset),
            "purpose": dataset.purpose,
            "features": list(dataset.features),
            "label": dataset.label,
        },
        "params": {field.name: getattr(params, field.name) for field in dataclasses.fields(params)},
    }
    return request, FrozenMap(given)


def read_request(request: Json, given: Path, params_type: Any) -> tuple[Subject, Any]:
    """Return the subject and the parameters of a request."""
    model, dataset = request["model"], request["dataset"]
    values: dict[str, Any] = {key: _frozen(item) for key, item in request["params"].items()}  # of every type
    subject = Subject(
        "sandbox",
        models=(
            Model(
                **_artifact(model, Role.MODEL),
                task=model["task"],
                classes=tuple(model["classes"]),
                inputs=_frozen(model["inputs"]),
                output=_frozen(model["output"]),
            ),
        ),
        datasets=(
            Dataset(
                **_artifact(dataset, Role.DATASET),
                value=None if dataset["files"] else _unpacked(given / _ARRAYS),
                purpose=dataset["purpose"],
                features=tuple(dataset["features"]),
                label=dataset["label"],
                reader=FileReader(),
            ),
        ),
    )
    return subject, params_type(**{**values, "model": "", "dataset": dataset["name"]})


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
