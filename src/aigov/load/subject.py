"""`aigov.yaml` to a Subject: what is audited, with the digest of every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aigov.errors import InputError, Place
from aigov.i18n import FrozenMap, Text, msg
from aigov.load.arrays import FileReader
from aigov.load.document import Document, load_document
from aigov.load.files import MANIFEST, Base, Found, find_files, resolve
from aigov.load.record import load_record
from aigov.load.schema import validate
from aigov.model import Artifact, Dataset, Endpoint, Model, Record, Role, Subject

_MODEL_FIELDS = ("name", "path", "signature", "trust", "task", "classes", "inputs", "output", "detector", "serve")
_TRUST_WORDS = ("identity", "digest")
"""Whom and what a model is trusted by, other than files."""
_ENDPOINT_FILES = ("ca", "token_file")
_DATASET_FIELDS = ("name", "role", "path", "features", "label")


def find_manifest(start: Path) -> Path:
    """Return the `aigov.yaml` at `start` (a file or folder) or in the nearest folder above it.

    Raises:
        InputError: there is none, or `start` does not exist.
    """
    if start.is_file():
        return start
    if not start.is_dir():
        raise InputError(msg("load.missing"), Place(str(start)))
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / MANIFEST).is_file():
            return folder / MANIFEST if folder != start.absolute() else start / MANIFEST
    raise InputError(msg("subject.no-manifest", name=MANIFEST), Place(str(start)), msg("subject.no-manifest.hint"))


def load_subject(path: Path, *, outside: bool = False, network: bool = False, redaction_key: bytes = b"") -> Subject:
    """Return the subject that a manifest declares.

    A declared file that is not there becomes an absent artifact, whose rules are not assessed; so does a served model
    unless `network` lets it be asked.

    Raises:
        InputError: the manifest is not valid, a path leaves its folder, or a file cannot be read.
    """
    base = Base(path.absolute().parent, outside)
    resolve(path.name, base, Place(str(path)))  # the manifest itself may be a link to a file elsewhere
    document = load_document(path)
    validate(document, "subject")
    return _Loading(document, base, network=network).subject(redaction_key)


class _Loading:
    """One manifest on its way to a subject."""

    def __init__(self, document: Document, base: Base, *, network: bool) -> None:
        self.document = document
        self.base = base
        self.network = network
        self.root: FrozenMap[str, Any] = document.value  # validated against the schema

    def subject(self, redaction_key: bytes) -> Subject:
        """Return the whole subject."""
        metadata = self.root.get("metadata", FrozenMap())
        return Subject(
            name=metadata.get("name") or self.base.folder.name or "subject",
            version=str(metadata.get("version", "0")),
            title=_text(metadata.get("title")),
            owner=FrozenMap({key: str(value) for key, value in metadata.get("owner", FrozenMap()).items()}),
            context=self.root.get("context", FrozenMap()),
            models=tuple(self.model(item, f"/models/{i}") for i, item in enumerate(self.root.get("models", ()))),
            datasets=tuple(
                self.dataset(item, f"/datasets/{i}") for i, item in enumerate(self.root.get("datasets", ()))
            ),
            record=self.record(self.root["record"]) if "record" in self.root else None,
            policies=tuple(self.policy(name, i) for i, name in enumerate(self.root.get("policies", ()))),
            waivers=self.beside(self.root["waivers"], "/waivers") if "waivers" in self.root else None,
            root=self.base.folder,
            source=self.document.path,
            redaction_key=redaction_key,
        )

    def model(self, item: FrozenMap[str, Any], pointer: str) -> Model:
        """Return one model with its signature and the keys that it is trusted by."""
        endpoint = self.endpoint(item, pointer) if "serve" in item else None
        found = self.find(item["path"], f"{pointer}/path") if endpoint is None else self.nowhere(endpoint)
        trust = item.get("trust", FrozenMap())
        words = {key: value for key, value in trust.items() if key in _TRUST_WORDS}
        files = {key: self.beside(trust[key], f"{pointer}/trust/{key}") for key in trust if key not in words}
        return Model(
            **self.common(item, pointer, Role.MODEL, found, _MODEL_FIELDS),
            task=item.get("task", "classification"),
            classes=tuple(str(name) for name in item.get("classes", ())),
            inputs=item.get("inputs", FrozenMap()),
            output=item.get("output", FrozenMap()),
            signature=self.signature(item["signature"], pointer) if "signature" in item else None,
            trust=FrozenMap({**files, **words}),
            detector=item.get("detector", FrozenMap()),
            serve=endpoint if self.network else None,
        )

    def endpoint(self, item: FrozenMap[str, Any], pointer: str) -> Endpoint:
        """Return where a served model is asked."""
        if "path" in item:
            raise self.document.error(msg("serve.and-path"), f"{pointer}/serve")
        declared = dict(item["serve"])
        files = {
            key: self.beside(declared[key], f"{pointer}/serve/{key}") for key in _ENDPOINT_FILES if key in declared
        }
        endpoint = Endpoint(**{**declared, "version": str(declared.get("version", "")), **files})
        if endpoint.problem is not None:
            raise self.document.error(endpoint.problem, f"{pointer}/serve")
        return endpoint

    def nowhere(self, endpoint: Endpoint) -> Found:
        """Return why a served model has no files, and whether it may be asked."""
        return Found((), msg("serve.no-file" if self.network else "serve.not-allowed", address=endpoint.address))

    def signature(self, declared: str, pointer: str) -> Artifact:
        """Return the signature of a model as an artifact of its own."""
        found = self.find(declared, f"{pointer}/signature")
        line = self.document.line(f"{pointer}/signature")
        return Artifact(declared, Role.SIGNATURE, declared, found.files, found.absent, line=line)

    def dataset(self, item: FrozenMap[str, Any], pointer: str) -> Dataset:
        """Return one data set; how its arrays are read comes with it."""
        found = self.find(item["path"], f"{pointer}/path")
        return Dataset(
            **self.common(item, pointer, Role.DATASET, found, _DATASET_FIELDS),
            purpose=item.get("role", "auxiliary"),
            features=tuple(item.get("features", ())),
            label=item.get("label"),
            reader=FileReader(),
        )

    def common(
        self, item: FrozenMap[str, Any], pointer: str, role: Role, found: Found, known: tuple[str, ...]
    ) -> dict[str, Any]:  # Any: the fields that models and data sets share
        """Return what every artifact has; what the schema allows beyond that is kept as properties."""
        return {
            "name": str(item.get("name") or (Path(item["path"]).stem if "path" in item else item["serve"]["model"])),
            "role": role,
            "declared": item["path"] if "path" in item else item["serve"]["url"],
            "found": found.files,
            "absent": found.absent,
            "properties": FrozenMap({key: value for key, value in item.items() if key not in known}),
            "line": self.document.line(pointer),
        }

    def record(self, declared: str) -> Record:
        """Return the transparency record with its parsed content."""
        found = self.find(declared, "/record")
        line = self.document.line("/record")
        if found.absent is not None:
            return Record("record", Role.RECORD, declared, absent=found.absent, line=line)
        return load_record(found.files[0])

    def find(self, declared: str, pointer: str) -> Found:
        """Return the files of one declaration."""
        return find_files(declared, self.base, self.document.place(pointer))

    def policy(self, name: str, index: int) -> str:
        """Return the name of a policy; a file is one of the subject's own, like everything that it names."""
        if "/" in name or "\\" in name or Path(name).suffix in {".yaml", ".yml"}:
            resolve(name, self.base, self.document.place(f"/policies/{index}"))
        return name

    def beside(self, declared: str, pointer: str) -> str:
        """Return the absolute path of a file that belongs to the audit rather than to the system."""
        return str(resolve(declared, self.base, self.document.place(pointer)))


def _text(value: object) -> Text | None:
    if isinstance(value, str):
        return Text(value, value)
    if isinstance(value, FrozenMap):
        en, zh = value.get("en"), value.get("zh")
        return Text(str(en or zh), str(zh or en))
    return None
