"""What the Adversarial Robustness Toolbox's filters say, as a note: they flag rows of clean data too.

Sources: Chen et al., SafeAI 2019 (arXiv 1811.03728), activation clustering; Tran, Li and Madry, NeurIPS 2018 (arXiv
1811.00636), spectral signatures. Implementation: adversarial-robustness-toolbox.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from aigov import Message, msg, need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov_checks.data.poisoning.params import PoisoningParams
    from aigov_checks.data.poisoning.rows import Rows
    from aigov_checks.model.robustness.predictor import Array

_MOST_ROWS = 5000
_UNITS, _EPOCHS = 64, 20
_SHARE = 0.05
"""Share of the rows that the spectral filter is told to expect."""


def opinions(rows: Rows, x: Array, params: PoisoningParams) -> tuple[Message, ...]:
    """Return a note for each filter that is asked for; `x` are the features of the rows.

    Raises:
        MissingExtraError: the toolbox or torch is not installed.
    """
    if not params.opinions:
        return ()
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), _MOST_ROWS)).astype(np.int64)
    x, y = x[chosen], rows.y[chosen]
    notes = []
    with _seeded(params.seed):
        classifier = _classifier(x, y, rows.classes, params.seed)
        for name in params.opinions:
            flagged = _flagged(name, classifier, x, y)
            notes.append(msg("poisoning.note.opinion", filter=name, flagged=flagged, rows=len(y)))
    return tuple(notes)


def _classifier(x: Array, y: Array, classes: int, seed: int) -> Any:  # an ART estimator
    torch = need("torch", "torch")
    estimators = need("art.estimators.classification", "robustness")
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], _UNITS), torch.nn.ReLU(), torch.nn.Linear(_UNITS, classes))
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    classifier = estimators.PyTorchClassifier(
        net, torch.nn.CrossEntropyLoss(), (x.shape[1],), classes, optimizer=optimiser, device_type="cpu"
    )
    classifier.fit(x.astype(np.float32), y, batch_size=64, nb_epochs=_EPOCHS, verbose=False)
    return classifier


def _flagged(name: str, classifier: Any, x: Array, y: Array) -> int:  # an ART estimator
    defences = need("art.defences.detector.poison", "robustness")
    hot = np.eye(classifier.nb_classes, dtype=np.float32)[y]
    if name == "art-activation":
        _, clean = defences.ActivationDefence(classifier, x, hot).detect_poison(
            nb_clusters=2, nb_dims=min(10, _UNITS), reduce="PCA", cluster_analysis="distance"
        )
    else:
        _, clean = defences.SpectralSignatureDefense(
            classifier, x, hot, expected_pp_poison=_SHARE, batch_size=128, eps_multiplier=1.0
        ).detect_poison()
    return int((np.asarray(clean) == 0).sum())


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which the toolbox uses, and put it back."""
    state = np.random.get_state()  # noqa: NPY002  # see above
    np.random.seed(seed % 2**32)  # noqa: NPY002  # see above
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002  # see above
