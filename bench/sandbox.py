"""What the sandbox adds to loading a model: the same load with and without it, side by side in one run; medians.

    python bench/sandbox.py [--rounds N] [MODEL.onnx]

Both sides start an interpreter, import numpy and onnxruntime, and open the model; the difference is everything that
the sandbox does beyond that: writing the job down, namespaces, Landlock, seccomp, limits, the second process of the
process namespace, reading and checking the answer, and removing its folder.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from aigov.sandbox import Job, run

LIMIT = 0.3
_FRAMEWORKS = ("numpy", "onnxruntime")
_PLAIN = """
import sys
import numpy, onnxruntime
onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
"""


def load(request: str, _inside: object) -> int:
    """Open the model; what runs inside."""
    import onnxruntime

    return len(onnxruntime.InferenceSession(request, providers=["CPUExecutionProvider"]).get_inputs())


def plainly(model: Path) -> None:
    """Open the model in a fresh process without a sandbox."""
    subprocess.run([sys.executable, "-I", "-B", "-c", _PLAIN, str(model)], check=True)


def boxed(model: Path) -> None:
    """Open the model in the sandbox."""
    assert run(Job("sandbox:load", str(model), imports=_FRAMEWORKS, read=(model,))).value == 1  # noqa: S101  # it did load


def main() -> int:
    """Print the medians and return 1 where the difference is beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or small_model(Path(folder, "model.onnx"))
        times: dict[str, list[float]] = {"without": [], "in the sandbox": []}
        for _ in range(given.rounds):
            for name, way in (("without", plainly), ("in the sandbox", boxed)):
                began = time.perf_counter()
                way(model.absolute())
                times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, found in medians.items():
        print(f"{name:<16} {found * 1000:7.1f} ms   fastest {min(times[name]) * 1000:7.1f} ms")
    added = medians["in the sandbox"] - medians["without"]
    print(f"{'added':<16} {added * 1000:7.1f} ms   (at most {LIMIT * 1000:.0f} ms), median of {given.rounds}")
    return int(added > LIMIT)


def small_model(path: Path) -> Path:
    """Write a linear classifier as ONNX and return its path."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [value("x", TensorProto.FLOAT, ["n", 64])],
        [value("y", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(np.ones((64, 4), np.float32), "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


if __name__ == "__main__":
    sys.exit(main())
