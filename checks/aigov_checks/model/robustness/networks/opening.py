"""From a network to what the attacks see: how it answers, and its gradients."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.boxed.chances import are_probabilities
from aigov_checks.model.robustness.networks.kinds import Kind, kind_of, refusal
from aigov_checks.model.robustness.networks.network import Network, flat, place_of, tensors_of
from aigov_checks.model.robustness.object_predictor import REFUSALS, FunctionPredictor, open_object
from aigov_checks.model.robustness.predictor import Answer, Opened, Wanted
from aigov_checks.model.robustness.samples import shaped

if TYPE_CHECKING:
    from aigov import Message
    from aigov.model import File
    from aigov_checks.model.robustness.predictor import Array, Twin


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a model: classes or values, how many classes, and above which value it is class 1."""

    wanted: Wanted = Wanted.CLASSES
    classes: int = 0
    threshold: float | None = None
    """Declared edge of an anomaly; None where the model says it."""


def open_network_file(file: File, clean: Array, admitted: frozenset[str], asked: Asked) -> Opened:
    """Return the network of a file whose bytes were scanned, and are trusted where they are a program.

    Raises:
        UnsupportedInputError: a pickle of a module or of weights alone, not admitted, changed since it was scanned, or
            no network that can be loaded.
        MissingExtraError: torch, or keras, is not installed.
    """
    kind = kind_of(file)
    if kind is Kind.OTHER or file.sha256 not in admitted:
        raise UnsupportedInputError(refusal(file, kind))
    need("torch", "torch")
    data = file.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise UnsupportedInputError(msg("robustness.changed", file=file.name))
    try:
        return open_network(_loaded(kind, data, file.name), clean, asked)
    except (*REFUSALS, ImportError, EOFError, OSError, AssertionError) as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.network.broken", file=file.name, error=word)) from error


def _loaded(kind: Kind, data: bytes, name: str) -> Network:
    match kind:
        case Kind.SCRIPT:
            from aigov_checks.model.robustness.networks.scripted import scripted  # needs torch, an extra

            return scripted(data)
        case Kind.EXPORT:
            from aigov_checks.model.robustness.networks.exported import exported  # needs torch, an extra

            return exported(data, name)
        case _:
            from aigov_checks.model.robustness.networks.keras_file import keras_network  # needs keras, an extra

            return keras_network(data, name)


def open_network(network: Network, clean: Array, asked: Asked) -> Opened:
    """Return a network as the attacks see it; `clean` are samples on which it is decided what it answers.

    Raises:
        UnsupportedInputError: it refuses the samples, or its outputs are not one row a sample.
    """
    x = shaped(clean, Opened(_NOBODY, network.shape)).astype(network.dtype)
    ask = _Caller(network)
    ask.place = place_of(ask.tensors(x[:1] if network.batch is None else x[: network.batch]))
    found = open_object(ask, x, asked.classes, asked.wanted)
    predictor = found.predictor
    if not isinstance(predictor, FunctionPredictor):
        raise TypeError(type(predictor).__name__)  # a function is what was given
    edge = asked.threshold or 0.0 if asked.wanted is Wanted.VALUES else predictor.threshold
    made = replace(predictor, name=network.name, dtype=network.dtype)

    def differentiable(samples: Array) -> tuple[Twin | None, Message | None]:
        from aigov_checks.model.robustness.networks.twin import twin_of  # needs torch, an extra

        if made.answer is Answer.LABELS:
            return None, msg("robustness.note.no-scores-to-follow")
        return twin_of(network, ask.place, made, edge, samples)

    opened = Opened(made, network.shape, differentiable=differentiable, from_samples=True, notes=found.notes)
    opened.facts = {"torch": str(need("torch", "torch").__version__)}
    if ask.several:
        opened.notes.append(msg("robustness.note.several-outputs", output=str(ask.place)))
    return opened


def looks_squashed(scores: Array, threshold: float) -> bool:
    """Return whether outputs are probabilities by their values: rows that sum to 1, or one value between 0 and 1."""
    if scores.shape[1] > 1:
        return are_probabilities(scores)
    return 0 < threshold < 1 and bool(((scores >= 0) & (scores <= 1)).all())


@dataclass(slots=True, eq=False)
class _Caller:
    """A network on arrays."""

    network: Network
    place: int = 0
    several: bool = False

    def __call__(self, x: Array) -> Array:
        """Return the output that is read, one row a sample."""
        import torch  # needs torch, an extra

        from aigov_checks.model.robustness.gradient_stage import one_thread  # needs torch, an extra
        from aigov_checks.model.robustness.twin import in_batches  # needs torch, an extra

        given = torch.from_numpy(np.ascontiguousarray(x, dtype=self.network.dtype))
        with torch.no_grad(), one_thread():
            found = in_batches(given, lambda part: flat(self._read(part)), self.network.batch)
        array: Array = (found.float() if found.dtype is torch.bfloat16 else found).numpy()
        return array

    def tensors(self, x: Array) -> list[Any]:  # torch is untyped
        """Return every tensor of the output for a few samples.

        Raises:
            UnsupportedInputError: the network refuses them.
        """
        import torch  # needs torch, an extra

        try:
            with torch.no_grad():
                found = tensors_of(self.network.run(torch.from_numpy(np.ascontiguousarray(x))))
        except (*REFUSALS, AssertionError) as error:
            shape = "x".join(map(str, x.shape))
            raise UnsupportedInputError(
                msg("robustness.model-refuses", shape=shape, error=type(error).__name__)
            ) from error
        self.several = len(found) > 1
        return found

    def _read(self, part: Any) -> Any:  # torch is untyped
        try:
            return tensors_of(self.network.run(part))[self.place]
        except AssertionError as error:
            raise ValueError from error


class _Nobody:
    """A predictor that is asked nothing: only the shape beside it is."""

    name, answer, dtype, labels = "", Answer.SCORES, np.float32, ()

    def scores(self, x: Array) -> Array:
        return x


_NOBODY = _Nobody()
