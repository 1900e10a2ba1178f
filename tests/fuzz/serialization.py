"""Random files for the parsers of `model.serialization`: nothing may raise, and nothing may take long.

Run: python tests/fuzz/serialization.py TARGET FOLDER [options of libFuzzer]. It needs atheris (`make fuzz`). Seeds are the
museum and the files of real libraries that have the target's format; what breaks is kept in FOLDER/TARGET.
"""

from __future__ import annotations

import hashlib
import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["aigov_checks"]):
    from aigov_checks.model.serialization import scan_bytes

TESTS = Path(__file__).parents[1] / "checks" / "serialization"
FORMATS = {
    "pickle": {"pickle", "torch-legacy"}, "zip": {"zip", "torch", "torchscript", "npz", "skops", "keras"},
    "safetensors": {"safetensors"}, "onnx": {"onnx"}, "gguf": {"gguf"}, "hdf5": {"hdf5"}, "tflite": {"tflite"},
    "ubjson": {"ubjson"}, "xml": {"pmml", "openvino", "xml"},
}  # fmt: skip
LARGEST = 1 << 16


def one(data: bytes) -> None:
    """Scan one input; it must end in a status, and the same one twice."""
    first = scan_bytes(data)
    if first != scan_bytes(data):
        raise AssertionError("the same bytes gave two answers")


def seeds(target: str, folder: Path) -> int:
    """Write the seeds of a target, and return how many there are."""
    sys.path.insert(0, str(TESTS))
    warnings.simplefilter("ignore")
    import museum

    folder.mkdir(parents=True, exist_ok=True)
    files = [data for _, data in museum.museum()] + [
        p.read_bytes() for p in (TESTS / "benign").rglob("*") if p.is_file()
    ]
    kept = [data for data in files if len(data) <= LARGEST and scan_bytes(data).format in FORMATS[target]]
    for data in kept:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(kept)


def main() -> None:
    """Run one target until libFuzzer's own limit."""
    target, folder, *options = sys.argv[1:]
    place = Path(folder, target)
    print(f"{target}: {seeds(target, place)} seeds", flush=True)
    arguments = [
        sys.argv[0],
        str(place),
        f"-artifact_prefix={place}/crash-",
        "-timeout=20",
        f"-max_len={LARGEST}",
        *options,
    ]
    atheris.Setup(arguments, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
