"""What a record says beside what is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aigov import (
    Agreement,
    Comparison,
    FrozenMap,
    Interval,
    Measured,
    Measurement,
    MissingInputError,
    NotPerformed,
    Observation,
    Observed,
    Occurrence,
    Subject,
    Tier,
    check,
    count,
    msg,
)
from aigov_checks.record.claim import Checked, Claim, beyond, compared
from aigov_checks.record.counterparts import dataset_entries, model_entries
from aigov_checks.record.dataset_claims import claims_privacy, count_claims, privacy_claims
from aigov_checks.record.fields import Sheet, sheet_of
from aigov_checks.record.figure_claims import Rerun, claims_figures, figure_claims
from aigov_checks.record.file_claims import file_claims, size_claims
from aigov_checks.record.graph import Graph, graph_of
from aigov_checks.record.graph_claims import claims_graph, graph_claims
from aigov_checks.record.membership_claims import CHECK as MEMBERSHIP
from aigov_checks.record.membership_claims import claims_membership, membership_claims
from aigov_checks.record.record_counts import RecordCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LISTED = 1_000
"""Comparisons that are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class ClaimsParams:
    """How exactly a figure must be right."""

    accuracy_tolerance: float = 0.005
    """How far outside the measured interval a declared share may lie: half a percentage point, for rounding."""


@check(
    id="record.claims",
    title="Claims of the transparency record",
    inputs=("record",),
    measures={
        "claims": "count",
        "claims_agreeing": "count",
        "claims_contradicted": "count",
        "claims_not_verifiable": "count",
    },
    params=ClaimsParams,
    uses=("data.pii", "model.robustness"),
    listens=(MEMBERSHIP,),
    extras=("robustness",),
)
def claims(subject: Subject, params: ClaimsParams, observed: Observed) -> Measured:
    """Compare what a transparency record says with the files, the graph and what other checks measured.

    What it measures
    `claims`: statements of the record that this check knows how to test. `claims_agreeing`, `claims_contradicted`,
    `claims_not_verifiable`: how many are borne out, refuted, or can be neither. Where a claim could be measured and was
    not, the number contradicted is an interval that counts it as possibly wrong.

    Why it matters
    A contradiction is stronger evidence than any missing field: either the record is of another model, or it was
    written to please.

    How
    Digest and size of files. Names, element types and shapes of inputs and outputs, number of classes and of
    parameters, operator set and producer, against the ONNX graph, which is read and not run. Declared accuracy
    against the interval that model.robustness measured, with a tolerance for rounding. Declared robust accuracy
    against the upper end only, because attacks find an upper bound; a declared area under the curve of membership
    inference against the lower end of what model.membership measured, where the policies ask for that. "No personal
    data" against the occurrences and the coverage of data.pii. Number of records against NPZ and Parquet headers and
    lines of JSONL. Version against aigov.yaml. Where a model or data set of which the record speaks is missing, or a
    check that is used was not performed, nothing is measured, and the reason says why.

    Limits
    Models without a graph that can be read safely (pickles, live objects) are compared by digest only. Figures other
    than accuracy, on other data, on slices, at other budgets or of other models than measured are not verifiable
    here. That data.pii found nothing does not prove that nothing is there.

    References
    Mitchell et al., Model Cards for Model Reporting, FAT* 2019 (arXiv 1810.03993).
    Clopper and Pearson, Biometrika 26 (1934), 404-413: the intervals of the measured accuracies.
    """
    sheet = sheet_of(subject)
    checked = [
        *_version(sheet, subject),
        *_of_models(sheet, subject, params, observed),
        *_of_datasets(sheet, subject, observed),
    ]
    tally = {kind: [item for item in checked if item.agreement is kind] for kind in Agreement}
    wrong = tally[Agreement.CONTRADICTS]
    order = (*wrong, *(item for item in checked if item.agreement is not Agreement.CONTRADICTS))
    return Measured(
        FrozenMap(
            {
                "claims": count(len(checked)),
                "claims_agreeing": count(len(tally[Agreement.AGREES])),
                "claims_contradicted": _contradicted(len(wrong), [item for item in checked if item.open]),
                "claims_not_verifiable": count(len(tally[Agreement.NOT_VERIFIABLE])),
            }
        ),
        occurrences=tuple(_occurrence(item, sheet) for item in wrong[:_LISTED]),
        comparisons=tuple(_comparison(item, sheet) for item in order[:_LISTED]),
        facts=FrozenMap({"accuracy_tolerance": params.accuracy_tolerance}),
    )


