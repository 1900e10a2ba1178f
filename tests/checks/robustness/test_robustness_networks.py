"""TorchScript, torch.export and live modules: the same figures as ONNX, gradients of the very model, and clear refusals."""

from __future__ import annotations

import hashlib
import io
import sys
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from aigov import FrozenMap, NotPerformed, say
from aigov.errors import MissingExtraError, UnsupportedInputError
from aigov.model import File
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.networks.exported import exported
from aigov_checks.model.robustness.networks.live import live_network
from aigov_checks.model.robustness.networks.network import tensors_of
from aigov_checks.model.robustness.networks.opening import Asked, open_network, open_network_file
from aigov_checks.model.robustness.networks.scripted import scripted
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.robustness.predictor import Wanted

linux = pytest.mark.skipif(sys.platform != "linux", reason="what can run code is loaded where the layers hold")


def layers(*after, out=2, scale=1.0):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, out), *after)
    with torch.no_grad():
        net[0].weight[:], net[0].bias[:] = 0.5, -1.0
        net[2].weight.mul_(0.1)
        net[2].weight[-1], net[2].bias[-1] = scale, 0.0
        if out > 1:
            net[2].weight[0] = -scale
    return net.eval()


class Rounded(nn.Module):
    """Rounds its inputs to ten levels, so that they have no slope."""

    def __init__(self):
        super().__init__()
        self.inner = layers(scale=4.0)

    def forward(self, x):
        return self.inner(torch.round(x * 10) / 10)


