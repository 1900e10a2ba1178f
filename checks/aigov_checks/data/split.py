"""The work units of a scan: one for each range of each file, and one for each live data set."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aigov import Dataset, FrozenMap, Json, MissingInputError, Subject, Tier, Unit, UnsupportedInputError, msg
from aigov_checks.data import arrow_file, asked, live, ner, parquet, presidio
from aigov_checks.data.encoding import encoding_of
from aigov_checks.data.files import READ_FORMATS, TEXT_FORMATS, format_of, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.model import File


class Params(Protocol):
    """What both checks may be told."""

    @property
    def types(self) -> tuple[str, ...]:
        """Types to count; empty for all."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """Data sets to scan; empty for all."""

    @property
    def min_tier(self) -> str:
        """Least sure tier that counts."""

    @property
    def max_listed(self) -> int:
        """Places listed."""


def entities_of(params: Params) -> tuple[str, ...]:
    """Return the Presidio entities and language models that were asked for, as words of `asked`."""
    ask = partial(getattr, params)
    pipeline, scope = ask("ner", ""), ask("ner_scope", asked.SCOPES[0])
    context = pipeline if pipeline.startswith("spacy:") else ""
    named: tuple[str, ...] = (*ask("presidio", ()), *presidio.of_countries(ask("presidio_countries", ())))
    regions: tuple[str, ...] = ask("presidio_phone_regions", ())
    found = [word if word in presidio.DEFAULT else asked.write(word, (), context) for word in dict.fromkeys(named)]
    if regions:
        found.append(asked.write("PHONE_NUMBER", regions, context))
    if pipeline:
        found += [asked.write(asked.NER, (type_, scope), pipeline) for type_ in asked.NER_TYPES]
    return tuple(found)


def units(subject: Subject, params: Params) -> tuple[Unit, ...]:
    """Return the units of every data set in scope.

    Raises:
        MissingInputError: there is no data set, or one is not there.
        MissingExtraError: Presidio or pyarrow is needed and not installed.
        UnsupportedInputError: a parameter that nothing satisfies.
    """
    if params.min_tier not in set(Tier):
        raise UnsupportedInputError(msg("data.unknown-tier", tier=params.min_tier, known=tuple(Tier)))
    scope = getattr(params, "ner_scope", asked.SCOPES[0])
    if scope not in asked.SCOPES:
        raise UnsupportedInputError(msg("data.ner-scope", scope=scope, known=asked.SCOPES))
    datasets = in_scope(subject, params)
    files = {file.name: file for dataset in datasets if not dataset.live for file in dataset.files}
    found = [unit for file in files.values() for unit in _of_file(file)]
    found += [_of_object(dataset) for dataset in datasets if dataset.live]
    presidio.require(entities_of(params))
    where = {"key": subject.redaction_key.hex()}
    pipeline = getattr(params, "ner", "")
    model = {"model": ner.identity(pipeline)} if pipeline else {}
    return tuple(Unit(FrozenMap({**unit.content, **model}), FrozenMap({**unit.where, **where})) for unit in found)


def in_scope(subject: Subject, params: Params) -> tuple[Dataset, ...]:
    """Return the data sets to scan.

    Raises:
        MissingInputError: the subject declares none, or none of that name.
    """
    if params.datasets:
        return tuple(subject.dataset(name) for name in params.datasets)
    if not subject.datasets:
        raise MissingInputError(msg("data.no-dataset", subject=subject.name))
    return subject.datasets


def _of_file(file: File) -> Iterator[Unit]:
    try:
        format_ = format_of(file.path, file.name)
        encoding = encoding_of(file.path) if format_ in TEXT_FORMATS else ""
    except OSError:
        yield _unit(file, "unknown", "", (0, file.size), "data.reason-unreadable")
        return
    if format_ not in READ_FORMATS or encoding == "binary":
        reason = "data.reason-binary" if "binary" in {format_, encoding} else "data.reason-format"
        yield _unit(file, format_, "", (0, file.size), reason)
        return
    if format_ in {"parquet", "arrow"}:
        yield from _of_table_file(file, format_)
        return
    cuts = ranges(file.path, format_, encoding) if format_ in TEXT_FORMATS else [(0, file.size)]
    yield from (_unit(file, format_, encoding, cut) for cut in cuts)


def _of_table_file(file: File, format_: str) -> Iterator[Unit]:
    try:
        found = parquet.row_groups(file.path) if format_ == "parquet" else arrow_file.record_batches(file.path)
    except parquet.ParquetError:
        yield _unit(file, format_, "", (0, 0), "data.reason-damaged")
        return
    yield from (_unit(file, format_, "", part) for part in found)


def _unit(file: File, format_: str, encoding: str, cut: tuple[int, int], reason: str = "") -> Unit:
    content = {
        "sha256": file.sha256,
        "format": format_,
        "encoding": encoding,
        "start": cut[0],
        "end": cut[1],
        "reason": reason,
    }
    return Unit(FrozenMap(content), FrozenMap({"path": str(file.path), "size": file.size}))


def _of_object(dataset: Dataset) -> Unit:
    """Return a unit that carries the text of a live object; its digest stands for it in the key."""
    table: Json = live.table_of(dataset.value)
    digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()
    content = {"sha256": digest, "format": "object", "encoding": "", "start": 0, "end": table["rows"], "reason": ""}
    return Unit(FrozenMap({**content, "live": dataset.name}), FrozenMap({"table": table}))
