"""Tree ensembles in an ONNX graph (`TreeEnsembleClassifier`, `TreeEnsembleRegressor`) as arrays, checked by asking.

Source: the operators of ai.onnx.ml, versions 1 to 3. Values are single precision, as onnxruntime computes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, need
from aigov_checks.model.robustness.boosted.model import finite, identity, in_order, logistic
from aigov_checks.model.robustness.onnx_file import SHAPE_ONLY
from aigov_checks.model.robustness.tree_parts import MOST_NODES, Nodes, Sum, UnsoundTreeError, check_nodes, flat
from aigov_checks.model.robustness.trees import LEAF, Array, Ensemble

if TYPE_CHECKING:
    from aigov_checks.model.robustness.predictor import Predictor

_OPERATORS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
_AFTER = (*SHAPE_ONLY, "ZipMap", "Cast")
_TURNED = {"BRANCH_GTE": "BRANCH_LT", "BRANCH_GT": "BRANCH_LEQ"}
"""Comparisons that are another one with its children exchanged."""
_ASKED, _TOLERANCE = 256, 1e-5
"""Points at which the arrays must answer as the model does, and how closely, relative to the largest answer."""
_ON_CUT = 0.6
"""Share of the values asked about that lie exactly on a cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The trees of a graph, and how their sums become what the model answers."""

    ensemble: Ensemble
    link: Callable[[Array], Array] | None


def read_trees(graph: Any, predictor: Predictor, features: int | None) -> Read | None:  # a parsed model is untyped
    """Return the trees where the whole graph is one ensemble that answers like them, otherwise None.

    `features` is the number that the graph declares, None where it declares none.
    """
    nodes = [node for node in graph.graph.node if node.op_type in _OPERATORS]
    others = [node for node in graph.graph.node if node.op_type not in _OPERATORS]
    inputs = [item.name for item in graph.graph.input]
    if len(nodes) != 1 or list(nodes[0].input) != inputs or any(node.op_type not in _AFTER for node in others):
        return None
    try:
        found = _ensemble(nodes[0])
    except (UnsoundTreeError, KeyError, IndexError, ValueError, OverflowError):
        return None
    if found is None:
        return None
    used = int(found.feature.max()) + 1
    if features is not None and features < used:
        return None
    return _agreeing(found, predictor, features or used)


def _ensemble(node: Any) -> Ensemble | None:  # onnx is untyped
    """Return the sum of the trees over one column a class or target; None for what is not read."""
    onnx = need("onnx", "robustness")
    given = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    kind = "class" if node.op_type == "TreeEnsembleClassifier" else "target"
    modes = [mode.decode("ascii", "replace") for mode in given["nodes_modes"]]
    known = {"BRANCH_LEQ", "BRANCH_LT", "LEAF", *_TURNED}
    if set(modes) - known or given.get("aggregate_function", b"SUM") not in (b"SUM", b"AVERAGE"):
        return None
    if any(name.endswith("_as_tensor") for name in given) or len(modes) > MOST_NODES:
        return None
    trees = np.asarray(given["nodes_treeids"], dtype=np.int64)
    ids = np.asarray(given["nodes_nodeids"], dtype=np.int64)
    where = {pair: place for place, pair in enumerate(zip(trees.tolist(), ids.tolist(), strict=True))}
    weights = _weights(given, kind, where, len(modes))
    numbers = list(dict.fromkeys(trees.tolist()))
    features = int(np.max(given["nodes_featureids"])) + 1
    parts = [_tree(given, modes, np.flatnonzero(trees == number), weights) for number in numbers]
    for part in parts:
        check_nodes(part, features, weights.shape[1])
    share = 1 / len(parts) if given.get("aggregate_function") == b"AVERAGE" else 1.0
    parts = [replace(part, value=part.value * share) for part in parts]
    base = np.zeros(weights.shape[1])
    stated = np.asarray(given.get("base_values", ()), dtype=np.float64)
    base[: len(stated)] = stated
    return _with_slack(flat(Sum(parts, base, np.float32), lambda x: x.astype(np.float32), features))


def _weights(given: Any, kind: str, where: dict[tuple[int, int], int], nodes: int) -> Array:  # attributes by name
    columns = np.asarray(given[f"{kind}_ids"], dtype=np.int64)
    if not len(columns) or columns.min() < 0 or columns.max() >= 10_000:  # noqa: PLR2004  # more classes than anybody has
        raise UnsoundTreeError
    values = np.zeros((nodes, int(columns.max()) + 1))
    pairs = zip(given[f"{kind}_treeids"], given[f"{kind}_nodeids"], strict=True)
    places = np.array([where[pair] for pair in pairs], dtype=np.int64)
    np.add.at(values, (places, columns), np.asarray(given[f"{kind}_weights"], dtype=np.float32).astype(np.float64))
    return values


def _tree(given: Any, modes: list[str], mine: Array, weights: Array) -> Nodes:  # attributes by name
    """Return one tree; its first node is the root."""
    place = {int(given["nodes_nodeids"][row]): at for at, row in enumerate(mine.tolist())}
    left, right, cut = [], [], []
    for row in mine.tolist():
        mode = modes[row]
        if mode == "LEAF":
            left.append(LEAF)
            right.append(LEAF)
            cut.append(np.float32(0))
            continue
        true, false = place[given["nodes_truenodeids"][row]], place[given["nodes_falsenodeids"][row]]
        turned = mode in _TURNED
        left.append(false if turned else true)
        right.append(true if turned else false)
        value = np.float32(given["nodes_values"][row])
        cut.append(np.nextafter(value, np.float32(-np.inf)) if _TURNED.get(mode, mode) == "BRANCH_LT" else value)
    order, lefts, rights = in_order(np.array(left), np.array(right))
    inner = lefts != LEAF
    feature = np.asarray(given["nodes_featureids"], dtype=np.int64)[mine][order]
    threshold = finite(np.array(cut, dtype=np.float32)[order])
    values = np.where(inner[:, None], 0.0, weights[mine][order])
    return Nodes(np.where(inner, feature, 0), np.where(inner, threshold, np.float32(0)), lefts, rights, values)


def _with_slack(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with a bound of the rounding of its sums in single precision, as for boosted trees."""
    trees = len(ensemble.roots)
    largest = np.maximum.reduceat(np.abs(ensemble.value).max(axis=1), ensemble.roots)
    total = float(np.abs(ensemble.offset).max() + largest.sum())
    return replace(ensemble, slack=(trees + 1) * float(np.finfo(np.float32).eps) / 2 * total * 1.01)


