"""A measurement in the sandbox, seen from outside: what it is handed, what may be loaded at all, what it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from aigov import FrozenMap, Json, Measured, Message, NotPerformed, Status, Subject, UnsupportedInputError, msg, need
from aigov.codec import load_outcome
from aigov.sandbox import CONFINING, Job, Layer, Limits, StoppedError, run
from aigov_checks.model.boxed.kept import FILE, arrays_of, with_evidence
from aigov_checks.model.boxed.request import request_of
from aigov_checks.model.boxed.setting import HERE
from aigov_checks.model.robustness.accelerators import asked_by_drivers, is_accelerator, nodes
from aigov_checks.model.robustness.boosted import SUFFIXES
from aigov_checks.model.robustness.networks.kinds import SCANNED, Kind, kind_of, refusal
from aigov_checks.model.robustness.networks.kinds import SUFFIXES as NETWORKS
from aigov_checks.model.serialization.allowed import listed_names
from aigov_checks.model.serialization.check import scan_file
from aigov_checks.model.serialization.results import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aigov import Dataset, File, Model
    from aigov.model import Artifact
    from aigov.sandbox import Returned
    from aigov_checks.model.boxed.setting import Inner, Params

A = TypeVar("A", bound="Artifact")
RUNS_CODE = (".pkl", ".pickle", ".joblib")
"""Formats that can run code when they are loaded, and that we load where that is allowed."""
_FOLDERS = (".art", ".art/data", "torchinductor_aigov", "torchinductor_aigov/dynamo")
"""Where the Adversarial Robustness Toolbox keeps its settings, and where torch looks for caches."""
_WITHOUT_DRIVERS = frozenset({Layer.SECCOMP, Layer.RESOURCE_LIMITS})
"""Layers in which no driver of an accelerator works: it calls whatever it likes, and maps whole address spaces."""
_OUTSIDE_DATA = "onnx.external-data"
_MIB = 1024**2
_LEAST_MEMORY, _COPIES = 8192 * _MIB, 8
"""A model stands in memory several times: parsed, in the runtime, in its translation, while it is converted."""
_PATIENCE, _OVERHEAD, _LONGEST = 4, 300, 10**7
"""The limit of `seconds` is an estimate that attacks keep to; the wall clock comes down well beyond it."""


def observe_model(subject: Subject, params: Params, inner: Inner) -> Measured | NotPerformed:
    """Return the observation of a model: in files, made by a process that can do nothing else; a live one, made here.

    Raises:
        MissingInputError: no model, no data set, or a list of allowed names that cannot be relied on.
        UnsupportedInputError: a format that may not be loaded, or the process was stopped.
    """
    model = subject.model(params.model)
    listed = listed_names(subject, params)
    models = _in_order(subject.models, (model, *inner.companions(subject, params)))
    datasets = _in_order(subject.datasets, [subject.dataset(getattr(params, name)) for name in inner.datasets])
    if any((item.live, item.serve is None) != (model.live, model.serve is None) for item in models):
        raise UnsupportedInputError(msg("privacy.mixed", models=tuple(item.name for item in models)))
    if model.serve is not None:
        return _asked(subject, (model, *models), (params, inner), datasets)
    if model.live:
        return _here(subject, params, inner, msg("robustness.note.in-process"))
    request, given = request_of(models, datasets, params)
    allow = (*params.allow, *listed)
    admitted = [file for item in models for file in item.files if _admitted(file, item, allow)]
    request["admitted"] = [file.sha256 for file in admitted]
    files = [file for item in (*models, *(dataset for dataset in datasets if not dataset.live)) for file in item.files]
    size = sum(file.size for file in files) + sum(map(len, given.values()))
    frameworks = [name for item in models for name in _frameworks(item, inner)]
    own = (*params.allow, *_held(admitted, listed))
    device = str(getattr(params, "device", "cpu"))
    if admitted and is_accelerator(device):
        raise UnsupportedInputError(msg("robustness.device-code", file=admitted[0].name, device=device))
    using = is_accelerator(device)
    job = Job(
        inner.entry,
        request,
        imports=(*dict.fromkeys(frameworks), *(name.rpartition(".")[0] for name in own)),
        read=(
            *(file.path for file in files),
            *(path for item in models for path in _outside_data(item)),
            *(asked_by_drivers() if using else ()),
        ),
        devices=nodes() if using else (),
        given=given,
        returns=(FILE,),
        folders=_FOLDERS,
        limits=Limits(min(params.seconds, _LONGEST) * _PATIENCE + _OVERHEAD, _LEAST_MEMORY + _COPIES * size),
        require=CONFINING if admitted else frozenset(),
        layers=frozenset(Layer) - _WITHOUT_DRIVERS if using else frozenset(Layer),
    )
    returned = run(job)
    outcome = _outcome(returned)
    if isinstance(outcome, NotPerformed):
        return outcome
    return with_evidence(outcome, arrays_of(returned.files.get(FILE)), subject, inner.evidence, params)


def _in_order(declared: Sequence[A], chosen: Sequence[A]) -> list[A]:
    """Return what was chosen in the order of the subject, so that names find the same in the sandbox."""
    return [item for item in declared if any(item is one for one in chosen)]


def _asked(
    subject: Subject, models: Sequence[Model], work: tuple[Params, Inner], datasets: Sequence[Dataset]
) -> Measured:
    """Return the observation of a model that a server answers for, the first of `models`: no file of it is loaded."""
    need("numpy", "robustness")
    from aigov_checks.model.served.observing import asking, fingerprint  # needs numpy, an extra

    params, inner = work
    with asking(models, models[0], params) as asked:
        asked.digest = fingerprint(asked.session, datasets[0])
        found = _here(
            asked.bound(subject), params, inner, msg("served.note.asked", address=asked.session.endpoint.address)
        )
        return asked.told(found, fingerprint(asked.session, datasets[0]))


def _here(subject: Subject, params: Params, inner: Inner, said: Message) -> Measured:
    """Return the observation of a live object, which has been running in the caller's process all along."""
    kept: dict[str, Any] = {}  # numpy arrays
    found = inner.measure(subject, params, replace(HERE, keep=kept.update))
    facts = FrozenMap({**found.facts, "sandbox": "none"})
    found = replace(found, facts=facts, notes=(*found.notes, said))
    return with_evidence(found, kept, subject, inner.evidence, params)


