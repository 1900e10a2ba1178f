"""The device of the gradients: refused where it is not there or makes no sense, felt nowhere in the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from operator_cases import FURTHER, USUAL, write
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from aigov import FrozenMap, NotPerformed, say
from aigov.errors import UnsupportedInputError
from aigov.sandbox import Layer, run
from aigov_checks.model.boxed import outside
from aigov_checks.model.robustness import devices, robustness
from aigov_checks.model.robustness.params import RobustnessParams, validated
from aigov_checks.model.robustness.translate import translate

W, B = np.array([[4.0, -2.0], [-2.0, 4.0], [1.0, 0.0], [0.0, 1.0]]), [0.1, -0.1]


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:", "meta", "cpu:-1", "", "cuda; rm", "CUDA"])
def test_a_name_that_is_no_device_is_refused(name):
    with pytest.raises(UnsupportedInputError) as error:
        validated(RobustnessParams(device=name))
    assert (error.value.message.id, error.value.message.args["parameter"]) == ("robustness.bad-parameter", "device")


@pytest.mark.parametrize("name", ["cuda", "cuda:7", "mps", "xpu", "cpu:3"])
def test_a_device_that_is_not_there_is_said_with_those_that_are(monkeypatch, measure, linear_onnx, blobs, name):
    monkeypatch.setattr(devices, "_present", lambda: ("cpu:0",))
    with pytest.raises(UnsupportedInputError) as error:
        measure(linear_onnx(W, B), *blobs, device=name, queries=5)
    assert error.value.message.id == "robustness.device-missing"
    for language in ("en", "zh-CN"):
        assert name in say(error.value.message, language)
        assert "cpu:0" in say(error.value.message, language)


def test_the_figures_are_those_of_the_cpu(measure, linear_onnx, blobs):
    path = linear_onnx(W, B, after="Tanh")
    usual = measure(path, *blobs, eps=0.1, queries=40)
    there = measure(path, *blobs, eps=0.1, queries=40, device="cpu:0")
    assert there.measurements == usual.measurements
    assert there.facts["device"] == "cpu:0"
    assert "device" not in usual.facts


def test_a_value_is_pushed_on_a_device_too(measure, blobs):
    x, _ = blobs
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    y = net(torch.from_numpy(x)).detach().numpy()[:, 0].astype(np.float64)
    declared = {"task": "regression", "output": FrozenMap({"tolerance": 0.5})}
    found = [measure(net, x, y, declared=declared, queries=10, device=name) for name in ("cpu", "cpu:0")]
    assert found[0].measurements == found[1].measurements
    assert found[1].facts["device"] == "cpu:0"


class Failing(nn.Module):
    """Computes on the CPU alone, or something else elsewhere."""

    def __init__(self, *, fails):
        super().__init__()
        self.fails, self.moved = fails, False
        self.inner = nn.Linear(4, 2)

    def to(self, *_args, **_more):
        self.moved = True
        return self

    def forward(self, x):
        if self.moved and self.fails:
            raise RuntimeError("cudnn RNN backward can only be called in training mode")
        return self.inner(x) + 5 * self.moved


@pytest.mark.parametrize(("fails", "id_"), [(True, "device-fails"), (False, "device-differs")])
def test_where_a_device_cannot_follow_the_cpu_does_and_it_is_said(monkeypatch, measure, blobs, fails, id_):
    found = measure(Failing(fails=fails), *blobs, device="cpu:0", queries=5, curve=())
    assert f"robustness.note.{id_}" in {note.id for note in found.notes}
    assert found.facts["device"] == "cpu"
    assert any(stage.startswith("apgd") for stage in found.facts["stages"].split(", "))


def test_code_in_a_file_is_given_no_device(build, tmp_path, blobs):
    import hashlib

    path = tmp_path / "m.pt"
    torch.jit.save(torch.jit.trace(nn.Linear(4, 2), torch.zeros(2, 4)), path)
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    model = build.model(path, trust=FrozenMap({"digest": digest}))
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(build.subject(model, build.dataset(*blobs)), RobustnessParams(device="cuda"))
    assert error.value.message.id == "robustness.device-code"


def test_a_file_in_the_sandbox_is_told_that_the_device_is_not_there(build, linear_onnx, blobs):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    subject = build.subject(build.model(linear_onnx(W, B)), build.dataset(*blobs))
    found = robustness.function(subject, RobustnessParams(device="cuda", queries=5))
    assert isinstance(found, NotPerformed)
    assert found.reason.id == "robustness.device-missing"


def test_with_an_accelerator_the_layers_that_no_driver_bears_are_left_out_and_said(
    monkeypatch, build, linear_onnx, blobs
):
    jobs = []

    def kept(job):
        jobs.append(job)
        return run(replace(job, request={**job.request, "params": {**job.request["params"], "device": "cpu:0"}}))

    monkeypatch.setattr(outside, "run", kept)
    monkeypatch.setattr(outside, "nodes", lambda: (Path("/dev/null"),))
    subject = build.subject(build.model(linear_onnx(W, B)), build.dataset(*blobs))
    found = robustness.function(subject, RobustnessParams(device="cuda", queries=5, curve=()))
    assert jobs[0].devices == (Path("/dev/null"),)
    assert set(Layer) - jobs[0].layers == {Layer.SECCOMP, Layer.RESOURCE_LIMITS}
    assert "seccomp" in found.facts["sandbox.missing"]
    assert "robustness.note.layers-missing" in {note.id for note in found.notes}
    robustness.function(subject, RobustnessParams(queries=5, curve=()))
    assert (jobs[1].devices, jobs[1].layers) == ((), frozenset(Layer))


class Far(torch.Tensor):
    """A tensor that says that it is elsewhere, with its values here."""

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), dtype=inner.dtype, device="meta"
        )

    def __init__(self, inner):
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        raise NotImplementedError(function)  # the mode below sees every operator first


class TwoPlaces(TorchDispatchMode):
    """Refuses what a real second device refuses: an operator on values of both places."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        values, _ = tree_flatten((args, kwargs))
        far = any(isinstance(item, Far) for item in values)
        asked = kwargs.get("device")
        wanted = far if asked is None else torch.device(asked).type == "meta"
        moves = function is torch.ops.aten._to_copy.default
        if far and not moves:
            for item in values:
                if isinstance(item, torch.Tensor) and not isinstance(item, Far) and item.ndim:
                    raise RuntimeError(f"{function} on two devices")
        if asked is not None:
            kwargs["device"] = "cpu"
        inner_args, inner_kwargs = tree_map(lambda item: item.inner if isinstance(item, Far) else item, (args, kwargs))
        found = function(*inner_args, **inner_kwargs)
        return tree_map(lambda item: Far(item) if wanted and isinstance(item, torch.Tensor) else item, found)


OPERATORS = [*[(*case, 17) for case in USUAL], *FURTHER]


@pytest.mark.parametrize(
    ("op", "x", "constants", "attributes", "opset"), OPERATORS, ids=lambda case: case if isinstance(case, str) else ""
)
def test_an_operator_computes_where_its_values_are(tmp_path, op, x, constants, attributes, opset):  # noqa: PLR0913, PLR0917  # one case
    from onnx import helper

    names = {f"c{place}": value for place, value in enumerate(constants)}
    path = write(tmp_path / "m.onnx", [helper.make_node(op, ["x", *names], ["out"], **attributes)], x, names, opset)
    program, given = translate(path, "out"), torch.from_numpy(x)
    with torch.no_grad():
        expected = program.outputs(given)
        with TwoPlaces():
            found = program.on("meta").outputs(Far(given.clone()))
    assert isinstance(found, Far)
    assert torch.allclose(found.inner, expected, atol=1e-6, equal_nan=True)
