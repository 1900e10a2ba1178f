"""CatBoost files are read without the library, answer as it answers, and are answered exactly; hostile ones are named."""

from __future__ import annotations

import copy
import itertools
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigov import Measured, UnsupportedInputError
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.boosted.catboost_document import read_catboost_json
from aigov_checks.model.robustness.boosted.catboost_file import read_catboost
from aigov_checks.model.robustness.boosted.model import ensemble_of
from aigov_checks.model.robustness.boosted.predictor import BoostedPredictor
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Wanted
from aigov_checks.model.robustness.tree_parts import UnsoundTreeError

FOLDER = Path(__file__).parent / "catboost"
"""Models of CatBoost 1.2.10 and its own answers, by `written_catboost.py`."""
NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))
READERS = {"cbm": read_catboost, "json": read_catboost_json}


def wanted(name):
    return Wanted.VALUES if name.startswith("value") else Wanted.CLASSES


def opened(name, kind):
    model = READERS[kind]((FOLDER / f"{name}.{kind}").read_bytes(), name, wanted(name))
    return BoostedPredictor(model, ensemble_of(model), model.labels)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_file_answers_as_the_library(name, kind):
    found, said = opened(name, kind), np.load(FOLDER / f"{name}.npz")
    assert found.dtype == np.float32
    sums = found.sums(said["x"])
    if name == "binary-threshold":
        sums = sums + np.log(0.3 / 0.7)  # the threshold is part of the sum
    assert np.allclose(sums, said["sums"], rtol=1e-14, atol=1e-14)
    if name.startswith(("binary", "classes")) and name != "binary-threshold":
        assert np.array_equal(sums, said["sums"])  # to the last bit: no scale, no bias
    scores = found.scores(said["x"])
    if name.startswith("value"):
        assert np.allclose(scores[:, 0], said["answer"], rtol=1e-14, atol=1e-14)
    else:
        labels = np.array([str(found.labels[place]) for place in scores.argmax(axis=1)])
        assert np.array_equal(labels, said["answer"].astype(str))
        assert len(np.unique(labels)) > 1


def test_both_formats_say_the_same():
    for name in NAMES:
        x = np.load(FOLDER / f"{name}.npz")["x"]
        assert np.array_equal(opened(name, "cbm").scores(x), opened(name, "json").scores(x))


def test_a_probability_as_value_is_the_logistic_of_the_sum():
    model = read_catboost((FOLDER / "binary.cbm").read_bytes(), "m", Wanted.VALUES)
    said = np.load(FOLDER / "binary.npz")
    scores = BoostedPredictor(model, ensemble_of(model)).scores(said["x"])
    assert np.allclose(scores, 1 / (1 + np.exp(-said["sums"])), rtol=1e-15)


def plainly(document, row):
    """Return the sums of one sample straight from the document, tree by tree."""
    scale, bias = document["scale_and_bias"]
    total = np.zeros(len(bias))
    for tree in document.get("oblivious_trees", ()):
        leaf = 0
        for level, split in enumerate(tree["splits"]):
            leaf |= int(np.float32(row[split["float_feature_index"]]) > np.float32(split["border"])) << level
        total += np.reshape(tree["leaf_values"], (-1, len(bias)))[leaf]
    for tree in document.get("trees", ()):
        node = tree
        while "split" in node:
            split = node["split"]
            above = np.float32(row[split["float_feature_index"]]) > np.float32(split["border"])
            node = node["right" if above else "left"]
        total += node["value"]
    return scale * total + bias


def branching(rng, borders, columns, levels):
    """Return a random tree whose branches differ."""
    if not levels or rng.random() < 0.2:
        value = rng.normal(0, 1, columns).tolist()
        return {"value": value if columns > 1 else value[0], "weight": 1}
    feature = int(rng.integers(3))
    split = {
        "float_feature_index": feature,
        "border": float(rng.choice(borders[feature])),
        "split_type": "FloatFeature",
    }
    left, right = (branching(rng, borders, columns, levels - 1) for _ in range(2))
    return {"split": split, "left": left, "right": right}


