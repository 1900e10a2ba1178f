"""Writes HDF5 files that reach out of themselves, with h5py; run by hand: python hostile_hdf5.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np


def main() -> None:
    """Write each file; nothing in them is there or does anything."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for version in ("earliest", "latest"):
        with h5py.File(folder / f"external-link-{version}.h5", "w", libver=version) as file:
            file["x"] = h5py.ExternalLink("/etc/passwd", "/x")
        with h5py.File(folder / f"external-storage-{version}.h5", "w", libver=version) as file:
            file.create_dataset("x", (8,), "u1", external=[("/etc/passwd", 0, 8)])
        with h5py.File(folder / f"nested-link-{version}.h5", "w", libver=version) as file:
            file.create_group("a/b/c")["x"] = h5py.ExternalLink("../secret.h5", "/x")
    with h5py.File(folder / "virtual.h5", "w", libver="latest") as file:
        layout = h5py.VirtualLayout((8,), "u1")
        layout[:] = h5py.VirtualSource("/etc/shadow.h5", "x", (8,))
        file.create_virtual_dataset("x", layout)
    with h5py.File(folder / "attribute-pickle.h5", "w") as file:
        file.attrs["CLASS"] = np.bytes_(b"cos\nsystem\n(S'true'\ntR.")
    with h5py.File(folder / "attribute-code.h5", "w") as file:
        file.create_group("g").attrs["note"] = "import os; os.system('true')"
    with h5py.File(folder / "lambda.h5", "w") as file:
        file.attrs["model_config"] = (
            '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}}'
        )
    with h5py.File(folder / "own-class.h5", "w") as file:
        file.attrs["model_config"] = (
            '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Mine", "config": {}}]}}'
        )
    with h5py.File(folder / "vocabulary.h5", "w") as file:
        layer = '{"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}'
        file.attrs["model_config"] = '{"class_name": "Sequential", "config": {"layers": [' + layer + "]}}"
    with h5py.File(folder / "user-block.h5", "w", userblock_size=512) as file:
        file["x"] = 1


if __name__ == "__main__":
    main()
