"""A small project that tells the truth about itself, for tests to bend."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from aigov import (
    ArtifactStatus,
    Dataset,
    FrozenMap,
    Location,
    Measured,
    Measurement,
    Model,
    NotPerformed,
    Observation,
    Occurrence,
    Role,
    Status,
    Subject,
    Tier,
    msg,
    ratio,
)
from aigov.model import File, Record, freeze
from aigov_checks.record.claims import ClaimsParams, claims

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Project:
    """A subject with one model, two data sets and a record; `document` may be bent before `record` is read."""

    subject: Subject
    document: dict
    observed: dict = field(default_factory=dict)

    def audited(self, document=None) -> Subject:
        """Return the subject with the record as it now stands."""
        value = freeze(self.document if document is None else document)
        return replace(self.subject, record=Record("record", Role.RECORD, document=value))

    def bend(self, pointer: str, value) -> Project:
        """Return the project with one value of the record replaced."""
        document = copy.deepcopy(self.document)
        *path, last = [int(key) if key.isdigit() else key for key in pointer[1:].split("/")]
        here = document
        for key in path:
            here = here[key]
        here[last] = value
        return replace(self, document=document)

    def claims(self, **params) -> Measured:
        """Return what record.claims measures."""
        return claims.function(self.audited(), ClaimsParams(**params), self.observed)


def file_of(path: Path, name: str) -> File:
    data = path.read_bytes()
    return File(path, name, len(data), hashlib.sha256(data).hexdigest())


def observation(check: str, outcome, **parameters) -> Observation:
    return Observation(f"{check}#1", check, 1, FrozenMap(parameters), FrozenMap(), outcome)


def robustness(clean: int = 288, robust: int = 240, **facts) -> Observation:
    measurements = {"clean_accuracy": ratio(clean, 300), "robust_accuracy": ratio(robust, 300)}
    measurements["robust_accuracy[eps=0.08]"] = ratio(120, 300)
    known = {"budget": "sensor-accuracy", "norm": "linf", "eps": 0.04, **facts}
    return observation("model.robustness", Measured(measurements, facts=known), model="", dataset="test")


def scan(
    *affected: str, uncovered: tuple[str, ...] = (), clean: tuple[str, ...] = ("x.npz", "log.jsonl")
) -> Observation:
    occurrences = tuple(Occurrence("cn.mobile", Location(p), msg("data.occurrence"), Tier.VERIFIED) for p in affected)
    status = dict.fromkeys(clean, Status.CLEAN) | dict.fromkeys(uncovered, Status.NOT_COVERED)
    status |= dict.fromkeys(affected, Status.SUSPICIOUS)
    artifacts = tuple(ArtifactStatus(path, "jsonl", value) for path, value in status.items())
    counted = {"records_affected": Measurement(float(len(affected)), "count")}
    return observation("data.pii", Measured(counted, occurrences, artifacts))


def not_performed(check: str, reason: str) -> Observation:
    return observation(check, NotPerformed(msg(reason)))


def write_model(path: Path) -> None:
    weights = [
        numpy_helper.from_array(np.zeros((3, 4), np.float32), "w"),
        numpy_helper.from_array(np.zeros(4, np.float32), "b"),
        numpy_helper.from_array(np.array([-1, 3]), "shape"),
    ]
    nodes = [
        helper.make_node("Reshape", ["vibration", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("vibration", TensorProto.FLOAT, ["n", 1, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 4])],
        weights,
    )
    model = helper.make_model(graph, producer_name="tests", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(onnx.load(path))


@pytest.fixture
def project(tmp_path) -> Project:
    """Return a project whose every claim is true."""
    write_model(tmp_path / "m.onnx")
    np.savez(tmp_path / "x.npz", x=np.zeros((5, 3), np.float32), y=np.zeros(5, np.int64))
    lines = "".join(json.dumps({"备注": "更换轴承", "n": n}, ensure_ascii=False) + "\n\n" for n in range(7))
    (tmp_path / "log.jsonl").write_text(lines, "utf-8")
    model, samples, log = (file_of(tmp_path / name, name) for name in ("m.onnx", "x.npz", "log.jsonl"))
    subject = Subject(
        name="bearing",
        version="1.2.0",
        models=(Model("classifier", Role.MODEL, "m.onnx", (model,), classes=("a", "b", "c", "d")),),
        datasets=(
            Dataset("eval", Role.DATASET, "x.npz", (samples,), purpose="test"),
            Dataset("维修记录", Role.DATASET, "log.jsonl", (log,)),
        ),
    )
    document = {
        "apiVersion": "aigov/v1",
        "kind": "TransparencyRecord",
        "system": {"version": "1.2.0"},
        "models": [
            {
                "name": "classifier",
                "files": [{"path": "m.onnx", "sha256": model.sha256, "size": model.size}],
                "inputs": [{"name": "vibration", "dtype": "float32", "shape": ["n", 1, 3]}],
                "outputs": [{"name": "logits", "dtype": "float", "shape": [None, 4], "classes": ["a", "b", "c", "d"]}],
                "parameters_count": 16,
                "opset": 17,
                "producer": "tests",
                "classes": ["a", "b", "c", "d"],
                "metrics": [{"name": "clean_accuracy", "value": 0.96, "split": "test", "dataset_hash": samples.sha256}],
                "robustness": [{"norm": "linf", "eps": 0.04, "clean": 0.96, "robust": 0.8}],
            }
        ],
        "datasets": [
            {
                "name": "eval",
                "files": [{"path": "x.npz", "sha256": samples.sha256}],
                "records": 5,
                "size_bytes": samples.size,
                "personal_data": {"present": "no"},
            },
            {"name": "维修记录", "records": 7, "personal_data": {"present": "no"}},
        ],
    }
    return Project(subject, document, {"model.robustness": robustness(), "data.pii": scan()})


@pytest.fixture
def observations():
    """Return the makers of observations, as `tests` cannot import a conftest."""
    return {"robustness": robustness, "scan": scan, "not_performed": not_performed, "observation": observation}
