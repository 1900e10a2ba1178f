"""What `model.robustness` measures on models whose answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from onnx import TensorProto, helper

W = np.array([[-1.0, 1.0], [-1.0, 1.0], [-0.5, 0.5], [0.2, -0.2]])
B = np.array([1.15, -1.15])


def worst_corner(x, y, eps, low, high):
    """Return which samples keep their class at every corner of the box, by enumeration."""
    stands = np.ones(len(x), dtype=bool)
    for signs in itertools.product((-1, 1), repeat=x.shape[1]):
        corner = np.clip(x + eps * np.array(signs), low, high)
        stands &= (corner @ W + B).argmax(axis=1) == y
    return stands


def value(result, name):
    return result.measurements[name].value


def test_a_linear_onnx_model_is_measured_as_its_closed_form_says(measure, linear_onnx, blobs):
    x, y = blobs
    exact = worst_corner(x.astype(np.float64), y, 0.08, x.min(axis=0), x.max(axis=0)).mean()
    result = measure(linear_onnx(W, B), x, y, eps=0.08)
    assert value(result, "robust_accuracy") == pytest.approx(exact, abs=1 / 120)
    assert value(result, "clean_accuracy") == ((x @ W + B).argmax(axis=1) == y).mean()


def test_accuracy_never_rises_with_the_size_of_the_perturbation(measure, linear_onnx, blobs):
    result = measure(linear_onnx(W, B), *blobs, eps=0.05, curve=(0.25, 0.5, 1.0, 1.5, 3.0), queries=100)
    curve = [value(result, f"robust_accuracy[eps={eps:.6g}]") for eps in (0.0125, 0.025, 0.05, 0.075, 0.15)]
    assert curve == sorted(curve, reverse=True)
    assert value(result, "clean_accuracy") >= curve[0] > curve[-1]
    assert curve[2] == value(result, "robust_accuracy")


def test_a_budget_of_almost_nothing_breaks_nothing(measure, linear_onnx, blobs):
    result = measure(linear_onnx(W, B), *blobs, eps=1e-6, queries=50)
    assert value(result, "robust_accuracy") == value(result, "clean_accuracy")


def test_every_measurement_that_is_declared_is_measured(measure, linear_onnx, blobs):
    from aigov_checks.model.robustness import robustness

    result = measure(linear_onnx(W, B), *blobs, queries=20)
    assert {name.partition("[")[0] for name in result.measurements} == set(robustness.measures) - robustness.optional
    for name, found in result.measurements.items():
        assert found.unit == robustness.measures[name.partition("[")[0]]
    assert result.measurements["robust_accuracy"].n == 120


def test_a_constant_model_is_stable_and_shown_to_be_constant(measure, linear_onnx, blobs):
    result = measure(linear_onnx(np.zeros((4, 2)), [1.0, 0.0]), *blobs, eps=0.5, queries=50)
    assert value(result, "clean_accuracy") == value(result, "robust_accuracy") == 0.5
    assert value(result, "majority_share") == 1
    assert value(result, "zero_gradient_share") == 1
    assert "robustness.note.constant" in {note.id for note in result.notes}


def test_hidden_gradients_do_not_hide_the_weakness(measure, linear_onnx, blobs):
    x, y = blobs
    quantise = [
        helper.make_node("Mul", ["x", "levels"], ["scaled"]),
        helper.make_node("Round", ["scaled"], ["whole"]),
        helper.make_node("Div", ["whole", "levels"], ["coarse"]),
    ]
    model = linear_onnx(W, B, before=quantise, extra={"levels": np.float32(20)})
    result = measure(model, x, y, eps=0.1, queries=200)
    assert value(result, "zero_gradient_share") == 1
    assert result.facts["broken_by.square"] > 0
    assert value(result, "robust_accuracy") <= value(result, "clean_accuracy") - 0.3
    assert value(result, "search_only_share") >= 0.3
    notes = {note.id for note in result.notes}
    assert {"robustness.note.gradient-masking", "robustness.note.search-beats-gradients"} <= notes


@pytest.mark.parametrize("after", ["Softmax", None])
def test_saturated_outputs_are_no_shelter(measure, linear_onnx, blobs, after):
    plain = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=50)
    loud = measure(linear_onnx(W * 1000, B * 1000, after=after), *blobs, eps=0.08, queries=50)
    assert value(loud, "robust_accuracy") == value(plain, "robust_accuracy")


def test_one_sigmoid_output_is_two_classes(measure, linear_onnx, blobs):
    plain = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=50)
    single = measure(linear_onnx(2 * W[:, 1:], 2 * B[1:], after="Sigmoid"), *blobs, eps=0.08, queries=50)
    assert value(single, "robust_accuracy") == value(plain, "robust_accuracy")
    assert single.facts["broken_by.square"] == 0


def test_a_fixed_batch_gives_the_same_figures(measure, linear_onnx, blobs):
    free = measure(linear_onnx(W, B), *blobs, eps=0.08, queries=20)
    fixed = measure(linear_onnx(W, B, batch=7), *blobs, eps=0.08, queries=20)
    assert value(fixed, "robust_accuracy") == value(free, "robust_accuracy")
    assert value(fixed, "zero_gradient_share") == 0


def test_the_same_seed_gives_the_same_observation(measure, linear_onnx, blobs):
    model = linear_onnx(W, B)
    first, second = (measure(model, *blobs, eps=0.08, samples=60, seed=3, queries=100) for _ in range(2))
    assert first == second
    assert first.measurements["samples"].value == 60


def test_outputs_that_are_not_finite_count_as_wrong(measure, linear_onnx, blobs):
    x, y = blobs
    logarithm = [helper.make_node("Log", ["x"], ["logs"])]
    x = x.copy()
    x[:5] = -1.0
    result = measure(linear_onnx(W, B, before=logarithm), x, y, eps=1e-4, queries=20)
    assert value(result, "nonfinite_outputs") == 5
    assert value(result, "clean_accuracy") <= 115 / 120


def test_a_model_that_answers_by_chance_is_said_to(measure, blobs):
    rng = np.random.default_rng(0)
    result = measure(lambda x: rng.normal(size=(len(x), 2)), *blobs, eps=0.1, queries=10)
    assert value(result, "deterministic") == 0
    assert "robustness.note.randomised" in {note.id for note in result.notes}


def test_an_operator_that_is_not_translated_leaves_the_other_stages(measure, linear_onnx, blobs):
    same = [helper.make_node("Compress", ["x", "kept"], ["same"], axis=1)]
    result = measure(
        linear_onnx(W, B, before=same, extra={"kept": np.ones(4, dtype=bool)}), *blobs, eps=0.08, queries=300
    )
    share = result.measurements["zero_gradient_share"]
    assert (share.low, share.high) == (0, 1)
    assert share.limits is not None
    assert result.facts["stages"] == "square"
    assert value(result, "robust_accuracy") < value(result, "clean_accuracy")


def test_labels_from_onnx_are_attacked_by_decision(measure, write_onnx, blobs):
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["out"], axis=1, keepdims=0),
    ]
    constants = {"w": np.float32(W), "b": np.float32(B)}
    path = write_onnx(nodes, constants, (None, 4), (None,), output_type=TensorProto.INT64)
    x, y = blobs
    result = measure(path, x[:20], y[:20], eps=0.15, queries=300)
    assert "art-hop-skip-jump" in result.facts["stages"]
    assert value(result, "robust_accuracy") < value(result, "clean_accuracy")
