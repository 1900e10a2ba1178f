"""The record against its schema, against what a policy requires of it, and against empty phrases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from aigov import (
    ArtifactStatus,
    FrozenMap,
    Measured,
    Measurement,
    Occurrence,
    Status,
    Subject,
    Tier,
    UnsupportedInputError,
    check,
    count,
    msg,
)
from aigov.load.document import Document
from aigov.load.node import pointer as pointer_of
from aigov.load.node import shorten
from aigov.load.problem import explain
from aigov.load.schema import schema_of, thaw
from aigov_checks.record.fields import Field, Sheet, record_of, shown_path
from aigov_checks.record.placeholders import placeholder, placeholders
from aigov_checks.record.required import filled, required_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.model import Record

_MOST_PROBLEMS = 1_000
"""Schema errors after which a record is bad enough; also the most occurrences that are listed of each kind."""
_DEEPEST = 200

MINIMUM = (
    "/record/version",
    "/record/updated",
    "/system/name",
    "/system/version",
    "/system/intended_purpose",
    "/provider/name",
    "/models/*/name",
    "/models/*/files/*/sha256",
    "/datasets/*/name",
    "/datasets/*/personal_data/present",
)


@dataclass(frozen=True, slots=True)
class CompletenessParams:
    """What a policy requires of a record."""

    required: tuple[str, ...] = MINIMUM
    """JSON pointers of the required fields; `*` stands for every item of a list."""


@check(
    id="record.completeness",
    title="Completeness of the transparency record",
    inputs=("record",),
    measures={
        "fields_required": "count",
        "fields_present": "count",
        "fields_missing": "count",
        "placeholders": "count",
        "schema_errors": "count",
        "completeness": "ratio",
    },
    params=CompletenessParams,
)
def completeness(subject: Subject, params: CompletenessParams) -> Measured:
    """Measure what a transparency record leaves unsaid.

    What it measures
    `fields_required`: required fields, with every item of a list counted. `fields_present` and `fields_missing`: how
    many of them say something and how many do not; a blank, an empty list and a placeholder say nothing.
    `completeness`: present over required. `placeholders`: texts anywhere in the record that only hold a place open.
    `schema_errors`: places where the record is not what its JSON Schema says, 1,000 at most.

    Why it matters
    Whoever runs, buys or inspects a system relies on what its record says. A field that was never filled looks, to
    a form, like one that was.

    How
    The record is validated against the JSON Schema of aigov records. Each required JSON pointer is followed; `*` stands
    for every item of a list, and a list that is missing or empty counts as one missing field. Texts are compared
    with known placeholders in English and Chinese after Unicode normalisation.

    Limits
    A field that is filled need not be true (see record.claims) nor helpful; boilerplate that reads like an answer is
    not recognised. Which fields are required is the policy's business, and what a law requires of a record may be more
    than any list of fields.

    References
    RFC 6901: JSON Pointer. JSON Schema 2020-12.
    Mitchell et al., Model Cards for Model Reporting, FAT* 2019 (arXiv 1810.03993).
    """
    record = record_of(subject)
    root = Field(record.document)
    _check_depth(root)
    sheet = Sheet(root, shown_path(record), record.lines)
    fields = required_fields(root, params.required)
    missing = [field for field in fields if not filled(field)]
    empty = list(placeholders(root))
    errors = list(_schema_errors(record, sheet))
    occurrences = (
        *(_missing(field, sheet) for field in missing[:_MOST_PROBLEMS]),
        *(_placeholder(field, word, sheet) for field, word in empty[:_MOST_PROBLEMS]),
        *errors,
    )
    status = Status.SUSPICIOUS if occurrences else Status.CLEAN
    return Measured(
        FrozenMap(
            {
                "fields_required": count(len(fields)),
                "fields_present": count(len(fields) - len(missing)),
                "fields_missing": count(len(missing)),
                "placeholders": count(len(empty)),
                "schema_errors": count(len(errors)),
                "completeness": Measurement(
                    (len(fields) - len(missing)) / len(fields) if fields else math.nan, "ratio"
                ),
            }
        ),
        occurrences=occurrences,
        artifacts=(ArtifactStatus(sheet.path, "record", status),),
        facts=FrozenMap({"schema": str(schema_of("record")["$id"])}),
    )


def _missing(field: Field, sheet: Sheet) -> Occurrence:
    held = placeholder(field.value) if isinstance(field.value, str) else None
    said = "empty" if field.present else "missing"
    words = "record.field-placeholder" if held else f"record.field-{said}"
    message = msg(words, field=shorten(field.pointer, 120))
    return Occurrence("record.missing-field", sheet.locate(field.pointer), message, Tier.VERIFIED, "record.required@1")


def _placeholder(field: Field, word: str, sheet: Sheet) -> Occurrence:
    message = msg("record.placeholder", field=shorten(field.pointer, 120), word=shorten(word))
    return Occurrence("record.placeholder", sheet.locate(field.pointer), message, Tier.FORMAT, "record.placeholders@1")


def _schema_errors(record: Record, sheet: Sheet) -> Iterator[Occurrence]:
    """Yield one occurrence an error of the validator; values are described and never quoted."""
    from jsonschema import Draft202012Validator, FormatChecker  # keeps `aigov list` fast

    document = Document(record.document, record.lines, sheet.path, "")
    validator = Draft202012Validator(schema_of("record"), format_checker=FormatChecker(["date"]))
    for error in islice(validator.iter_errors(thaw(record.document)), _MOST_PROBLEMS):
        where = sheet.locate(pointer_of(*error.absolute_path))
        words = next((problem.message for problem in explain(error, document, "record")), msg("record.schema-error"))
        yield Occurrence("record.schema-error", where, words, Tier.VERIFIED, "record.schema@1")


def _check_depth(root: Field) -> None:
    """Refuse what is nested so deeply that it would exhaust the stack; only live records can be, files are bounded."""
    level, depth = [root.value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise UnsupportedInputError(msg("record.too-deep", limit=_DEEPEST))
        nested = [value for value in level if isinstance(value, FrozenMap | dict | list | tuple)]
        level = [
            item for value in nested for item in (value.values() if isinstance(value, FrozenMap | dict) else value)
        ]
