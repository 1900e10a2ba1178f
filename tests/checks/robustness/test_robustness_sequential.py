"""Sequential mode: it stops early, its intervals allow for that, and who looks as often errs no more than stated."""

from __future__ import annotations

from bisect import bisect, bisect_left

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

import aigov
from aigov import FrozenMap, UnsupportedInputError, Verdict, clopper_pearson, say
from aigov.units import kept_promise
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.anytime import anytime, anytime_ratio, enough
from aigov_checks.model.robustness.params import RobustnessParams, validated
from aigov_checks.model.robustness.samples import draw
from aigov_checks.model.robustness.sequential import Decision, Gate, parts, shuffled

CONFIDENCE, MOST = 0.95, 300
EVERY = tuple(range(1, MOST + 1))
PARTS = tuple(end for _, end in parts(MOST))


def chance_of_a_miss(p, looks, ends):
    """Return the exact probability that an interval misses p at one of the looks, by the distribution of successes."""
    alive, missed = np.ones(1), 0.0
    for n in range(1, max(looks) + 1):
        alive = np.append(alive * (1 - p), 0) + np.append(0, alive * p)
        if n in looks:
            outside = np.array([not low <= p <= high for low, high in (ends(k, n, CONFIDENCE) for k in range(n + 1))])
            missed += alive[outside].sum()
            alive = np.where(outside, 0, alive)
    assert missed + alive.sum() == pytest.approx(1)
    return missed


class Remembered:
    """Ends that miss p where the given ones do, found by bisection once a look, since ends grow with the successes."""

    def __init__(self, ends, p):
        self.ends, self.p, self.limits = ends, p, {}

    def __call__(self, k, n, confidence):
        if n not in self.limits:
            every = range(n + 1)
            above = bisect(every, self.p, key=lambda j: self.ends(j, n, confidence)[0]) - 1
            below = bisect_left(every, self.p, key=lambda j: self.ends(j, n, confidence)[1])
            self.limits[n] = below, above
        below, above = self.limits[n]
        return (0.0, 1.0) if below <= k <= above else (2.0, 2.0)


@pytest.mark.parametrize("p", [0.3, 0.6, 0.9])
def test_looking_after_every_sample_misses_the_truth_no_more_often_than_stated(p):
    looks = EVERY[:120]
    assert chance_of_a_miss(p, looks, Remembered(anytime, p)) <= 1 - CONFIDENCE
    assert chance_of_a_miss(p, looks, Remembered(clopper_pearson, p)) > 2 * (1 - CONFIDENCE)


@pytest.mark.parametrize("p", [0.5, 0.6, 0.8])
def test_at_the_looks_of_the_check_the_error_is_kept_where_a_repeated_interval_breaks_it(p):
    assert chance_of_a_miss(p, PARTS, Remembered(anytime, p)) <= 1 - CONFIDENCE
    assert chance_of_a_miss(p, PARTS, Remembered(clopper_pearson, p)) > 1.5 * (1 - CONFIDENCE)


def test_a_share_beyond_the_bound_by_a_tenth_is_decided_in_a_part_of_the_samples():
    rng, gate, used = np.random.default_rng(3), Gate(0.6, CONFIDENCE), []
    for _ in range(200):
        stands = rng.random(MOST) < 0.9
        counts = [(int(stands[:n].sum()), n) for n in PARTS]
        found = [(gate.decide(k, k, n), n) for k, n in counts]
        decision, n = next(((d, n) for d, n in found if d is not Decision.OPEN), (Decision.OPEN, MOST))
        assert decision is Decision.ABOVE
        used.append(n)
    assert np.mean(used) < MOST / 5


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (7, 23), (150, 300)])
def test_the_interval_holds_the_share_and_is_wider_than_one_for_a_single_look(k, n):
    low, high = anytime(k, n, CONFIDENCE)
    once = clopper_pearson(k, n, CONFIDENCE)
    assert 0 <= low <= k / n <= high <= 1
    assert low < once[0] or k == 0
    assert high > once[1] or k == n
    mirrored = anytime(n - k, n, CONFIDENCE)
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-9)


def test_what_is_no_share_is_refused_and_nothing_is_known_of_none():
    for k, n, confidence in ((-1, 3, 0.9), (4, 3, 0.9), (1, 3, 1.0), (1, 3, 0.0)):
        with pytest.raises(ValueError, match="no share"):
            anytime(k, n, confidence)
    assert anytime(0, 0, 0.9) == (0.0, 1.0)
    assert not anytime_ratio(0, 0, 0.9).finite


