"""Where a signature lies beside its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.signing.algorithms import Algorithm

FOLDER_SIGNATURE = "model.sig"


def signature_path(model: Path, algorithm: Algorithm | None = None) -> Path:
    """Return the usual place: `<file>.sig` beside a file, `<folder>/model.sig` in a folder.

    A signature outside the OMS registry lies beside file or folder, with its algorithm: `<name>.sm2.sig`.
    """
    if algorithm is not None and not algorithm.oms:
        home = model if model.name and model.name != ".." else model.resolve()
        return home.with_name(f"{home.name}.{algorithm.value}.sig")
    return model / FOLDER_SIGNATURE if model.is_dir() else model.with_name(f"{model.name}.sig")


def relative_to(path: Path, folder: Path) -> str:
    """Return `path` relative to `folder` with forward slashes, or nothing where it does not lie in it."""
    if not folder.is_dir():
        return ""
    whole = path.parent.resolve() / path.name
    try:
        return whole.relative_to(folder.resolve()).as_posix()
    except ValueError:
        return ""
