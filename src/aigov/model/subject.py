"""What is audited: an AI system and its artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aigov.errors import MissingInputError
from aigov.i18n import FrozenMap, Message, Text, msg
from aigov.model.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model.windows import Window


class Role(StrEnum):
    """What an artifact is to the system."""

    MODEL = "model"
    DATASET = "dataset"
    RECORD = "record"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class File:
    """One file of an artifact."""

    path: Path
    """Where to read it."""
    name: str
    """How reports call it: relative to the subject, with forward slashes."""
    size: int
    sha256: str


class Arrays(Protocol):
    """Samples and labels as numpy arrays: `x` of shape (n, ...) and `y` of shape (n,) or None."""

    @property
    def x(self) -> Any:  # numpy is not imported by the core
        """Samples, of shape (n, ...)."""

    @property
    def y(self) -> Any:  # numpy is not imported by the core
        """Labels, of shape (n,), or None."""


class Reader(Protocol):
    """Reads a data set; injected at load time, so that the vocabulary does no I/O."""

    def arrays(self, dataset: Dataset) -> Arrays:
        """Return samples and labels."""

    def windows(self, dataset: Dataset) -> Sequence[Window]:
        """Return one window of signal a sample."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing that belongs to a subject: files, or a live object from a pipeline."""

    name: str
    role: Role
    declared: str = ""
    """Path or glob as the user wrote it; empty for a live object."""
    found: tuple[File, ...] = ()
    absent: Message | None = None
    """Why there is nothing to look at; None where there is."""
    value: Any = None  # a live object of the user's: any type
    properties: FrozenMap[str, Any] = field(default_factory=FrozenMap)  # what the user declared, as parsed from YAML
    line: int | None = None
    """Where aigov.yaml declares it."""

    @property
    def files(self) -> tuple[File, ...]:
        """The files, in the order of their names.

        Raises:
            MissingInputError: there are none, with the reason.
        """
        if self.absent is not None:
            raise MissingInputError(self.absent)
        return self.found

    @property
    def file(self) -> File:
        """The one file of an artifact that is a single file.

        Raises:
            MissingInputError: there is none, or there are several.
        """
        if len(self.files) != 1:
            raise MissingInputError(msg("artifact.not-one-file", name=self.name, count=len(self.found)))
        return self.files[0]

    @property
    def live(self) -> bool:
        """Whether it is an object in memory rather than files."""
        return self.value is not None and not self.found


@dataclass(frozen=True, slots=True)
class Model(Artifact):
    """A trained model."""

    task: str = "classification"
    classes: tuple[str, ...] = ()
    inputs: FrozenMap[str, FrozenMap[str, Any]] = field(default_factory=FrozenMap)  # unit, range, accuracy, ...
    output: FrozenMap[str, Any] = field(default_factory=FrozenMap)  # of a regression: unit, range, tolerance
    signature: Artifact | None = None
    trust: FrozenMap[str, str] = field(default_factory=FrozenMap)
    detector: FrozenMap[str, Any] = field(default_factory=FrozenMap)  # a name and a number, as parsed from YAML
    """The model that tells adversarial inputs of this one: `model`, its name, `threshold` and `flags`, the side of it
    (`above`, `below`) that counts; empty for none."""
    retrain: Any = None  # a function of the user's, (x, y) -> a model
    """Trains the model anew on other samples, where the calling program can; None where it cannot."""
    serve: Endpoint | None = None
    """Where a server answers for the model, and may be asked; None for a model in files or in memory."""


@dataclass(frozen=True, slots=True)
class Dataset(Artifact):
    """A data set. `purpose` is train, test, calibration or auxiliary."""

    purpose: str = "auxiliary"
    features: tuple[str, ...] = ()
    label: str | None = None
    reader: Reader | None = None

    def arrays(self) -> Arrays:
        """Return samples and labels as numpy arrays; see `aigov.load.arrays` for formats and errors."""
        return self._reader().arrays(self)

    def windows(self) -> Sequence[Window]:
        """Return the samples as windows of signal, one a sample."""
        return self._reader().windows(self)

    def _reader(self) -> Reader:
        if self.reader is None:
            raise MissingInputError(msg("dataset.no-reader", name=self.name))
        return self.reader


@dataclass(frozen=True, slots=True)
class Record(Artifact):
    """A transparency record. `document` is its parsed content, `lines` the line of each JSON pointer."""

    document: FrozenMap[str, Any] | None = None  # as parsed from YAML
    lines: FrozenMap[str, int] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Subject:
    """An AI system as its owner declares it."""

    name: str
    version: str = "0"
    title: Text | None = None
    owner: FrozenMap[str, str] = field(default_factory=FrozenMap)
    context: FrozenMap[str, Any] = field(default_factory=FrozenMap)  # facts that policies ask for
    models: tuple[Model, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    record: Record | None = None
    policies: tuple[str, ...] = ()
    waivers: str | None = None
    root: Path = Path()
    """Folder that paths are relative to."""
    source: str = "aigov.yaml"
    redaction_key: bytes = field(default=b"", repr=False, compare=False)
    """Key of the hashes of redacted values; empty for none. Never written anywhere."""
    evidence_folder: Path | None = field(default=None, repr=False, compare=False)
    """Folder into which checks may write evidence; None where nobody wants it."""

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Everything that was declared, models first."""
        signatures = tuple(model.signature for model in self.models if model.signature)
        record = (self.record,) if self.record else ()
        return (*self.models, *signatures, *self.datasets, *record)

    def having(self, role: Role) -> tuple[Artifact, ...]:
        """Return the artifacts of one role."""
        return tuple(artifact for artifact in self.artifacts if artifact.role is role)

    def model(self, name: str | None = None) -> Model:
        """Return the model of that name, or the first one.

        Raises:
            MissingInputError: the subject declares none such.
        """
        for model in self.models:
            if name in (None, "", model.name):
                return model
        raise MissingInputError(msg("subject.no-model", name=name or "", subject=self.name))

    def dataset(self, name: str) -> Dataset:
        """Return the data set of that name, or else the first of that purpose (`train`, `test`).

        Raises:
            MissingInputError: the subject declares none such.
        """
        for dataset in (
            *[d for d in self.datasets if d.name == name],
            *[d for d in self.datasets if d.purpose == name],
        ):
            return dataset
        raise MissingInputError(msg("subject.no-dataset", name=name, subject=self.name))

    @classmethod
    def from_objects(
        cls,
        name: str,
        *,
        model: object = None,
        train: object = None,
        test: object = None,
        record: object = None,
        **declared: object,
    ) -> Subject:
        """Return a subject of live objects; see `aigov.load.objects.subject_from_objects`."""
        from aigov.load.objects import subject_from_objects  # the vocabulary loads nothing by itself

        return subject_from_objects(name, model=model, train=train, test=test, record=record, **declared)