def test_so_many_samples_as_are_said_to_be_enough_are():
    needed = enough(0.8, 0.7, CONFIDENCE)
    assert anytime(round(0.8 * needed), needed, CONFIDENCE)[0] > 0.7
    assert anytime(round(0.8 * needed * 0.7), round(needed * 0.7), CONFIDENCE)[0] < 0.7
    assert enough(0.7, 0.7, CONFIDENCE) is None


@pytest.fixture
def cloud():
    """Return 400 rows, sorted by label, of two clouds that overlap a little."""
    rng = np.random.default_rng(7)
    y = np.arange(400) // 200
    return np.clip(0.5 + (y[:, None] - 0.5) * 0.25 + rng.normal(0, 0.1, (400, 4)), 0, 1), y


@pytest.fixture(params=["closed form", "trees", "black box"])
def model(request, cloud):
    linear = LogisticRegression(C=100).fit(*cloud)
    if request.param == "trees":
        return RandomForestClassifier(8, max_depth=4, random_state=0).fit(*cloud)
    return linear if request.param == "closed form" else linear.predict_proba


@pytest.mark.parametrize("clear", [(0.5, 0.01, "above"), (0.9, 0.15, "below")], ids=["above", "below"])
def test_a_clear_bound_is_decided_early_and_says_what_it_saved(measure, model, cloud, clear):
    bound, eps, decision = clear
    found = measure(model, *cloud, eps=eps, bound=bound, queries=60)
    values = found.measurements
    robust, used = values["robust_accuracy"], values["samples_used"].value
    assert found.facts["sequential.decision"] == decision
    assert values["samples"].value == 300
    assert used < 150
    assert used + values["samples_saved"].value == 300
    assert robust.n == used
    assert robust.low >= bound if decision == "above" else robust.high < bound
    assert (robust.low, robust.high) != clopper_pearson(round(robust.value * used), int(used), CONFIDENCE)
    note = next(note for note in found.notes if note.id == f"robustness.note.sequential.{decision}")
    assert f"after {used:.0f} of 300 samples" in say(note)
    assert f"{300 - used:.0f} were saved" in say(note)
    assert f"节省 {300 - used:.0f} 个" in say(note, "zh-CN")


def test_clean_figures_are_of_all_samples_drawn_and_the_others_of_those_attacked(measure, cloud):
    model = LogisticRegression(C=100).fit(*cloud)
    whole, part = (measure(model, *cloud, eps=0.02, bound=bound).measurements for bound in (0.0, 0.5))
    assert "samples_used" not in whole
    for name in ("clean_accuracy", "majority_share", "zero_gradient_share", "nonfinite_outputs", "samples"):
        assert part[name] == whole[name]
    used = part["samples_used"].value
    for name in ("robust_accuracy", "certified_accuracy", "robust_accuracy[eps=0]", "robust_accuracy[eps=0.04]"):
        assert part[name].n == used < 300
    curve = [part[f"robust_accuracy[eps={eps}]"].value for eps in (0, 0.01, 0.02, 0.04)]
    assert curve == sorted(curve, reverse=True)