def made(seed, classes, kind="oblivious_trees"):
    """Return a random document of three features, with borders that come back in one tree."""
    rng = np.random.default_rng(seed)
    borders = [np.sort(rng.uniform(0.1, 0.9, 3)).astype(np.float32).tolist() for _ in range(3)]
    columns = 1 if classes == 2 else classes
    trees = []
    for _ in range(3):
        if kind == "trees":
            trees.append(branching(rng, borders, columns, 3))
            continue
        splits = [(int(rng.integers(3)), int(rng.integers(3))) for _ in range(int(rng.integers(0, 4)))]
        trees.append(
            {
                "splits": [
                    {"float_feature_index": f, "border": borders[f][b], "split_type": "FloatFeature"} for f, b in splits
                ],
                "leaf_values": rng.normal(0, 1, columns << len(splits)).tolist(),
            }
        )
    features = [
        {"feature_index": f, "flat_feature_index": f, "borders": borders[f], "has_nans": False, "feature_id": ""}
        for f in range(3)
    ]
    loss = "Logloss" if classes == 2 else "MultiClass"
    return {
        "features_info": {"float_features": features},
        kind: trees,
        "scale_and_bias": [float(rng.choice([1.0, 0.7])), rng.normal(0, 0.1, columns).tolist()],
        "model_info": {"params": {"loss_function": {"type": loss, "params": {}}}},
    }


def answers(document, points):
    sums = np.array([plainly(document, row) for row in points])
    return (sums[:, 0] > 0).astype(int) if sums.shape[1] == 1 else sums.argmax(axis=1)


def cells(document, row, reach, box):
    axes = []
    for feature, value in enumerate(row):
        low, high = max(value - reach, box[0][feature]), min(value + reach, box[1][feature])
        cuts = np.float32(document["features_info"]["float_features"][feature]["borders"])
        near = np.concatenate([cuts, np.nextafter(cuts, np.float32(9))])
        axes.append(np.unique(np.concatenate([[low, high, value], near[(near >= low) & (near <= high)]])))
    return np.array(list(itertools.product(*axes)), dtype=np.float32)


@pytest.mark.parametrize("kind", ["oblivious_trees", "trees"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 3), reach=st.sampled_from([0.05, 0.1, 0.3]))
def test_the_exact_answer_is_that_of_an_enumeration(measure, tmp_path, kind, seed, classes, reach):  # noqa: PLR0913, PLR0917  # the cases
    document = made(seed, classes, kind)
    path = tmp_path / "m.json"
    path.write_text(json.dumps(document), "utf-8")
    x = np.random.default_rng(seed + 1).uniform(0, 1, (10, 3)).astype(np.float32)
    y = np.where(np.arange(10) < 8, answers(document, x), np.arange(10) % classes)
    box = x.min(axis=0), x.max(axis=0)
    result = measure(path, x, y, eps=reach, curve=())
    assert result.facts["exact"] == "milp"
    inside, outside = (
        sum(
            bool((answers(document, cells(document, row.astype(np.float64), size, box)) == label).all())
            for row, label in zip(x, y, strict=True)
        )
        for size in (reach * (1 + 1e-6), reach * (1 - 1e-6))
    )
    standing = round(result.measurements["robust_accuracy"].value * len(x))
    assert inside <= standing
    assert standing - result.facts["undecided"] <= outside
    assert result.facts["undecided"] == 0


def test_a_file_is_measured_in_the_sandbox_as_it_is_here(measure, build):
    said = np.load(FOLDER / "classes.npz")
    rows = np.flatnonzero(np.isfinite(said["x"]).all(axis=1))[:40]
    x, y = said["x"][rows], said["answer"][rows]
    asked = {"eps": 0.05, "curve": (0.5, 1.0), "queries": 20}
    filed = measure(FOLDER / "classes.cbm", x, y, **asked)
    boxed = robustness.function(
        build.subject(build.model(FOLDER / "classes.cbm"), build.dataset(x, y)), RobustnessParams(**asked)
    )
    assert isinstance(boxed, Measured)
    assert filed.measurements == boxed.measurements
    assert filed.facts["exact"] == "milp"
    assert filed.measurements["clean_accuracy"].value == 1
    assert 0 < filed.measurements["robust_accuracy"].value < 1
    assert filed.measurements["certified_accuracy"].value == filed.measurements["robust_accuracy"].value


def test_a_live_model_is_read_where_it_gives_its_own_sums(measure):
    said = np.load(FOLDER / "classes.npz")
    rows = np.flatnonzero(np.isfinite(said["x"]).all(axis=1))[:40]

    class Live:
        """What the check uses of a live model of CatBoost."""

        classes_ = ("ball", "healthy", "race")

        def __init__(self, sums):
            self.sums = sums

        def _serialize_model(self):
            return (FOLDER / "classes.cbm").read_bytes()

        def predict(self, x, prediction_type="Class"):
            sums = opened("classes", "json").sums(np.asarray(x)) * self.sums
            return sums if prediction_type == "RawFormulaVal" else np.array(self.classes_)[sums.argmax(axis=1)]

    Live.__module__ = "catboost.core"
    x, y = said["x"][rows], said["answer"][rows]
    result = measure(Live(1.0), x, y, eps=0.05, curve=())
    assert result.facts["exact"] == "milp"
    assert result.measurements["clean_accuracy"].value == 1
    assert measure(Live(2.0), x[:8], y[:8], eps=0.05, curve=(), queries=5).facts["exact"] is False


