"""scikit-learn models from files: skops, and joblib or pickle where these very bytes were scanned and are trusted."""

from __future__ import annotations

import hashlib
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg, need
from aigov_checks.model.robustness.object_predictor import REFUSALS, open_object
from aigov_checks.model.robustness.tree_parts import UnsoundTreeError
from aigov_checks.model.robustness.tree_reading import TREES, ensemble_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aigov.model import File
    from aigov_checks.model.robustness.predictor import Array, Opened, Wanted

_MAX_SKOPS_BYTES = 1024**3


def open_joblib(file: File, clean: Array, admitted: frozenset[str], wanted: Wanted) -> Opened:
    """Return the estimator of a pickle, of joblib or plain, whose bytes were admitted: code in them runs here.

    Raises:
        UnsupportedInputError: not admitted, changed since it was scanned, or no estimator that can be loaded.
        MissingExtraError: joblib or scikit-learn is not installed.
    """
    joblib = need("joblib", "robustness")
    need("sklearn", "robustness")
    data = file.path.read_bytes()
    if file.sha256 not in admitted:
        raise UnsupportedInputError(msg("robustness.pickle", file=file.name, digest=f"sha256:{file.sha256}"))
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise UnsupportedInputError(msg("robustness.changed", file=file.name))
    try:
        estimator = joblib.load(BytesIO(data))
    except (*REFUSALS, ImportError, EOFError, OSError) as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.pickle-broken", file=file.name, error=word)) from error
    return open_object(_on_one_thread(estimator), clean, 0, wanted)


def open_skops(file: File, clean: Array, admitted: frozenset[str], wanted: Wanted) -> Opened:
    """Return the scikit-learn model of a skops file: one that needs no trust at all, or whose bytes were admitted.

    Raises:
        UnsupportedInputError: broken, unpacked larger than 1 GiB, or with types outside those that skops trusts.
        MissingExtraError: skops or scikit-learn is not installed.
    """
    skops = need("skops.io", "robustness")
    exceptions = need("skops.io.exceptions", "robustness")
    try:
        with zipfile.ZipFile(file.path) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_SKOPS_BYTES:
                raise UnsupportedInputError(msg("robustness.model-too-large", file=file.name))
        if file.sha256 in admitted:
            return open_object(_on_one_thread(_admitted_skops(skops, file)), clean, 0, wanted)
        types = skops.get_untrusted_types(file=file.path)
        _no_strangers(file, [name for name in types if name not in TREES])
        estimator = skops.load(file.path, trusted=[name for name in types if name in TREES])
        if types:
            _check_trees(file, estimator, clean, types)
    except (zipfile.BadZipFile, exceptions.UntrustedTypesFoundException, OSError, EOFError, *REFUSALS) as error:
        word = type(error).__name__
        raise UnsupportedInputError(msg("robustness.skops-broken", file=file.name, error=word)) from error
    return open_object(estimator, clean, 0, wanted)


def _admitted_skops(skops: Any, file: File) -> Any:  # a scikit-learn estimator
    """Return the estimator with whatever types it names, from the very bytes that were admitted."""
    data = file.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise UnsupportedInputError(msg("robustness.changed", file=file.name))
    return skops.loads(data, trusted=skops.get_untrusted_types(data=data))


def _on_one_thread(estimator: Any) -> Any:  # a scikit-learn estimator
    """Return the estimator without helpers, which would be processes, or sums in another order."""
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if getattr(last, "n_jobs", None) is not None:
        last.n_jobs = None
    return estimator


def _no_strangers(file: File, types: Sequence[str]) -> None:
    if types:
        digest = f"sha256:{file.sha256}"
        raise UnsupportedInputError(
            msg("robustness.untrusted-types", file=file.name, types=tuple(types), digest=digest)
        )


def _check_trees(file: File, estimator: Any, clean: Array, types: Sequence[str]) -> None:  # a scikit-learn estimator
    """Let a model with compiled trees pass only where every tree of it was checked before any of them runs.

    Compiled trees run no code of the file, but follow its indices without looking; one thread keeps sums in order.
    """
    try:
        known = ensemble_of(estimator, clean)
    except UnsoundTreeError as error:
        raise UnsupportedInputError(msg("robustness.skops-broken", file=file.name, error="tree")) from error
    if known is None:
        _no_strangers(file, types)
    _on_one_thread(estimator)