def write(kind, net, path, x, *, fixed=False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = (torch.from_numpy(x[:3]),)
        if kind == "export":
            sizes = None if fixed else ({0: torch.export.Dim("n")},)
            torch.export.save(torch.export.export(net, example, dynamic_shapes=sizes), path)
        elif kind == "onnx":
            torch.onnx.export(net, example, str(path), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
        else:
            torch.jit.save(torch.jit.script(net) if kind == "script" else torch.jit.trace(net, example), path)
    return path


def network(kind, net, x, **more):
    if kind == "live":
        return live_network(net)
    buffer = io.BytesIO()
    write(kind, net, buffer, x, **more)
    return exported(buffer.getvalue(), "m.pt2") if kind == "export" else scripted(buffer.getvalue())


def trusted(build, path, x, y, **declared):
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    model = build.model(path, trust=FrozenMap({"digest": digest}), **declared)
    return build.subject(model, build.dataset(x, y))


@linux
@pytest.mark.parametrize(("kind", "name"), [("script", "m.pt"), ("trace", "m.torchscript"), ("export", "m.pt2")])
def test_a_network_in_a_file_gets_the_figures_of_the_same_network_as_onnx(  # noqa: PLR0913, PLR0917  # one case
    build, tmp_path, measure, blobs, kind, name
):
    x, y = blobs
    net, params = layers(nn.Softmax(1), scale=6.0), {"eps": 0.1, "queries": 60, "curve": (), "proofs": 0}
    path = write(kind, net, tmp_path / name, x)
    found = robustness.function(trusted(build, path, x, y), RobustnessParams(**params))
    expected = measure(write("onnx", net, tmp_path / "m.onnx", x), x, y, **params)
    for figure in ("clean_accuracy", "robust_accuracy", "zero_gradient_share", "search_only_share", "samples"):
        assert found.measurements[figure].value == expected.measurements[figure].value, figure
    assert 0.1 < found.measurements["robust_accuracy"].value < 0.9
    assert found.facts["broken_by.apgd-ce-10"] > 10
    assert found.facts["runtime"].startswith("torch")
    assert {"seccomp", "landlock"} <= set(found.facts["sandbox"].split(", "))
    assert found.measurements["deterministic"].value == 1


@linux
def test_a_program_of_torch_is_not_loaded_without_trust(build, tmp_path, blobs):
    path = write("script", layers(), tmp_path / "m.pt", blobs[0])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(build.subject(build.model(path), build.dataset(*blobs)), RobustnessParams())
    assert f'trust: {{digest: "sha256:{digest}"}}' in say(error.value.message, "en")
    assert digest in say(error.value.message, "zh-CN")


class Reading(nn.Module):
    """Reads a file of the machine that runs it, as an operator of torch may."""

    def forward(self, x):
        return x[:, :2] + torch.from_file("/etc/passwd", False, 2)


@linux
def test_a_trusted_program_that_reaches_out_is_not_loaded(build, tmp_path, blobs):
    path = write("script", Reading(), tmp_path / "m.pt", blobs[0])
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(trusted(build, path, *blobs), RobustnessParams())
    assert error.value.message.id == "robustness.network.not-clean"
    assert "from_file" in say(error.value.message, "en")


@pytest.mark.parametrize("name", ["m.pt", "m.pt2", "m.pth"])
@pytest.mark.parametrize("content", ["module", "weights", "text"])
def test_what_is_no_program_is_refused_by_its_content(build, tmp_path, blobs, name, content):
    path = tmp_path / name
    if content == "text":
        path.write_text("not a network", encoding="utf-8")
    else:
        torch.save(layers() if content == "module" else layers().state_dict(), path)
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(build.subject(build.model(path), build.dataset(*blobs)), RobustnessParams())
    assert error.value.message.id == "robustness.torch"


@linux
def test_a_checkpoint_beside_an_onnx_graph_is_not_asked_for(build, tmp_path, blobs):
    from dataclasses import replace

    onnx = write("onnx", layers(scale=6.0), tmp_path / "m.onnx", blobs[0])
    torch.save(layers().state_dict(), tmp_path / "m.pt")
    model = replace(build.model(onnx), found=(file_of(onnx), file_of(tmp_path / "m.pt")))
    found = robustness.function(build.subject(model, build.dataset(*blobs)), RobustnessParams(queries=10, curve=()))
    assert found.facts["runtime"].startswith("onnxruntime")


@linux
def test_a_program_that_changed_behind_its_suffix_is_still_told_by_content(build, tmp_path, blobs):
    path = write("trace", layers(scale=6.0), tmp_path / "m.pt2", blobs[0])
    found = robustness.function(trusted(build, path, *blobs), RobustnessParams(queries=10, curve=()))
    assert found.facts["runtime"].startswith("torchscript")


class Endless(nn.Module):
    """Never answers once it is asked about more than a few samples."""

    def forward(self, x):
        y = x[:, :2]
        while x.shape[0] > 2:
            y = y + 1
        return y


@linux
def test_a_program_that_never_answers_is_stopped(build, tmp_path, blobs):
    path = write("script", Endless(), tmp_path / "m.pt", blobs[0])
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(trusted(build, path, *blobs), RobustnessParams(call_seconds=2.0))
    assert error.value.message.id == "sandbox.overdue", say(error.value.message, "en")


def test_without_torch_the_extra_is_named(monkeypatch, tmp_path, blobs):
    path = write("script", layers(), tmp_path / "m.pt", blobs[0])
    file = file_of(path)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError) as error:
        open_network_file(file, blobs[0], frozenset({file.sha256}), Asked())
    assert "aigov[torch]" in say(error.value.message, "en")


def file_of(path):
    data = path.read_bytes()
    return File(path, path.name, len(data), hashlib.sha256(data).hexdigest())


def test_bytes_that_changed_since_the_scan_are_not_loaded(tmp_path, blobs):
    path = write("script", layers(), tmp_path / "m.pt", blobs[0])
    file = file_of(path)
    write("script", layers(scale=2.0), path, blobs[0])
    with pytest.raises(UnsupportedInputError) as error:
        open_network_file(file, blobs[0], frozenset({file.sha256}), Asked())
    assert error.value.message.id == "robustness.changed"


@pytest.mark.parametrize("kind", ["script", "export"])
def test_a_program_that_is_cut_says_so(tmp_path, blobs, kind):
    path = write(kind, layers(), tmp_path / "m.pt", blobs[0])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data[: len(data) // 2] if name.endswith((".py", "model.json")) else data)
    file = file_of(path)
    with pytest.raises(UnsupportedInputError) as error:
        open_network_file(file, blobs[0], frozenset({file.sha256}), Asked())
    assert error.value.message.id == "robustness.network.broken"


@pytest.mark.parametrize("kind", ["script", "export", "live"])
def test_a_network_moves_to_another_device_whole(blobs, kind):
    x, _ = blobs
    net = network(kind, layers(nn.Softmax(1)), x)
    there = net.move("meta")  # a device without values, on which shapes and places are right
    for run in (there.run, there.before):
        (found,) = tensors_of(run(torch.from_numpy(x).to("meta")))
        assert (found.device.type, tuple(found.shape)) == ("meta", (len(x), 2))
    assert there.device == "meta"
    assert tensors_of(net.run(torch.from_numpy(x)))[0].device.type == "cpu"  # the first one stays where it was


@linux
def test_a_program_that_takes_another_shape_says_so(build, tmp_path):
    x, y = np.random.default_rng(0).random((20, 3), dtype=np.float32), np.arange(20) % 2
    path = write("script", layers(), tmp_path / "m.pt", np.zeros((3, 4), np.float32))
    found = robustness.function(trusted(build, path, x, y), RobustnessParams(queries=10))
    assert isinstance(found, NotPerformed)
    assert found.reason.id == "robustness.model-refuses"


@pytest.mark.parametrize("kind", ["script", "trace", "export", "live"])
@pytest.mark.parametrize("last", [nn.Softmax(1), nn.LogSoftmax(1), nn.Sigmoid(), None])
def test_the_twin_looks_behind_a_final_softmax_or_sigmoid(blobs, kind, last):
    x, _ = blobs
    single = isinstance(last, nn.Sigmoid)
    net = layers(*([] if last is None else [last]), out=1 if single else 3, scale=40.0)
    opened = open_network(network(kind, net, x), x, Asked())
    twin, reason = opened.differentiable(x)
    assert reason is None
    with torch.no_grad():
        inner = (net if last is None else net[:-1])(torch.from_numpy(x))
        found = twin.logits(torch.from_numpy(x))
    if single:
        assert torch.allclose(found[:, 1:], inner, atol=1e-4)
        assert twin.edge == 0.0
    elif isinstance(last, nn.LogSoftmax) and kind == "live":
        assert torch.allclose(found, torch.log_softmax(inner, 1), atol=1e-4)
    else:
        assert torch.allclose(found, inner, atol=1e-4)
    assert np.allclose(twin.outputs(torch.from_numpy(x)).detach().numpy(), opened.predictor.scores(x), atol=1e-6)


class Probable(nn.Module):
    """Ends in a softmax that nobody can take off from outside."""

    def __init__(self):
        super().__init__()
        self.inner = layers(scale=3.0)

    def forward(self, x):
        return {"chances": torch.softmax(self.inner(x), 1) * 1.0}


def test_probabilities_are_followed_by_their_logarithms(blobs):
    x, _ = blobs
    opened = open_network(network("live", Probable(), x), x, Asked())
    twin, _ = opened.differentiable(x)
    assert twin.squashed
    gap = twin.logits(torch.from_numpy(x)) - Probable().inner(torch.from_numpy(x))
    assert torch.allclose(gap[:, 0], gap[:, 1], atol=1e-4)  # a softmax forgets a constant a row


@pytest.mark.parametrize("kind", ["script", "export", "live"])
def test_rounding_is_looked_through_and_its_network_broken(blobs, kind):
    x, _ = blobs
    opened = open_network(network(kind, Rounded().eval(), x), x, Asked())
    twin, _ = opened.differentiable(x)
    inputs = torch.from_numpy(x).requires_grad_()
    (flat,) = torch.autograd.grad(twin.logits(inputs).sum(), inputs, allow_unused=True)
    through = twin.straight()
    scores = through.logits(inputs)
    (slope,) = torch.autograd.grad(scores[:, 0].sum(), inputs)
    assert not flat.any()
    assert (slope != 0).all()
    assert torch.allclose(scores, twin.logits(inputs), atol=1e-5)
    assert through.straight() is None


def test_a_live_module_is_attacked_by_its_gradients_and_stays_as_it_was(measure, blobs):
    net = nn.Sequential(nn.Dropout(0.5), *layers(scale=6.0)).train()
    found = measure(net, *blobs, eps=0.1, queries=40, curve=())
    assert net.training
    assert all(weight.requires_grad and weight.grad is None for weight in net.parameters())
    assert found.measurements["deterministic"].value == 1
    assert found.facts["broken_by.apgd-ce-10"] > 10
    assert found.measurements["certified_accuracy"].limits.args["reason"].id == "robustness.proofs.no-graph"


@pytest.mark.parametrize("kind", ["script", "export"])
def test_a_live_program_is_attacked_by_its_gradients(measure, blobs, kind):
    x, _ = blobs
    net = layers(nn.Softmax(1), scale=6.0)
    sizes = ({0: torch.export.Dim("n")},)
    example = (torch.from_numpy(x[:3]),)
    live = (
        torch.jit.trace(net, example) if kind == "script" else torch.export.export(net, example, dynamic_shapes=sizes)
    )
    found = measure(live, *blobs, eps=0.1, queries=40, curve=())
    assert found.facts["broken_by.apgd-ce-10"] > 10


class Uncopied(nn.Module):
    def __deepcopy__(self, memo):
        raise TypeError("holds a connection")


def test_a_live_module_that_cannot_be_copied_says_so():
    with pytest.raises(UnsupportedInputError) as error:
        live_network(Uncopied())
    assert error.value.message.id == "robustness.network.broken"


def test_a_live_module_that_predicts_a_value_is_pushed_by_its_gradients(measure, blobs):
    x, _ = blobs
    net = layers(out=1, scale=2.0)
    values = net(torch.from_numpy(x)).detach().numpy()[:, 0].astype(np.float64)
    declared = {"task": "regression", "output": FrozenMap({"tolerance": 0.5})}
    found = measure(net, x, values, declared=declared, eps=0.05, queries=20, curve=(), steps=20)
    assert found.measurements["rmse"].value < 1e-5
    assert found.measurements["worst_error"].value > 0.1
    assert "gradient-ascent" in found.facts["stages"]


def test_a_program_with_a_fixed_batch_is_asked_so_many_at_a_time(blobs):
    x, _ = blobs
    net = layers(scale=3.0)
    opened = open_network(network("export", net, x, fixed=True), x, Asked())
    with torch.no_grad():
        expected = net(torch.from_numpy(x)).numpy()
    assert np.allclose(opened.predictor.scores(x), expected, atol=1e-6)
    twin, reason = opened.differentiable(x)
    assert reason is None
    assert np.allclose(twin.outputs(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-6)


class Two(nn.Module):
    def forward(self, x, z):
        return x + z


class Counting(nn.Module):
    def forward(self, x):
        return (x.sum(1) > 2).to(torch.int64)


class Detached(nn.Module):
    def forward(self, x):
        return x.detach()[:, :2]


def test_odd_networks_have_a_defined_answer(blobs):
    x, _ = blobs
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(Two(), (torch.zeros(2, 4), torch.zeros(2, 4))), buffer)
    with pytest.raises(UnsupportedInputError) as error:
        exported(buffer.getvalue(), "m.pt2")
    assert error.value.message.id == "robustness.several-inputs"
    labels = open_network(live_network(Counting()), x, Asked(classes=2))
    assert labels.predictor.answer == "labels"
    assert labels.differentiable(x)[1].id == "robustness.note.no-scores-to-follow"
    still = open_network(live_network(Detached()), x, Asked())
    assert still.differentiable(x)[1].args["reason"].id == "robustness.network.no-slope"
    with pytest.raises(UnsupportedInputError) as error:
        open_network(live_network(nn.Identity()), x[:, :, None, None] + np.zeros((1, 1, 2, 2), np.float32), Asked())
    assert error.value.message.id == "robustness.output-shape"
    with pytest.raises(UnsupportedInputError) as error:
        open_network(live_network(nn.Identity()), x, Asked(Wanted.VALUES))
    assert error.value.message.id == "robustness.several-values"


@pytest.mark.parametrize("kind", ["script", "export"])
def test_the_other_checks_that_run_a_model_run_a_network_too(build, tmp_path, blobs, kind):
    from dataclasses import replace

    from aigov_checks.model.boxed.setting import Setting
    from aigov_checks.model.detection import boxed as detection
    from aigov_checks.model.detection.params import DetectionParams
    from aigov_checks.model.extraction import boxed as extraction
    from aigov_checks.model.extraction.params import ExtractionParams
    from aigov_checks.model.faults import boxed as faults
    from aigov_checks.model.faults.params import FaultParams
    from aigov_checks.model.membership import boxed as membership
    from aigov_checks.model.membership.params import MembershipParams

    x, y = blobs
    own = build.model(write(kind, layers(scale=6.0), tmp_path / "m.pt", x))
    guard = build.model(write(kind, layers(nn.Sigmoid(), out=1), tmp_path / "guard.pt", x))
    own = replace(own, detector=FrozenMap({"model": "guard", "threshold": 0.6}))
    guard = replace(guard, name="guard", task="anomaly-detection")
    test = build.dataset(x, y)
    subject = replace(
        build.subject(own, None),
        models=(own, guard),
        datasets=(test, replace(build.dataset(x[:60], y[:60]), name="train", purpose="train")),
    )
    setting = Setting(admitted=frozenset({own.file.sha256, guard.file.sha256}))
    found = faults.INNER.measure(subject, FaultParams(samples=40), setting)
    assert found.measurements["clean_accuracy"].value > 0.7
    found = extraction.INNER.measure(subject, ExtractionParams(budgets=(40,), samples=60, copy="scikit-learn"), setting)
    assert found.measurements["copy_fidelity"].value > 0.7
    found = membership.INNER.measure(subject, MembershipParams(samples=60, second_opinion="none"), setting)
    assert 0 <= found.measurements["membership_auc"].value <= 1
    found = detection.INNER.measure(subject, DetectionParams(samples=40, queries=20, steps=10, eps=0.1), setting)
    assert found.facts["adaptive"] == "gradients"
