"""Build the over-fitted forest and its regularised twin, from nothing, the same every time.

    python examples/over-fitted-forest/build.py [--output FOLDER]

A press shop predicts scrap from eight process values. The outcome is half chance, so that whoever is right on every
training part has learned the parts by heart.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import skops.io
from sklearn.ensemble import RandomForestClassifier

HERE = Path(__file__).resolve().parent
PARTS = 1500
FORESTS = {
    "over-fitted": RandomForestClassifier(30, random_state=0),
    "regularised": RandomForestClassifier(30, max_depth=5, min_samples_leaf=40, max_samples=0.3, random_state=0),
}


def main() -> None:
    """Write training and test parts as NPZ, and both forests as skops files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE, help="folder that receives the project")
    output: Path = parser.parse_args().output.resolve()
    for folder in ("data", "model"):
        (output / folder).mkdir(parents=True, exist_ok=True)
    if output != HERE:
        for name in ("aigov.yaml", "privacy.yaml"):
            shutil.copyfile(HERE / name, output / name)
    parts = {"train": produced(1), "test": produced(2)}
    for name, (x, y) in parts.items():
        np.savez(output / f"data/{name}.npz", x=x, y=y)
    for name, forest in FORESTS.items():
        forest.fit(*parts["train"])
        skops.io.dump(forest, output / f"model/{name}.skops")
        shares = (forest.score(*parts[part]) for part in parts)
        print(f"{name} forest: accuracy {next(shares):.3f} on training parts, {next(shares):.3f} on others")


def produced(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return process values of shape (parts, 8), and whether each part is scrap."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(PARTS, 8))
    press, heat, feed, wear = x[:, :4].T
    return x, (1.2 * press - heat + 0.6 * feed * wear + rng.logistic(size=PARTS) > 0).astype(np.int64)


if __name__ == "__main__":
    main()