def test_the_same_seed_draws_the_same_parts(measure, cloud):
    model = LogisticRegression(C=100).fit(*cloud)
    first, again, other = (measure(model, *cloud, eps=0.05, bound=0.7, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.measurements != other.measurements


def test_rows_in_the_order_of_their_labels_are_mixed_before_they_are_cut_into_parts(build, cloud):
    drawn = draw(build.dataset(*cloud), RobustnessParams())
    assert (np.diff(drawn.rows) > 0).all()
    mixed = shuffled(drawn, 0)
    assert sorted(mixed.rows) == list(drawn.rows)
    assert 3 <= mixed.y[:16].sum() <= 13
    assert np.array_equal(mixed.x, cloud[0][mixed.rows])
    assert np.array_equal(mixed.y, cloud[1][mixed.rows])


def test_a_bound_at_the_share_stays_open_and_says_how_many_samples_would_do(measure, cloud):
    model = LogisticRegression(C=100).fit(*cloud)
    share = measure(model, *cloud, eps=0.05).measurements["robust_accuracy"].value
    found = measure(model, *cloud, eps=0.05, bound=share - 0.02)
    robust = found.measurements["robust_accuracy"]
    assert found.facts["sequential.decision"] == "open"
    assert found.measurements["samples_saved"].value == 0
    assert robust.low < share - 0.02 < robust.high
    assert "about" in say(robust.limits)
    assert say(robust.limits, "zh-CN") != say(robust.limits)


def test_where_quick_stages_decide_the_dear_ones_are_spared_and_the_figure_has_no_lower_end(
    measure, linear_onnx, cloud
):
    path = linear_onnx(np.array([[2.0, -1], [-1, 2], [0.5, 0], [0, 0.5]]), [0.1, -0.1])
    found = measure(path, *cloud, eps=0.04, bound=0.95, queries=50)
    robust, blind = found.measurements["robust_accuracy"], found.measurements["search_only_share"]
    assert found.facts["sequential.decision"] == "below"
    assert robust.value > 0
    assert robust.low == 0 < robust.high < 0.95
    assert "not attacked by the others" in say(robust.limits)
    assert (blind.low, blind.high) == (0, 1)
    assert found.facts["broken_by.square"] == 0


def test_a_weaker_attack_decides_nothing_in_favour_of_the_model(measure, linear_onnx, cloud, monkeypatch):
    def missing(module, extra):
        if module == "torch":
            raise aigov.MissingExtraError.of(module, extra)
        return need(module, extra)

    from aigov_checks.model.robustness import twin

    need = twin.need
    monkeypatch.setattr(twin, "need", missing)
    path = linear_onnx(np.array([[9.0, -9], [9, -9], [9, -9], [9, -9]]) * -1, [18, -18])
    found = measure(path, *cloud, eps=0.001, bound=0.5, queries=20)
    assert found.measurements["robust_accuracy"].low == 0
    assert found.facts["sequential.decision"] == "open"


def test_a_soft_sensor_stops_early_too(measure):
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (320, 3))
    y = x @ [2.0, 1.0, 0.5] + rng.normal(0, 0.05, 320)
    declared = {"task": "regression", "output": FrozenMap({"unit": "K", "range": (0, 4), "tolerance": 0.3})}
    for source in (Ridge(0.01).fit(x, y), lambda rows: rows @ [2.0, 1.0, 0.5]):
        found = measure(source, x, y, declared=declared, eps=0.02, bound=0.6, queries=60)
        values = found.measurements
        assert found.facts["sequential.decision"] == "above"
        assert values["samples_used"].value + values["samples_saved"].value == 300
        assert values["robust_accuracy"].n == values["samples_used"].value < 100
        assert values["robust_accuracy"].low >= 0.6
        assert values["rmse"].n == 300
        assert kept_promise(robustness, found) == found


@pytest.mark.parametrize("bound", [-0.1, 1.0, float("nan")])
def test_a_bound_that_nothing_can_be_above_or_below_is_refused(bound):
    with pytest.raises(UnsupportedInputError, match="bound"):
        validated(RobustnessParams(bound=bound))


POLICY = """apiVersion: aigov/v1
kind: Policy
metadata: {id: gate, edition: "1", title: {en: Gate, zh: 门禁}, status: in-force}
parameters:
  least: {type: ratio, default: 0.2, stricter: higher, why: {en: our own, zh: 自定}}
controls:
  - id: model
    title: {en: Robust, zh: 鲁棒}
    citation: {ref: our own, verified: primary, checked: 2026-11-23}
    severity: high
    rules:
      - id: robust
        check: model.robustness
        parameters: {eps: 0.02, bound: $least, curve: [1]}
        require: [{measurement: robust_accuracy, min: $least}]
"""


def test_a_policy_hands_its_own_bound_over_and_the_verdict_agrees(cloud, tmp_path):
    path = tmp_path / "gate.yaml"
    path.write_text(POLICY, encoding="utf-8")
    model = LogisticRegression(C=100).fit(*cloud)
    subject = aigov.Subject.from_objects(name="plant", model=model, test=cloud)
    for least, verdict in ((0.6, Verdict.PASS), (0.999, Verdict.FAIL)):
        found = aigov.audit(subject, policies=[str(path)], options=aigov.Options(parameters={"least": least}))
        (finding,), (observation,) = found.findings, found.observations
        assert finding.verdict is verdict
        assert observation.parameters["bound"] == least
        assert observation.outcome.measurements["samples_saved"].value > 0