def test_documents_of_before_version_one_have_one_bias_or_none():
    document = made(4, 2)
    document["scale_and_bias"] = [1, [0.25]]
    x = np.random.default_rng(0).uniform(0, 1, (20, 3)).astype(np.float32)

    def sums(pair):
        old = {**document, **({"scale_and_bias": pair} if pair else {})}
        if not pair:
            del old["scale_and_bias"]
        model = read_catboost_json(json.dumps(old).encode(), "m", Wanted.CLASSES)
        return BoostedPredictor(model, ensemble_of(model)).sums(x)

    assert np.array_equal(sums([1, 0.25]), sums([1, [0.25]]))
    assert np.allclose(sums(None) + 0.25, sums([1, 0.25]))


def reason(run):
    with pytest.raises(UnsupportedInputError) as error:
        run()
    for lang in ("en", "zh-CN"):
        assert "{" not in error.value.sentence(lang)
    return error.value.message.id


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("categories.cbm", "robustness.catboost.features"),
        ("categories.json", "robustness.catboost.features"),
        ("several-values.cbm", "robustness.boosted.objective"),
        ("ranking.cbm", "robustness.boosted.objective"),
        ("value.cbm", "robustness.boosted.other-task"),
    ],
)
def test_what_is_not_read_is_named(measure, blobs, file, expected):
    assert reason(lambda: measure(FOLDER / file, *blobs)) == expected


def changed(**changes):
    """Return the small document with some of it replaced, by pointer."""
    document = copy.deepcopy(made(1, 3))
    document["oblivious_trees"][0] = {
        "splits": [{"float_feature_index": 0, "border": 0.5, "split_type": "FloatFeature"}],
        "leaf_values": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    }
    for pointer, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in pointer.split("__")]
        place = document
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"oblivious_trees": []},
        {"oblivious_trees": None},
        {"oblivious_trees": {"a": 1}},
        {"oblivious_trees__0__leaf_values": [1.0] * 5},
        {"oblivious_trees__0__leaf_values": []},
        {"oblivious_trees__0__leaf_values": [float("nan")] * 6},
        {"oblivious_trees__0__leaf_values": [float("inf")] * 6},
        {"oblivious_trees__0__leaf_values": ["x"] * 6},
        {"oblivious_trees__0__splits": [{"float_feature_index": 0, "border": 0.5, "split_type": "FloatFeature"}] * 61},
        {"oblivious_trees__0__splits__0__float_feature_index": 7},
        {"oblivious_trees__0__splits__0__float_feature_index": -1},
        {"oblivious_trees__0__splits__0__border": float("nan")},
        {"oblivious_trees__0__splits__0__split_type": "OnlineCtr"},
        {"features_info__float_features__0__flat_feature_index": 1},
        {"features_info__float_features__0__flat_feature_index": -1},
        {"features_info__float_features__0__flat_feature_index": 10**12},
        {"features_info__float_features__0__feature_index": 1},
        {"features_info__float_features": []},
        {"scale_and_bias": [float("nan"), [0, 0, 0]]},
        {"scale_and_bias": [1, [0, float("inf"), 0]]},
        {"scale_and_bias": [1, [0, 0]]},
        {"scale_and_bias": [1]},
        {"model_info__binclass_probability_threshold": "x", "model_info__params": {"loss_function": "Logloss"}},
    ],
)
def test_documents_that_contradict_themselves_are_named(measure, tmp_path, blobs, changes):
    (tmp_path / "m.json").write_bytes(changed(**changes))
    found = reason(lambda: measure(tmp_path / "m.json", blobs[0][:, :3], blobs[1]))
    assert found in {"robustness.boosted.broken", "robustness.boosted.part"}


def test_a_document_that_nests_without_end_is_named(measure, tmp_path, blobs):
    node = '{"split": {"float_feature_index": 0, "border": 0.5, "split_type": "FloatFeature"}, "left": '
    deep = node * 50_000 + '{"value": 1}' + ', "right": {"value": 0}}' * 50_000
    document = json.loads(changed(oblivious_trees=None))
    text = json.dumps(document)[:-1] + ', "trees": [' + deep + "]}"
    (tmp_path / "m.json").write_text(text, "utf-8")
    assert reason(lambda: measure(tmp_path / "m.json", *blobs)) == "robustness.boosted.broken"


