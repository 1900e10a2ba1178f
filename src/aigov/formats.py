"""The two public formats of `aigov check`: one observation as JSON, one occurrence a line. Both are versioned."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aigov.codec import to_json
from aigov.i18n import say
from aigov.model import ArtifactStatus, Crashed, Measured, Measurement, NotPerformed, Observation, Occurrence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aigov.check import Json

OBSERVATION_SCHEMA = "aigov/observation/v1"
OCCURRENCE_SCHEMA = "aigov/occurrence/v1"


def observation_json(observation: Observation, lang: str = "en") -> dict[str, Json]:
    """Return an observation in its public form; sentences are in `lang`, numbers that are not finite are strings."""
    head: dict[str, Json] = {
        "schema": OBSERVATION_SCHEMA,
        "check": observation.check,
        "version": observation.version,
        "parameters": to_json(observation.parameters),
        "inputs": to_json(observation.inputs),
    }
    match observation.outcome:
        case NotPerformed(reason):
            return {**head, "outcome": "not-performed", "reason": say(reason, lang)}
        case Crashed(error):
            return {**head, "outcome": "crashed", "reason": error}
        case Measured() as measured:
            return {**head, "outcome": "measured", **_measured(measured, lang)}


def occurrence_json(occurrence: Occurrence, lang: str = "en") -> dict[str, Json]:
    """Return an occurrence in its public form."""
    location = occurrence.location
    return {
        "schema": OCCURRENCE_SCHEMA,
        "path": location.path,
        "record": location.record,
        "line": location.line,
        "pointer": location.pointer,
        "start": location.start,
        "end": location.end,
        "byte_start": location.byte_start,
        "byte_end": location.byte_end,
        "type": occurrence.type,
        "category": to_json(occurrence.category),
        "tier": occurrence.tier.value,
        "detector": occurrence.detector,
        "masked": occurrence.masked,
        "digest": occurrence.digest,
        "message": say(occurrence.message, lang),
        "references": list(occurrence.references),
    }


def occurrences_json(observation: Observation, lang: str = "en") -> Iterator[dict[str, Json]]:
    """Yield every listed occurrence of an observation."""
    if isinstance(observation.outcome, Measured):
        for occurrence in observation.outcome.occurrences:
            yield occurrence_json(occurrence, lang)


def _measured(measured: Measured, lang: str) -> dict[str, Json]:
    return {
        "measurements": {name: _measurement(value) for name, value in measured.measurements.items()},
        "artifacts": [_artifact(artifact, lang) for artifact in measured.artifacts],
        "occurrences": dict(sorted(Counter(occurrence.type for occurrence in measured.occurrences).items())),
        "comparisons": [
            {
                "claim": say(comparison.claim, lang),
                "measured": say(comparison.measured, lang),
                "agreement": comparison.agreement.value,
                "pointer": comparison.location.pointer,
                "line": comparison.location.line,
            }
            for comparison in measured.comparisons
        ],
        "tables": [
            {
                "title": say(table.title, lang),
                "columns": [say(column, lang) for column in table.columns],
                "rows": [[say(cell, lang) for cell in row] for row in table.rows],
                "total": table.total,
            }
            for table in measured.tables
        ],
        "evidence": [
            {
                "path": file.path,
                "sha256": file.sha256,
                "media_type": file.media_type,
                "description": say(file.description, lang),
            }
            for file in measured.evidence
        ],
        "facts": to_json(measured.facts),
        "notes": [say(note, lang) for note in measured.notes],
    }


def _measurement(measurement: Measurement) -> dict[str, Json]:
    interval = measurement.interval
    return {
        "value": to_json(measurement.value),
        "unit": measurement.unit,
        "interval": None if interval is None else [to_json(interval.low), to_json(interval.high)],
        "confidence": None if interval is None else interval.confidence,
        "n": measurement.n,
    }


def _artifact(artifact: ArtifactStatus, lang: str) -> dict[str, Json]:
    return {
        "path": artifact.path,
        "format": artifact.format,
        "status": artifact.status.value,
        "reason": None if artifact.reason is None else say(artifact.reason, lang),
    }