def _admitted(file: File, model: Model, allow: Sequence[str]) -> bool:
    """Whether code in a file may run, in the sandbox: the subject trusts exactly these bytes, and the scan is clean.

    Raises:
        UnsupportedInputError: the format can run code and one of the two is missing.
    """
    suffix, kind = file.path.suffix.lower(), kind_of(file)
    if suffix not in (*RUNS_CODE, ".skops", *NETWORKS):
        return False
    if suffix in NETWORKS and any(other.path.suffix.lower() == ".onnx" for other in model.files):
        return False  # the graph is measured; what lies beside it is not loaded
    if suffix in NETWORKS and kind is Kind.OTHER:
        raise UnsupportedInputError(refusal(file, kind))
    trusted = kind is Kind.KERAS or model.trust.get("digest", "").removeprefix("sha256:").lower() == file.sha256
    if suffix == ".skops" and not trusted:
        return False  # what skops itself trusts needs nobody's word
    if not trusted:
        pickle = msg("robustness.pickle", file=file.name, digest=f"sha256:{file.sha256}")
        raise UnsupportedInputError(pickle if kind is Kind.OTHER else refusal(file, kind))
    found = scan_file(file.path, allow)
    scanned = from_json(to_json(found))
    if scanned.status is not Status.CLEAN:
        reason = scanned.reason or scanned.status.value
        if kind in SCANNED:
            worst = found.notes[0].message if found.notes else reason
            raise UnsupportedInputError(msg("robustness.network.not-clean", file=file.name, reason=worst))
        raise UnsupportedInputError(msg("robustness.pickle-not-clean", file=file.name, reason=reason))
    return True


def _held(files: Sequence[File], listed: Sequence[str]) -> list[str]:
    """Return the names of a list that stand in files: of a list for many models, only their packages are imported."""
    if not listed:
        return []
    notes = [note for file in files for note in scan_file(file.path).notes]
    found = {str(note.args.get("name", "")) for note in notes}
    return [name for name in listed if name in found]


def _outside_data(model: Model) -> list[Path]:
    """Return the files beside an ONNX graph in which it keeps weights, as our own bounded parser reads them."""
    found: list[Path] = []
    for file in model.files:
        if file.path.suffix.lower() == ".onnx":
            notes = scan_file(file.path).notes
            places = {str(note.args["location"]) for note in notes if note.type == _OUTSIDE_DATA}
            folder = file.path.parent.resolve()
            beside = [(folder / place).resolve() for place in sorted(places)]
            found += [path for path in beside if path.is_relative_to(folder) and path.is_file()]
    return found


def _frameworks(model: Model, inner: Inner) -> Sequence[str]:
    """Return what is imported before the last rights go."""
    suffixes = {file.path.suffix.lower() for file in model.files}
    if ".onnx" in suffixes:
        return ("numpy", "onnx", "onnxruntime", *inner.frameworks)
    if suffixes & {*NETWORKS}:
        return ("numpy", "torch", *inner.frameworks)
    if suffixes & {*SUFFIXES}:
        return ("numpy", "scipy.optimize", "scipy.sparse")
    return ("numpy", "sklearn", "skops.io") if suffixes & {*RUNS_CODE, ".skops"} else ()


def _outcome(returned: Returned) -> Measured | NotPerformed:
    """Return what the process said, as far as it has the shape of what this check says, with the layers that held.

    Raises:
        StoppedError: it has not.
    """
    outcome = _parsed(returned.value)
    if isinstance(outcome, NotPerformed):
        return outcome
    missing = tuple(msg(f"sandbox.layer.{layer}") for layer in returned.layers.missing)
    notes = (*outcome.notes, *([msg("robustness.note.layers-missing", layers=missing)] if missing else []))
    own = {name: fact for name, fact in outcome.facts.items() if name.partition(".")[0] != "sandbox"}
    return replace(outcome, facts=FrozenMap({**own, **returned.layers.facts}), notes=notes)


def _parsed(value: Json) -> Measured | NotPerformed:
    try:
        outcome = load_outcome(value)
    except (ExceptionGroup, KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoppedError(msg("sandbox.nonsense")) from error
    if isinstance(outcome, NotPerformed) and isinstance(outcome.reason, Message):
        return outcome
    if isinstance(outcome, Measured) and not (outcome.occurrences or outcome.artifacts or outcome.evidence):
        return outcome
    raise StoppedError(msg("sandbox.nonsense"))