def _agreeing(ensemble: Ensemble, predictor: Predictor, features: int) -> Read | None:
    """Return the trees where they answer as the model does at points on both sides of their own cuts."""
    random = np.random.default_rng(0)
    inner = np.flatnonzero(ensemble.left != LEAF)
    x = random.normal(size=(_ASKED, features))
    for feature in range(features):
        cuts = ensemble.cut[inner[ensemble.feature[inner] == feature]]
        if len(cuts):
            step = x[:, feature] * (float(np.ptp(cuts)) / 8 + 1e-6)
            x[:, feature] = random.choice(cuts, _ASKED) + np.where(random.random(_ASKED) < _ON_CUT, 0.0, step)
    x = x.astype(np.float32)
    try:
        answered = predictor.scores(x).astype(np.float64)
    except UnsupportedInputError:
        return None
    scale = max(1.0, float(np.abs(answered).max()))
    for candidate, link, said in _meanings(ensemble):
        sums = candidate.scores(x.astype(np.float64))
        found = said(sums)
        if found.shape == answered.shape and np.allclose(found, answered, rtol=0, atol=_TOLERANCE * scale):
            return Read(candidate, link)
    return None


def _meanings(ensemble: Ensemble) -> list[tuple[Ensemble, Callable[[Array], Array] | None, Callable[[Array], Array]]]:
    """Return what the sums may stand for: ensemble of scores, link of a value, and what a model then answers."""
    if len(ensemble.offset) > 1:
        return [(ensemble, None, identity), (ensemble, None, _softmax), (ensemble, None, logistic)]
    value, offset = ensemble.value, ensemble.offset
    half = replace(ensemble, value=np.hstack([-value, value]), offset=np.concatenate([0.5 - offset, offset - 0.5]))
    zero = replace(ensemble, value=np.hstack([-value, value]), offset=np.concatenate([-offset, offset]))
    return [
        (ensemble, None, identity),
        (ensemble, logistic, logistic),
        (zero, None, lambda sums: np.stack([logistic(-sums[:, 1]), logistic(sums[:, 1])], axis=1)),
        (zero, None, lambda sums: sums),
        (half, None, lambda sums: sums + 0.5),
    ]


def _softmax(sums: Array) -> Array:
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
