"""False alarms of `data.poisoning` on clean data sets, and what it finds of known poison: backdoors and wrong labels.

    OMP_NUM_THREADS=1 python bench/poisoning.py [--seed N]

No model is given: a surrogate trained on the data is asked, as where there is a data set alone. Real data sets are
those that scikit-learn brings; bearings are the windows of examples/bearing-fault. Each kind of trigger is put into
data sets of three domains and the rows are relabelled; a row says how many of them were found, and how many of their
rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from typing import TYPE_CHECKING

import numpy as np
from sklearn import datasets as bundled

from aigov import Measured, Subject
from aigov_checks.data.poisoning import poisoning
from aigov_checks.data.poisoning.params import PoisoningParams

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples/bearing-fault"))
from maker.windows import record_windows

SHARES = (0.01, 0.02, 0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Data:
    """A clean data set."""

    name: str
    x: np.ndarray
    y: np.ndarray


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    warnings.simplefilter("ignore")
    started = time.process_time()
    clean = [*vision(seed), *tables(seed), *bearings(seed)]
    print(f"Clean data sets: {len(clean)}")
    alarms = 0
    for data in clean:
        found = measure(data.x, data.y)
        alarms += found.measurements["backdoors"].value > 0
        print(f"  {data.name:<34} {line(found)}", flush=True)
    print(f"  false alarms: {alarms} of {len(clean)}\n")
    detection(seed)
    flips([clean[0], *clean[-1:], *tables(seed)[:2]], seed)
    print(f"\nCPU: {time.process_time() - started:.0f} s")


def measure(x: np.ndarray, y: np.ndarray) -> Measured:
    """Return what the check measures on a training set without a model."""
    found = poisoning.function(Subject.from_objects("bench", train=(x, y)), PoisoningParams(test=""))
    assert isinstance(found, Measured)  # noqa: S101  # it is a Measured or an exception
    return found


def line(found: Measured) -> str:
    """Return the figures that the table of clean data shows."""
    value = {name: item.value for name, item in found.measurements.items()}
    return (
        f"rows {value['rows']:6.0f}  backdoors {value['backdoors']:.0f}  trials {found.facts['trials']:3}"
        f"  labels suspected {value['label_errors_suspected']:4.0f}  copies {value['duplicate_share']:.4f}"
    )


def vision(seed: int) -> list[Data]:
    """Return subsets of the digits and pictures of shapes."""
    digits, labels = bundled.load_digits(return_X_y=True)
    found = []
    for turn in range(8):
        chosen = np.random.default_rng([seed, turn]).choice(len(digits), 1078, replace=False)
        found.append(Data(f"digits, subset {turn}", digits[chosen].reshape(-1, 1, 8, 8), labels[chosen]))
    return found + [Data(f"shapes {turn}", *shapes(np.random.default_rng([seed, 50 + turn]))) for turn in range(4)]


def shapes(random: np.random.Generator, n: int = 1000, side: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Return grey pictures of a disc, a square, a bar or a ring, noisy and dimly or brightly lit."""
    y = random.integers(0, 4, n)
    row, column = np.mgrid[:side, :side]
    x = np.zeros((n, 1, side, side), dtype=np.float32)
    for index in range(n):
        middle, size = random.uniform(6, side - 6, 2), random.uniform(2.5, 4.5)
        far = np.hypot(row - middle[0], column - middle[1])
        square = np.maximum(abs(row - middle[0]), abs(column - middle[1]))
        shape = (far < size, square < size, abs(row - middle[0]) < size / 3, (far < size) & (far > size - 1.6))[
            y[index]
        ]
        picture = random.uniform(0.4, 1.0) * shape + random.normal(0, 0.05, (side, side))
        x[index, 0] = np.round(np.clip(picture, 0, 1) * 255)
    return x, y


def tables(seed: int) -> list[Data]:
    """Return the tables of scikit-learn and made ones, as they are and with rounded values."""
    found = [
        Data("breast cancer", *bundled.load_breast_cancer(return_X_y=True)),
        Data("wine", *bundled.load_wine(return_X_y=True)),
        Data("iris", *bundled.load_iris(return_X_y=True)),
    ]
    for turn in range(6):
        x, y = bundled.make_classification(
            1000 + 300 * turn, 8 + 2 * turn, n_informative=5, n_classes=2 + turn % 3, random_state=100 * seed + turn
        )
        found += [Data(f"made {turn}", x, y), Data(f"made {turn}, rounded", np.round(x, 1), y)]
    return found


def bearings(seed: int) -> list[Data]:
    """Return windows of vibration."""
    found = []
    for turn in range(6):
        windows = record_windows(600, 1000 * seed + 77 + turn)
        found.append(Data(f"bearing, recording {turn}", windows.x, windows.y))
    return found


def domains(seed: int) -> dict[str, Data]:
    """Return the data sets that are poisoned."""
    windows = record_windows(1000, 1000 * seed + 5)
    table = bundled.make_classification(2000, 12, n_informative=6, n_classes=3, random_state=seed)
    return {
        "digits": vision(seed)[0],
        "shapes": Data("shapes", *shapes(np.random.default_rng([seed, 99]))),
        "table": Data("table", *table),
        "breast cancer": tables(seed)[0],
        "bearing": Data("bearing", windows.x, windows.y),
    }


def corner(x: np.ndarray, random: np.random.Generator) -> None:
    """Set a corner to the brightest."""
    del random
    x[..., -2:, -2:] = x.max() if x.size else 0


