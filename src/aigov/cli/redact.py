"""`aigov redact`: a copy of data sets without personal data and secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigov.clean import REDACTION_FILE, Done, Redaction, Sources, redact
from aigov.cleaning import Cleaning, Method
from aigov.cli.console import make_console
from aigov.cli.console_voice import Voice
from aigov.cli.options import redaction_key
from aigov.cli.settings import complain, current, tell
from aigov.errors import InputError, Place, UsageError
from aigov.i18n import FrozenMap, msg
from aigov.load.files import MANIFEST, Base, find_files
from aigov.load.subject import find_manifest, load_subject
from aigov.redact import new_key, public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model import File

    _Named = tuple[list[Path], list[tuple[str, File]]]
    """Folders that were named, and files by their paths in the copy."""

_WILD = frozenset("*?[")
_SHOWN = 20


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--output", required=True, metavar="DIR", help="New folder for the copy; it must not exist or be empty.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    metavar="[TYPE=]METHOD",
    help="mask, pseudonym, fake or drop, for everything or for one type (cn.mobile=pseudonym); repeatable "
    "[default: mask].",
)
@click.option(
    "--redaction-key", "key", metavar="FILE", help="Key of pseudonyms and fakes, so that they match between runs."
)
def command(paths: tuple[str, ...], output: str, methods: tuple[str, ...], key: str | None) -> int:
    """Write a copy of the data sets at PATH in which neither data.pii nor data.secrets finds anything.

    PATH is a file, a folder, a glob or an aigov.yaml (default: the data sets of the nearest one). What is not replaced
    stays as it is to the byte. Exit codes: 0 everything is in the copy; 2 usage or unreadable input; 3 a file of which
    no clean copy can be promised was left out.
    """
    default, by_type = _methods(methods)
    found = redaction_key(key)
    cleaning = Cleaning(default, FrozenMap(by_type), new_key() if found is None else found)
    redaction = redact(_sources(paths), Path(output), cleaning, _say)
    _summarise(redaction, output)
    return 3 if redaction.having("left-out") else 0


def _methods(texts: Sequence[str]) -> tuple[Method, dict[str, Method]]:
    """Return the method for everything, and those for single types."""
    default, by_type = Method.MASK, {}
    for text in texts:
        type_, _, name = text.rpartition("=")
        if name not in set(Method):
            raise UsageError(msg("redact.unknown-method", name=name), hint=msg("usage.known", known=tuple(Method)))
        if type_:
            by_type[type_.strip()] = Method(name)
        else:
            default = Method(name)
    return default, by_type


def _sources(paths: Sequence[str]) -> Sources:
    """Return the files to copy by their paths in the copy, and the folders that were named.

    Raises:
        UsageError: two files would have the same path.
        InputError: a path does not exist.
    """
    made: dict[str, File] = {}
    manifest = _manifest(paths)
    folders, named = _of_paths(paths) if manifest is None else _of_manifest(manifest)
    for path, file in named:
        if path in made and made[path].path != file.path:
            raise UsageError(msg("redact.same-path", path=path))
        made[path] = file
    return Sources(made, tuple(folder for folder in folders if folder.is_dir()))


def _of_manifest(manifest: Path) -> _Named:
    subject = load_subject(manifest)
    folders = [subject.root / dataset.declared for dataset in subject.datasets]
    return folders, [(file.name, file) for dataset in subject.datasets for file in dataset.found]


def _of_paths(paths: Sequence[str]) -> _Named:
    named = []
    for path in paths:
        found = find_files(path, Base(Path.cwd(), outside=True), Place(path))
        if found.absent is not None:
            raise InputError(found.absent, Place(path))
        root = _root(Path(path)).absolute()
        named += [(file.path.relative_to(root).as_posix(), file) for file in found.files]
    return [Path(path) for path in paths], named


def _manifest(paths: Sequence[str]) -> Path | None:
    """Return the manifest whose data sets are meant: the nearest one where nothing is named."""
    if not paths:
        return find_manifest(Path.cwd())
    path = Path(paths[0])
    manifest = path / MANIFEST if path.is_dir() else path
    return manifest if len(paths) == 1 and manifest.name == MANIFEST and manifest.is_file() else None


def _root(path: Path) -> Path:
    """Return the folder below which the files of a path, folder or glob keep their places."""
    if path.is_dir():
        return path
    if path.exists():
        return path.parent
    plain = Path(path.anchor)
    for part in path.parts[bool(path.anchor) :]:
        if _WILD & set(part):
            break
        plain /= part
    return plain


def _say(done: Done) -> None:
    """Say at once which file was left out, and why."""
    if done.cleaned.left_out is not None:
        voice = Voice.of(make_console(), current().lang)
        complain(f"{public(done.path)}: {voice.say(done.cleaned.left_out)}")


def _summarise(redaction: Redaction, output: str) -> None:
    counts = {status: len(redaction.having(status)) for status in ("cleaned", "copied", "left-out")}
    tell(
        msg(
            "redact.said.files",
            cleaned=counts["cleaned"],
            copied=counts["copied"],
            left_out=counts["left-out"],
            output=f"{output}/{REDACTION_FILE}",
        )
    )
    for (type_, method), number in list(redaction.values().items())[:_SHOWN]:
        tell(msg("redact.said.values", type=type_, method=method, count=number))
    more = len(redaction.values()) - _SHOWN
    if more > 0:
        tell(msg("redact.said.more", count=more))
    again = sum(done.cleaned.again for done in redaction.files)
    if again:
        tell(msg("redact.said.again", count=again))
