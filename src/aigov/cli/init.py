"""`aigov init`: an aigov.yaml and a record from what lies in a folder; it guesses little and says what to fill in."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from aigov.cli.settings import tell
from aigov.errors import InputError, Place, UsageError
from aigov.i18n import msg
from aigov.load.files import MANIFEST
from aigov.publish import prepare_folder, write_whole
from aigov.signing import file_digest

RECORD = "transparency-record.yaml"
_MODELS = frozenset(
    (".onnx", ".skops", ".safetensors", ".pkl", ".pickle", ".joblib", ".pt", ".pt2", ".pth", ".torchscript", ".ckpt",
     ".gguf", ".h5", ".keras", ".tflite", ".ubj", ".pdparams", ".pdmodel", ".mindir", ".cbm"),
)  # fmt: skip
_DATASETS = frozenset((".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".npz", ".npy", ".log", ".txt"))
_SKIPPED = frozenset((".git", ".venv", "node_modules", "__pycache__", "aigov-report"))
_MOST = 50
_SCHEMAS = ".aigov/schemas"
"""Where editors find the schemas: a copy in the project, because a plant may have no network."""


@dataclass(frozen=True, slots=True)
class Finds:
    """Paths relative to the folder, with forward slashes."""

    models: tuple[str, ...]
    datasets: tuple[str, ...]


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is there.")
def command(folder: Path, *, force: bool) -> None:
    """Write an aigov.yaml and a transparency record for the models and data sets found in FOLDER."""
    if not folder.is_dir():
        raise InputError(msg("load.missing"), Place(str(folder)))
    finds = look(folder)
    if not finds.models and not finds.datasets:
        raise InputError(msg("init.nothing"), Place(str(folder)), msg("init.nothing.hint"))
    texts = {folder / MANIFEST: manifest(folder, finds), folder / RECORD: record(folder, finds)}
    for path in texts:
        if os.path.lexists(path) and not force:
            raise UsageError(msg("usage.file-exists", path=str(path)), hint=msg("usage.file-exists.hint"))
    for name in ("subject", "record"):
        schema = f"{name}.schema.json"
        texts[folder / _SCHEMAS / schema] = files("aigov").joinpath("schemas", schema).read_text(encoding="utf-8")
    if not (folder / _SCHEMAS).resolve().is_relative_to(folder.resolve()):  # a link in somebody else's folder
        raise InputError(msg("artifact.outside", path=_SCHEMAS), Place(str(folder)))
    for path, text in texts.items():
        prepare_folder(path.parent)
        write_whole(path, text.encode())
    tell(msg("init.written", manifest=str(folder / MANIFEST), models=len(finds.models), datasets=len(finds.datasets)))


def look(folder: Path) -> Finds:
    """Return the models and data sets in a folder, by suffix; links and names that cannot be read are left out."""
    models, datasets = [], []
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if not _nameable(Path(parent, name)):
                continue
            path = Path(parent, name).relative_to(folder).as_posix()
            if Path(name).suffix.lower() in _MODELS:
                models.append(path)
            elif Path(name).suffix.lower() in _DATASETS and not name.lower().startswith(
                ("readme", "requirements", "license")
            ):
                datasets.append(path)
    return Finds(tuple(models[:_MOST]), tuple(datasets[:_MOST]))


def _nameable(path: Path) -> bool:
    """Return whether it is a file, not a link or pipe, by a name that YAML can write."""
    return not path.is_symlink() and path.is_file() and str(path).isprintable()


def manifest(folder: Path, finds: Finds) -> str:
    """Return the text of an aigov.yaml; what a person must decide is a comment."""
    lines = [
        f"# yaml-language-server: $schema={_SCHEMAS}/subject.schema.json",
        "apiVersion: aigov/v1",
        "kind: Subject",
        "metadata:",
        f"  name: {_quoted(folder.resolve().name or 'subject')}",
        '  version: "0.1.0"',
        "",
        "# Facts that policies ask for; a rule whose fact is missing is not assessed.",
        "context: {}   # for example {sector: machinery, markets: [CN, EU], acts_on_physical: false}",
        "",
    ]
    if finds.models:
        lines += ["models:", *(line for path in finds.models for line in _model(folder, path)), ""]
    if finds.datasets:
        lines += ["datasets:", *(_dataset(path) for path in finds.datasets), ""]
    lines += [f"record: {RECORD}", "policies: [baseline]", ""]
    return "\n".join(lines)


def record(folder: Path, finds: Finds) -> str:
    """Return the text of a transparency record: what can be measured is filled in, the rest is to be written."""
    lines = [
        f"# yaml-language-server: $schema={_SCHEMAS}/record.schema.json",
        "apiVersion: aigov/v1",
        "kind: TransparencyRecord",
        "system:",
        f"  name: {_quoted(folder.resolve().name or 'subject')}",
        '  version: "0.1.0"',
        "  intended_purpose: TBD   # what it is for, and what it is not for",
        "",
    ]
    if finds.models:
        lines.append("models:")
        for path in finds.models:
            file = folder / path
            lines += [
                f"  - name: {_quoted(Path(path).stem)}",
                "    files:",
                f"      - {{path: {_quoted(path)}, size: {file.stat().st_size}, sha256: {file_digest(file)}}}",
            ]
        lines.append("")
    if finds.datasets:
        lines.append("datasets:")
        for path in finds.datasets:
            lines += [f"  - name: {_quoted(_name(path))}", "    personal_data: {present: unknown}   # yes | no"]
        lines.append("")
    return "\n".join(lines)


def _model(folder: Path, path: str) -> list[str]:
    lines = [f"  - name: {_quoted(Path(path).stem)}", f"    path: {_quoted(path)}"]
    if (folder / f"{path}.sig").is_file():
        lines += [f"    signature: {_quoted(path + '.sig')}", "    # trust: {public_key: keys/release.pub.pem}"]
    return lines


def _dataset(path: str) -> str:
    words = Path(path).stem.lower()
    role = (
        "train"
        if "train" in words
        else "test"
        if any(word in words for word in ("test", "eval", "valid"))
        else "auxiliary"
    )
    return f"  - {{name: {_quoted(_name(path))}, role: {role}, path: {_quoted(path)}}}"


def _name(path: str) -> str:
    return path.replace("/", "-").rpartition(".")[0]


def _quoted(text: str) -> str:
    """Return a YAML double-quoted scalar; JSON's escapes are YAML's."""
    return json.dumps(text, ensure_ascii=False)