def _version(sheet: Sheet, subject: Subject) -> Iterator[Checked]:
    field = sheet.root.child("system", "version")
    if not field.present:
        return
    claim = Claim(field, msg("record.claim.version", version=field.shown))
    if subject.version == "0":
        yield beyond(claim, msg("record.why.no-version"))
    else:
        yield compared(
            claim, msg("record.measured.version", version=subject.version), same=field.shown == subject.version
        )


def _of_models(sheet: Sheet, subject: Subject, params: ClaimsParams, observed: Observed) -> Iterator[Checked]:
    entries = model_entries(sheet, subject)
    rerun = Rerun(subject, None, params.accuracy_tolerance)
    if any(claims_figures(entry) for entry, _ in entries):
        rerun = Rerun(subject, _usable(observed, "model.robustness"), params.accuracy_tolerance)
    told = any(claims_membership(entry) for entry, _ in entries)
    attack = Rerun(subject, _usable(observed, MEMBERSHIP) if told else None, params.accuracy_tolerance)
    graphs: dict[str, Graph | None] = {}
    for entry, model in entries:
        yield from file_claims(entry, model, sheet)
        if claims_graph(entry):
            if model.name not in graphs:
                graphs[model.name] = graph_of(model)
            yield from graph_claims(entry, model, graphs[model.name])
        yield from figure_claims(entry, model, rerun)
        yield from membership_claims(entry, model, attack)


def _of_datasets(sheet: Sheet, subject: Subject, observed: Observed) -> Iterator[Checked]:
    entries = dataset_entries(sheet, subject)
    scan = _usable(observed, "data.pii") if any(claims_privacy(entry) for entry, _ in entries) else None
    counts = RecordCounts()
    for entry, dataset in entries:
        yield from file_claims(entry, dataset, sheet)
        yield from size_claims(entry, dataset)
        yield from count_claims(entry, dataset, counts)
        yield from privacy_claims(entry, dataset, scan)


def _usable(observed: Observed, check_id: str) -> Observation | None:
    """Return what a check observed, or None where it was not asked for.

    Raises:
        MissingInputError: it was asked for and could not be performed, with its reason.
    """
    observation = observed.get(check_id)
    if observation is None or isinstance(observation.outcome, Measured):
        return observation
    if isinstance(observation.outcome, NotPerformed):
        raise MissingInputError(observation.outcome.reason)
    raise MissingInputError(msg("record.used-check-crashed", check=check_id))


def _contradicted(found: int, undecided: Iterable[Checked]) -> Measurement:
    waiting = tuple(undecided)
    if not waiting:
        return count(found)
    limits = msg("record.claims-open", count=len(waiting), first=waiting[0].measured)
    return Measurement(float(found), "count", Interval(float(found), float(found + len(waiting))), limits=limits)


def _comparison(item: Checked, sheet: Sheet) -> Comparison:
    return Comparison(item.claim.said, item.measured, item.agreement, sheet.locate(item.claim.field.pointer))


def _occurrence(item: Checked, sheet: Sheet) -> Occurrence:
    message = msg("record.contradiction", claim=item.claim.said, measured=item.measured)
    where = sheet.locate(item.claim.field.pointer)
    return Occurrence("record.contradicted-claim", where, message, Tier.VERIFIED, "record.claims@1")
