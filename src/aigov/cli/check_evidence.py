"""The files that prove a measurement: results of units whose digest the observation names; ADR 25."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from aigov.codec import canonical
from aigov.model import Measured, Observation, Subject
from aigov.publish import prepare_folder, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from aigov.check import Check


def write_evidence(subject: Subject, check: Check[Any], params: Any, observation: Observation, folder: Path) -> None:
    """Write each evidence of an observation that is the result of a unit; units are done again, and must agree.

    Raises:
        InputError: the folder cannot be written.
    """
    outcome = observation.outcome
    wanted = {e.sha256: e.path for e in outcome.evidence} if isinstance(outcome, Measured) else {}
    if not wanted or check.parts is None:
        return
    prepare_folder(folder)
    for unit in check.parts.split(subject, params):
        body = canonical(check.parts.unit(unit, params))
        digest = hashlib.sha256(body).hexdigest()
        if digest in wanted:
            name = re.sub(r"[^\w.-]+", "_", wanted[digest].replace("\\", "/").rpartition("/")[2])[-100:]
            write_whole(folder / f"{digest[:12]}-{name}", body)
