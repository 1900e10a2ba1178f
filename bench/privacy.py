"""What the privacy checks find: a forest that knows its data by heart, the bearing network, a trained detector.

    python bench/privacy.py

Builds the bearing example first where that is missing. The figures are the same every time.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import FrozenMap, Measured, Model, Role, Subject, say
from aigov.load.subject import load_subject
from aigov.model import File
from aigov.parameters import make_parameters
from aigov_checks.model.detection import detection
from aigov_checks.model.extraction import extraction
from aigov_checks.model.membership import membership

if TYPE_CHECKING:
    from aigov import Check, Measurement

EXAMPLES = Path(__file__).parents[1] / "examples"
EPOCHS, BATCH, RATE, STEPS = 40, 64, 1e-2, 10
ACCURACY = 0.04
"""Accuracy of the sensor of the example, in g."""
WINDOWS = 1200
WRONG = 0.1
"""Share of the digits' labels that is drawn anew."""


def main() -> None:
    """Print three tables."""
    subprocess.run([sys.executable, str(EXAMPLES / "bearing-fault/build.py")], check=True, stdout=sys.stderr)
    print("membership: forests of 100 trees on noisy digits, 900 members, 897 others")
    for name, forest in forests().items():
        for method in ("loss", "lira", "rmia"):
            found, seconds = measured(membership, forest, method=method)
            values = ("membership_auc", "membership_tpr[fpr=0.01]", "membership_tpr[fpr=0.001]", "second_opinion_auc")
            show(f"  {name}, {method}", found, values, seconds)
    bearing = load_subject(EXAMPLES / "bearing-fault/aigov.yaml")
    print("extraction: the bearing network, 40,612 parameters")
    found, seconds = measured(extraction, bearing)
    names = [f"copy_fidelity[queries={budget}]" for budget in (100, 300, 1000)]
    show("  by scores", found, (*names, "clean_accuracy"), seconds)
    print("detection: a convolutional detector beside the undefended bearing network, within the sensor's accuracy")
    found, seconds = measured(detection, guarded(), budget="sensor-accuracy")
    rates = ("detection_rate", "false_positive_rate", "adaptive_detection_rate", "robust_accuracy", "guarded_accuracy")
    show("  trained on PGD", found, rates, seconds)


def measured(check: Check[Any], subject: Subject, **params: str) -> tuple[Measured, float]:
    """Return what a check measures, and its seconds."""
    started = time.perf_counter()
    found = check.function(subject, make_parameters(check, params)) if check.function else None
    if not isinstance(found, Measured):
        raise SystemExit(f"{check.id}: {say(found.reason) if found else 'nothing'}")
    return found, time.perf_counter() - started


def show(title: str, found: Measured, names: tuple[str, ...], seconds: float) -> None:
    """Print some measurements with their intervals."""
    print(f"{title} ({seconds:.1f} s)")
    for name in names:
        print(f"    {name:32} {shown(found.measurements[name])}")


def shown(measurement: Measurement) -> str:
    """Return a measurement in percent."""
    return f"{measurement.value:6.1%}  [{measurement.low:.1%}, {measurement.high:.1%}]"


def forests() -> dict[str, Subject]:
    """Return two forests, over-fitted and regularised, with their data; a tenth of the labels are wrong."""
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    x = x / 16 + rng.normal(0, 0.25, x.shape)
    y = np.where(rng.random(len(y)) < WRONG, rng.integers(0, 10, len(y)), y)
    order = rng.permutation(len(x))
    train, test = ((x[rows], y[rows]) for rows in (order[:900], order[900:]))
    models = {
        "over-fitted": RandomForestClassifier(100, random_state=0),
        "regularised": RandomForestClassifier(100, max_depth=6, min_samples_leaf=30, random_state=0),
    }
    return {
        name: Subject.from_objects(name, model=model.fit(*train), train=train, test=test)
        for name, model in models.items()
    }


def guarded() -> Subject:
    """Return the undefended bearing network with a detector that was trained on adversarial inputs of it."""
    project = EXAMPLES / "bearing-fault-planted"
    subject = load_subject(project / "aigov.yaml")
    network = subject.model("classifier")
    arrays = subject.dataset("train").arrays()
    x = np.array(arrays.x[:WINDOWS], dtype=np.float32).reshape(WINDOWS, 1, -1)
    y = np.array([network.classes.index(label) for label in arrays.y[:WINDOWS]])
    path = Path(tempfile.mkdtemp()) / "guard.onnx"
    write_detector(path, trained(x, attacked(network.file.path, x, y)))
    data = path.read_bytes()
    file = File(path, path.name, len(data), hashlib.sha256(data).hexdigest())
    declared = FrozenMap({"model": "guard", "threshold": 0.5})
    models = (replace(network, detector=declared), Model("guard", Role.MODEL, found=(file,), task="anomaly-detection"))
    return replace(subject, models=models)


def attacked(path: Path, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return inputs of PGD within the sensor's accuracy."""
    import torch
    from torch.nn.functional import cross_entropy

    from aigov_checks.model.robustness.translate import translate

    torch.set_num_threads(1)
    torch.manual_seed(0)
    program, centre, labels = translate(path, "logits"), torch.from_numpy(x), torch.from_numpy(y)
    point = centre + torch.empty_like(centre).uniform_(-ACCURACY, ACCURACY)
    for _ in range(STEPS):
        point = point.detach().requires_grad_()
        loss = cross_entropy(program.logits(point), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, point)
        moved = point + ACCURACY / 4 * slope.sign()
        point = torch.minimum(torch.maximum(moved, centre - ACCURACY), centre + ACCURACY).clamp(-4, 4)
    found: np.ndarray = point.detach().numpy()
    return found


def trained(clean: np.ndarray, adversarial: np.ndarray) -> list[np.ndarray]:
    """Return the weights of two convolutions and a linear layer that tell the one from the other."""
    import torch
    from torch import nn

    layers = nn.Sequential(
        *(nn.Conv1d(1, 16, 9, stride=2, padding=4), nn.ReLU(), nn.Conv1d(16, 16, 9, stride=4, padding=4), nn.ReLU()),
        *(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(16, 1)),
    )
    x = torch.from_numpy(np.concatenate([clean, adversarial]))
    y = torch.cat([torch.zeros(len(clean)), torch.ones(len(adversarial))])
    descent = torch.optim.Adam(layers.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            descent.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(layers(x[rows])[:, 0], y[rows]).backward()
            descent.step()
    return [parameter.detach().numpy() for parameter in layers.parameters()]


def write_detector(path: Path, weights: list[np.ndarray]) -> None:
    """Write the detector as ONNX; it answers a probability."""
    from onnx import TensorProto, helper, numpy_helper

    node, value = helper.make_node, helper.make_tensor_value_info
    nodes = [
        node("Conv", ["x", "w0", "w1"], ["a"], kernel_shape=[9], strides=[2], pads=[4, 4]),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w2", "w3"], ["c"], kernel_shape=[9], strides=[4], pads=[4, 4]),
        node("Relu", ["c"], ["d"]),
        node("GlobalAveragePool", ["d"], ["e"]),
        node("Flatten", ["e"], ["f"]),
        node("Gemm", ["f", "w4", "w5"], ["g"], transB=1),
        node("Sigmoid", ["g"], ["p"]),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [value("x", TensorProto.FLOAT, ["n", 1, 1024])],
        [value("p", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(array, f"w{place}") for place, array in enumerate(weights)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    path.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
