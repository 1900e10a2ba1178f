"""The conformance kit for authors of checks: plain functions, no test framework needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from aigov.check import SECTIONS, Check
from aigov.engine import Serial
from aigov.model import Crashed, Measured, NotPerformed, Outcome, Subject
from aigov.observe import observe
from aigov.plan import plan_check

_HEAVY = (
    "art",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "presidio_analyzer",
    "pyarrow",
    "scipy",
    "sklearn",
    "spacy",
    "torch",
)


def run_check(check: Check[Any], subject: Subject, params: object = None) -> Outcome:
    """Return what `check` observes on `subject`, with its default parameters unless given."""
    chosen = check.params() if params is None else params
    plan = plan_check(subject, check, chosen, {check.id: check})
    return observe(plan, Serial()).observations[-1].outcome


def assert_check(
    check: Check[Any], *, clean: Subject, faulty: Subject, missing: Subject, params: object = None
) -> None:
    """Assert what every check owes its users.

    On `clean` it measures and reports no occurrence; on `faulty` it measures and differs from `clean`; on
    `missing` it is not performed, with a reason; twice the same subject gives twice the same outcome; and
    its docstring has the fixed headings.

    Raises:
        AssertionError: with what is wrong.
    """
    undocumented = [heading for heading, section in SECTIONS.items() if not check.doc.get(section)]
    assert not undocumented, f"{check.id}: the docstring lacks {', '.join(undocumented)}"  # it is a kit of assertions
    good = run_check(check, clean, params)
    assert isinstance(good, Measured), f"{check.id} on the clean subject: {good}"
    assert not good.occurrences, f"{check.id} reports occurrences on the clean subject: {good.occurrences[:3]}"
    assert good == run_check(check, clean, params), f"{check.id} is not deterministic"
    bad = run_check(check, faulty, params)
    assert isinstance(bad, Measured), f"{check.id} on the faulty subject: {bad}"
    assert bad != good, f"{check.id} does not see the fault"
    absent = run_check(check, missing, params)
    assert isinstance(absent, NotPerformed), f"{check.id} without its input: {absent}"
    assert not isinstance(absent, Crashed)


def assert_light_import(package: str) -> None:
    """Assert that importing a pack loads no heavy library.

    Raises:
        AssertionError: it does; the text names them.
    """
    code = f"import sys, {package}; print(*[m for m in {_HEAVY!r} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # our own interpreter
    assert not done.stdout.strip(), f"importing {package} loads {done.stdout.strip()}"