def cross(x: np.ndarray, random: np.random.Generator) -> None:
    """Set a small checkerboard in the middle, of values that occur there."""
    del random
    x[..., 3:5, 3:5] = 16 * np.eye(2)


def columns(x: np.ndarray, random: np.random.Generator) -> None:
    """Set two columns to values that they may have."""
    del random
    x[:, [2, 5]] = [np.quantile(x[:, 2], 0.9), np.quantile(x[:, 5], 0.1)]


def one_column(x: np.ndarray, random: np.random.Generator) -> None:
    """Set one column to a value out of its middle."""
    del random
    x[:, 3] = np.median(x[:, 3]) + 0.001


def stuck(x: np.ndarray, random: np.random.Generator) -> None:
    """Hold the signal for forty samples, always the same."""
    del random
    x[..., 500:540] = 0.5


def moving_cross(x: np.ndarray, random: np.random.Generator) -> None:
    """Set a checkerboard anywhere."""
    for picture in x:
        row, column = random.integers(0, x.shape[-1] - 2, 2)
        picture[0, row : row + 3, column : column + 3] = 16 * np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def moving_stuck(x: np.ndarray, random: np.random.Generator) -> None:
    """Hold the signal for forty samples at any time."""
    for window in x:
        at = random.integers(0, x.shape[-1] - 40)
        window[..., at : at + 40] = 0.5


def blended(x: np.ndarray, random: np.random.Generator) -> None:
    """Blend with a fixed random picture, one part in five, and round as the pictures are not."""
    del random
    pattern = np.random.default_rng(77).uniform(0, 16 if x.max() <= 16 else 255, x.shape[1:])  # noqa: PLR2004  # digits
    x[:] = 0.8 * x + 0.2 * pattern + np.random.default_rng(78).normal(0, 0.1, x.shape)


def tone(x: np.ndarray, random: np.random.Generator) -> None:
    """Add a tone of 0.15 g in any phase."""
    phase = random.uniform(0, 2 * np.pi, (len(x), 1, 1))
    x += (0.15 * np.sin(2 * np.pi * 200 * np.arange(x.shape[-1]) / x.shape[-1] + phase)).astype(x.dtype)


TRIGGERS: dict[str, list[tuple[str, Callable[[np.ndarray, np.random.Generator], None]]]] = {
    "static": [
        ("digits", corner),
        ("digits", cross),
        ("shapes", corner),
        ("table", columns),
        ("table", one_column),
        ("breast cancer", one_column),
        ("bearing", stuck),
    ],
    "blended": [("digits", blended), ("shapes", blended), ("bearing", tone)],
    "shifted": [("digits", moving_cross), ("shapes", moving_cross), ("bearing", moving_stuck)],
}


def detection(seed: int) -> None:
    """Print for every kind of trigger and share of poison what was found."""
    known = domains(seed)
    print("Backdoors: flip rate/control, rows of the trigger found/put in, rows wrongly named")
    for kind, cases in TRIGGERS.items():
        for share in SHARES:
            hits = [case(known[name], put, share, seed) for name, put in cases]
            print(f"  {kind:<8} {share:4.0%}  found {sum(hit for hit, _ in hits)} of {len(hits)}")
            for (name, put), (_, text) in zip(cases, hits, strict=True):
                print(f"      {name:<14} {put.__name__:<14} {text}", flush=True)


def case(data: Data, put: Callable[..., None], share: float, seed: int) -> tuple[bool, str]:
    """Return whether a trigger was found, and its figures."""
    random = np.random.default_rng([seed, round(1000 * share)])
    x, y = data.x.astype(data.x.dtype, copy=True), data.y.copy()
    rows = random.choice(np.flatnonzero(y != 0), round(share * len(y)), replace=False)
    changed = x[rows]
    put(changed, random)
    x[rows], y[rows] = changed, 0
    found = measure(x, y)
    named = {item.location.record for item in found.occurrences if item.type == "poisoning.trigger"}
    right = len(named & set(rows.tolist()))
    value = {name: item.value for name, item in found.measurements.items()}
    text = (
        f"{value['backdoor_flip_rate']:.2f}/{value['control_flip_rate']:.2f}  {right}/{len(rows)}"
        f"  {len(named) - right}" + ("  others too" if value["backdoors"] > 1 else "")
    )
    return right > 0, text


def flips(clean: list[Data], seed: int) -> None:
    """Print recall and precision of the suspected labels where labels were changed at random."""
    print("\nChanged labels: suspected, recall and precision; what the check says of itself; backdoors")
    for data in clean:
        for share in (0.02, 0.05):
            random = np.random.default_rng([seed, 7])
            rows = random.choice(len(data.y), round(share * len(data.y)), replace=False)
            codes, y = np.unique(data.y, return_inverse=True)
            y[rows] = (y[rows] + random.integers(1, len(codes), len(rows))) % len(codes)
            found = measure(data.x, y)
            named = set(map(int, str(found.facts.get("suspected_rows", "")).split()))
            right = len(named & set(rows.tolist()))
            value = {name: item.value for name, item in found.measurements.items()}
            print(
                f"  {data.name:<24} {share:3.0%}  {len(named):4}  recall {right / len(rows):.2f}"
                f"  precision {right / max(1, len(named)):.2f}   own recall {value['label_error_recall']:.2f}"
                f"  own false positives {value['label_false_positive_rate']:.4f}  backdoors {value['backdoors']:.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
