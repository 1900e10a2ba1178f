"""Proofs of robustness: sound on generated networks, exact on linear ones, and honest about what they cannot do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from aigov import say
from aigov_checks.model.robustness.ball import balls_around
from aigov_checks.model.robustness.budget import Budget
from aigov_checks.model.robustness.certify import UncertifiableError, certifier_of
from aigov_checks.model.robustness.certify.graph import graph_of
from aigov_checks.model.robustness.certify.intervals import Span, forward
from aigov_checks.model.robustness.certify.relaxations import Lines, relax
from aigov_checks.model.robustness.translate import translate
from aigov_checks.model.robustness.twin import OnnxTwin

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def twin_of(tmp_path_factory):
    """Return a function that exports a torch network and translates it back."""
    import onnx

    def make(net, shape):
        path = tmp_path_factory.mktemp("net") / "net.onnx"
        torch.onnx.export(
            net.eval(),
            (torch.zeros(1, *shape),),
            str(path),
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )
        return OnnxTwin(translate(path, onnx.load(str(path)).graph.output[0].name), 0.5, None)

    return make


def ball_of(x, eps, norm="linf"):
    shape = x.shape[1:]
    budget = Budget(norm, np.full(shape, eps), np.full(shape, -10.0), np.full(shape, 10.0))
    return balls_around(x, budget, 1.0, np.float32)


def attacked(twin, balls, y, steps=30):
    """Return which samples a gradient attack or random corners break."""
    x, low, high = (torch.from_numpy(item) for item in (balls.x, balls.low, balls.high))
    labels = torch.from_numpy(y)
    broken = torch.zeros(len(y), dtype=torch.bool)
    generator = torch.Generator().manual_seed(0)
    for start in range(4):
        corner = torch.where(torch.rand(x.shape, generator=generator) < 0.5, low, high)
        point = torch.from_numpy(balls.project((x if start == 0 else corner).numpy()))
        for _ in range(steps):
            point.requires_grad_()
            logits = twin.logits(point)
            broken |= logits.argmax(1) != labels
            (slope,) = torch.autograd.grad(nn.functional.cross_entropy(logits, labels), point)
            if balls.norm == "linf":
                point = torch.minimum(torch.maximum(point.detach() + (high - low) / 8 * slope.sign(), low), high)
            else:
                moved = point.detach() + 0.1 * slope / slope.reshape(len(y), -1).norm(dim=1).clamp_min(1e-9).reshape(
                    -1, *[1] * (x.ndim - 1)
                )
                point = torch.from_numpy(balls.project(moved.numpy()))
    return broken.numpy()


def networks(kind):
    return {
        "dense": lambda: (nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)), (6,)),
        "signal": lambda: (
            nn.Sequential(
                nn.Conv1d(1, 4, 5, stride=2, padding=2), nn.BatchNorm1d(4), nn.LeakyReLU(0.1), nn.Conv1d(4, 4, 3),
                nn.ReLU6(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3),
            ),
            (1, 24),
        ),
        "pooled": lambda: (
            nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 3)),
            (1, 6, 6),
        ),
        "smooth": lambda: (nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 3)), (5,)),
        "residual": lambda: (Residual(), (6,)),
    }[kind]()  # fmt: skip


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(12, 3)

    def forward(self, x):
        inner = torch.relu(self.one(x))
        return self.three(torch.cat([x - torch.relu(self.two(inner)), inner], dim=1))


@pytest.mark.parametrize("kind", ["dense", "signal", "pooled", "smooth", "residual"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
@settings(max_examples=8)
@given(seed=st.integers(0, 2**20), eps=st.sampled_from([0.01, 0.03, 0.1, 0.3]))
def test_no_certified_sample_is_ever_broken(twin_of, kind, norm, seed, eps):
    torch.manual_seed(seed)
    net, shape = networks(kind)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.running_mean.normal_(), part.running_var.uniform_(0.5, 2), part.weight.data.normal_()
    twin = twin_of(net, shape)
    x = np.random.default_rng(seed).normal(size=(12, *shape)).astype(np.float32)
    y = twin.logits(torch.from_numpy(x)).argmax(1).numpy()
    balls = ball_of(x, eps, norm)
    certified = certifier_of(twin, x[:1]).certified(balls, y).certified
    assert not (certified & attacked(twin, balls, y)).any()
    wrong = (y + 1) % 3
    assert not certifier_of(twin, x[:1]).certified(balls, wrong).certified.any()


def test_a_small_budget_is_certified_and_a_large_one_is_not(twin_of):
    torch.manual_seed(0)
    twin = twin_of(*networks("dense"))
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    y = twin.logits(torch.from_numpy(x)).argmax(1).numpy()
    certifier = certifier_of(twin, x[:1])
    assert certifier.certified(ball_of(x, 1e-3), y).certified.mean() > 0.9
    assert not certifier.certified(ball_of(x, 5.0), y).certified.any()


@settings(max_examples=15)
@given(seed=st.integers(0, 2**20))
def test_a_linear_model_gets_its_exact_answer(twin_of, seed):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(5, 3))
    x = rng.normal(size=(30, 5)).astype(np.float32)
    weights, bias = (item.detach().double().numpy() for item in net[0].parameters())
    scores = x.astype(float) @ weights.T + bias
    y = scores.argmax(1)
    eps = 0.2
    gaps = np.array([
        [scores[i, y[i]] - scores[i, j] - eps * np.abs(weights[y[i]] - weights[j]).sum() for j in range(3) if j != y[i]]
        for i in range(30)
    ]).min(1)  # fmt: skip
    sure = np.abs(gaps) > 2e-3
    found = certifier_of(twin_of(net, (5,)), x[:1]).certified(ball_of(x, eps), y).certified
    assert (found == (gaps > 0))[sure].all() or not found[:12].any()


def test_a_model_with_one_output_is_certified_on_both_sides_of_its_threshold(twin_of):
    twin = twin_of(nn.Sequential(nn.Linear(1, 1, bias=False)), (1,))
    weight = float(next(iter(twin.program.constants.values())).reshape(-1)[0])
    x = np.array([[0.6 / weight], [0.4 / weight]], dtype=np.float32)
    balls = ball_of(x, 0.05 / abs(weight))
    assert certifier_of(twin, x[:1]).certified(balls, np.array([1, 0])).certified.all()
    assert not certifier_of(twin, x[:1]).certified(balls, np.array([0, 1])).certified.any()


def test_the_search_ends_when_its_work_is_done(twin_of):
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 3))
    twin = twin_of(net, (6,))
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    y = twin.logits(torch.from_numpy(x)).argmax(1).numpy()
    full = certifier_of(twin, x[:1]).certified(ball_of(x, 0.05), y)
    part = certifier_of(twin, x[:1]).certified(ball_of(x, 0.05), y, work=full.work // 2)
    assert part.work <= full.work // 2
    assert part.certified.sum() < full.certified.sum()
    assert not (part.certified & ~full.certified).any()


def test_what_has_no_bounds_is_named(twin_of):
    twin = twin_of(nn.Sequential(nn.Linear(4, 4), nn.Softsign(), nn.Linear(4, 2)), (4,))
    with pytest.raises(UncertifiableError) as error:
        certifier_of(twin, np.zeros((1, 4), dtype=np.float32))
    assert "operator" in say(error.value.message).lower()
    fixed = OnnxTwin(twin.program, 0.5, 4)
    with pytest.raises(UncertifiableError):
        certifier_of(fixed, np.zeros((1, 4), dtype=np.float32))


@pytest.mark.parametrize("kind", ["dense", "signal", "pooled", "smooth", "residual"])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**20), width=st.floats(0, 3))
def test_intervals_and_lines_hold_what_lies_between_them(twin_of, kind, seed, width):
    torch.manual_seed(seed)
    net, shape = networks(kind)
    graph = graph_of(twin_of(net, shape).program, torch.zeros(1, *shape))
    middle = torch.randn(1, *shape, dtype=torch.float64)
    spans = {graph.source: Span(middle - width, middle + width)}
    inside = (middle + width * (2 * torch.rand(64, *shape, dtype=torch.float64) - 1)).double()
    values = {graph.source: inside}
    for step in graph.steps:
        given_values = tuple(values[name] for name in step.sources)
        spans.update(zip(step.step.outputs, forward(step, spans), strict=False))
        values.update(zip(step.step.outputs, step.run(given_values), strict=False))
        for name in step.step.outputs:
            assert (values[name] >= spans[name].low - 1e-9).all()
            assert (values[name] <= spans[name].high + 1e-9).all()
        if step.kind == "relaxed":
            lines = relax(step, spans[step.sources[0]])
            if isinstance(lines, Lines):
                x, f = given_values[0], values[step.step.outputs[0]]
                assert (lines.low_slope * x + lines.low_offset <= f + 1e-9).all()
                assert (lines.high_slope * x + lines.high_offset >= f - 1e-9).all()


def test_the_check_brackets_a_trained_network_between_proof_and_attack(measure, blobs, tmp_path):
    x, y = blobs
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimiser = torch.optim.Adam(net.parameters(), 0.05)
    for _ in range(80):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        optimiser.step()
    path = tmp_path / "net.onnx"
    torch.onnx.export(
        net.eval(), (torch.from_numpy(x[:1]),), str(path), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}}
    )
    found = measure(path, x, y, eps=0.05, curve=(0.5, 1.0, 2.0), queries=200).measurements
    for eps in ("0.025", "0.05", "0.1"):
        proved, attacked_ = found[f"certified_accuracy[eps={eps}]"], found[f"robust_accuracy[eps={eps}]"]
        assert proved.value <= attacked_.value
        assert attacked_.value - proved.value < 0.1
    assert found["certified_accuracy"] == found["certified_accuracy[eps=0.05]"]
    part = measure(path, x, y, eps=0.05, proofs=20, queries=200).measurements["certified_accuracy"]
    assert part.n == 20
    assert part.value <= found["robust_accuracy"].value
    none = measure(path, x, y, eps=0.05, proofs=0, queries=50).measurements["certified_accuracy"]
    assert (none.value, none.low, none.high) == (0, 0, 1)
    assert none.limits is not None
    costly = measure(path, x, y, eps=0.05, proof_work=1.0, queries=50).measurements["certified_accuracy"]
    assert (costly.low, costly.high) == (0, 1)


def test_an_exact_answer_is_its_own_certificate(measure, blobs):
    from sklearn.linear_model import LogisticRegression

    x, y = blobs[0].astype(np.float64), blobs[1]
    found = measure(LogisticRegression(C=100).fit(x, y), x, y, eps=0.1).measurements
    assert found["certified_accuracy"].value == found["robust_accuracy"].value