@pytest.mark.parametrize("name", ["classes.cbm", "binary-lossguide.cbm"])
def test_every_cut_and_many_flips_of_a_binary_file_are_read_or_named(name):
    data = (FOLDER / name).read_bytes()
    rng = np.random.default_rng(5)
    damaged = [data[: int(cut)] for cut in np.linspace(0, len(data) - 1, 150)]
    core = 8 + struct.unpack("<I", data[4:8])[0]
    for place in rng.integers(4, core, 250).tolist():
        other = bytearray(data)
        other[place] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
        damaged.append(bytes(other))
    named = 0
    x = np.load(FOLDER / f"{name[:-4]}.npz")["x"]
    for hostile in damaged:
        try:
            model = read_catboost(hostile, "m", Wanted.CLASSES)
            BoostedPredictor(model, ensemble_of(model)).sums(x[:5])
        except (UnsupportedInputError, UnsoundTreeError):
            named += 1
    assert named >= 150


def places_of(data):
    """Return the tables of a file: its core, and the model in it."""
    from aigov_checks.model.serialization.flatbuffers import root

    core = root(memoryview(data)[8:])
    return core, core.table(1)


@pytest.mark.parametrize(
    ("field", "offset", "value"),
    [
        (0, 0, struct.pack("<i", 2**31 - 1)),  # columns
        (0, 0, struct.pack("<i", -1)),
        (2, 4, struct.pack("<i", 2**31 - 1)),  # a size of a tree
        (2, 4, struct.pack("<i", -2)),
        (1, 4, struct.pack("<i", 10**6)),  # a split
        (1, 4, struct.pack("<i", -1)),
        (1, 0, struct.pack("<I", 2**32 - 1)),  # the number of splits
        (8, 0, struct.pack("<I", 2**32 - 1)),  # the number of leaf values
        (8, 4, struct.pack("<d", float("nan"))),
        (3, 4, struct.pack("<i", 3)),  # the start of a tree
        (16, 4, struct.pack("<d", float("inf"))),  # a bias
    ],
)
def test_fields_of_a_binary_file_that_cannot_be_are_named(measure, tmp_path, blobs, field, offset, value):  # noqa: PLR0913, PLR0917  # the cases
    data = bytearray((FOLDER / "classes.cbm").read_bytes())
    _, model = places_of(data)
    place = model.place(field)
    if field:
        place += struct.unpack("<I", data[8 + place : 12 + place])[0]
    data[8 + place + offset : 8 + place + offset + len(value)] = value
    (tmp_path / "m.cbm").write_bytes(data)
    assert reason(lambda: measure(tmp_path / "m.cbm", *blobs)) == "robustness.boosted.broken"


@pytest.mark.parametrize(
    ("steps", "leaf"),
    [((0xFFFF, 1), 0), ((1, 1), 0), ((0, 0), 2**32 - 1), ((0, 0), 10**6)],
    ids=["beyond the end", "twice the same", "leaf beyond the end", "leaf far beyond"],
)
def test_steps_of_a_branching_tree_that_cannot_be_are_named(measure, tmp_path, blobs, steps, leaf):
    data = bytearray((FOLDER / "binary-lossguide.cbm").read_bytes())
    _, model = places_of(data)
    first = [model.place(field) for field in (10, 11)]
    at_steps, at_leaves = (8 + at + struct.unpack("<I", data[8 + at : 12 + at])[0] + 4 for at in first)
    data[at_steps : at_steps + 4] = struct.pack("<HH", *steps)
    data[at_leaves : at_leaves + 4] = struct.pack("<I", leaf)
    (tmp_path / "m.cbm").write_bytes(data)
    assert reason(lambda: measure(tmp_path / "m.cbm", *blobs)) == "robustness.boosted.broken"


@pytest.mark.parametrize("file", ["classes.cbm", "classes.json"])
def test_more_nodes_than_are_handled_are_named(measure, blobs, monkeypatch, file):
    monkeypatch.setattr("aigov_checks.model.robustness.boosted.catboost.MOST_NODES", 50)
    assert reason(lambda: measure(FOLDER / file, *blobs)) == "robustness.model-too-large"


@pytest.mark.parametrize("data", [b"", b"CBM1", b"CBM1\x04\0\0\0\0\0\0\0", b"CBM1" + b"\xff" * 400, b"hello"])
def test_other_bytes_are_no_models(measure, tmp_path, blobs, data):
    (tmp_path / "m.cbm").write_bytes(data)
    assert reason(lambda: measure(tmp_path / "m.cbm", *blobs)) in {"robustness.boosted.broken", "robustness.format"}
