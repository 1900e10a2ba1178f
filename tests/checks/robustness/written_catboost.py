"""Writes the models in `catboost/` and what CatBoost itself answers for them; run by hand, with `catboost` installed.

`python tests/checks/robustness/written_catboost.py` writes NAME.cbm and NAME.json (the same model) and NAME.npz: `x`
(samples, float32, some values missing and some on a border), `sums` (raw values, (n, columns)) and `answer`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "catboost"
RNG = np.random.default_rng(3)
X = RNG.normal(size=(240, 4)).astype(np.float32)
KNOWN = X.copy()
X[RNG.random(X.shape) < 0.05] = np.nan
VALUE = 2 * KNOWN[:, 0] + KNOWN[:, 1] ** 2 + RNG.normal(0, 0.1, 240)
PAIR, THREE = (VALUE > 1).astype(int), np.array(["ball", "healthy", "race"])[np.digitize(VALUE, [0, 1.5])]
COMMON = {"verbose": 0, "thread_count": 1, "allow_writing_files": False, "random_seed": 1, "iterations": 8}


def seen_by(path):
    """Return samples of which some are missing, and some stand on a border of the model or right beside it."""
    document = json.loads(path.read_text("utf-8"))
    x = RNG.normal(size=(300, 4)).astype(np.float32)
    for feature in document["features_info"]["float_features"]:
        if feature["borders"]:
            rows = RNG.choice(300, 90, replace=False)
            edges = RNG.choice(np.float32(feature["borders"]), 90)
            steps = RNG.choice(np.float32([-1, 0, 1]), 90)
            x[rows, feature["flat_feature_index"]] = np.where(
                steps == 0, edges, np.nextafter(edges, steps * np.float32(1e30))
            )
    x[RNG.random(x.shape) < 0.1] = np.nan
    return x


def write(name, model):
    for kind in ("cbm", "json"):
        model.save_model(str(FOLDER / f"{name}.{kind}"), format=kind)
    x = seen_by(FOLDER / f"{name}.json")
    sums = np.asarray(model.predict(x, prediction_type="RawFormulaVal")).reshape(len(x), -1)
    answer = np.asarray(model.predict(x)).reshape(-1)
    answer = answer.astype(str) if answer.dtype.kind == "O" else answer
    np.savez_compressed(FOLDER / f"{name}.npz", x=x, sums=sums, answer=answer)


def main():
    import catboost

    def classes(y, x=X, **more):
        return catboost.CatBoostClassifier(**{**COMMON, **more}).fit(x, y)

    def values(y, x=X, **more):
        return catboost.CatBoostRegressor(**{**COMMON, **more}).fit(x, y)

    FOLDER.mkdir(exist_ok=True)
    write("binary", classes(PAIR, depth=4))
    limited = classes(PAIR, depth=3, nan_mode="Max")
    limited.set_probability_threshold(0.3)
    write("binary-threshold", limited)
    write("binary-lossguide", classes(PAIR, grow_policy="Lossguide", max_leaves=9))
    write("binary-complete", classes(PAIR, KNOWN, depth=3))
    write("classes", classes(THREE, depth=3))
    write("classes-ova", classes(THREE, depth=2, loss_function="MultiClassOneVsAll"))
    write("classes-depthwise", classes(THREE, grow_policy="Depthwise", depth=3))
    write("value", values(VALUE, depth=5, nan_mode="Max"))
    scaled = values(VALUE, depth=3, loss_function="MAE")
    scaled.set_scale_and_bias(-0.37, 2.5)
    write("value-scaled", scaled)
    write("value-poisson", values(np.abs(VALUE), grow_policy="Lossguide", max_leaves=7, loss_function="Poisson"))
    write("value-summed", catboost.sum_models([values(VALUE, depth=2), values(VALUE, depth=3)], weights=[0.4, 0.6]))

    mixed = [[*row, "abc"[place % 3], str(place % 40)] for place, row in enumerate(KNOWN[:, :2].tolist())]
    model = classes(np.arange(240) % 3 % 2, mixed, cat_features=[2, 3], depth=3)
    for kind in ("cbm", "json"):
        model.save_model(
            str(FOLDER / f"categories.{kind}"), format=kind, pool=catboost.Pool(mixed, cat_features=[2, 3])
        )
    several = catboost.CatBoostRegressor(**COMMON, loss_function="MultiRMSE", depth=2)
    several.fit(KNOWN, np.column_stack([VALUE, -VALUE]))
    ranking = catboost.CatBoostRanker(**COMMON, loss_function="YetiRank", depth=2)
    ranking.fit(KNOWN, PAIR, group_id=np.arange(240) // 12)
    for name, model in (("several-values", several), ("ranking", ranking)):
        model.save_model(str(FOLDER / f"{name}.cbm"))


if __name__ == "__main__":
    main()
