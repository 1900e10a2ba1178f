"""The plan to observations: runs checks and turns whatever happens into a value. It judges nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aigov.check import Check, Json, Observed, Part, Unit
from aigov.codec import canonical, dump_outcome, load_outcome
from aigov.engine import Died, Engine, Serial, Task
from aigov.errors import MissingExtraError, MissingInputError, UnsupportedInputError
from aigov.i18n import FrozenMap, msg
from aigov.model import Crashed, NotPerformed, Observation, Outcome, Subject
from aigov.parameters import show_parameters
from aigov.redact import public
from aigov.registry import load_checks
from aigov.units import Progress, Result, Work, in_order, kept_promise, unit_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aigov.plan import Plan, PlannedCheck


@dataclass(frozen=True, slots=True)
class Watched:
    """Observations in plan order, and the processor seconds of each."""

    observations: tuple[Observation, ...]
    seconds: FrozenMap[str, float]


def observe(plan: Plan, engine: Engine, progress: Callable[[Progress], None] | None = None) -> Watched:
    """Return one observation a planned check, whatever happened; only KeyboardInterrupt gets through.

    Checks that use no others run first, all their units together; then those that build on them.
    """
    done: dict[str, Observation] = {}
    seconds: dict[str, float] = {}
    waiting = list(plan.checks)
    while waiting:
        ready = [planned for planned in waiting if all(key in done for key in planned.uses)]
        _observe_together(plan.subject, ready, done, seconds, engine, progress)
        waiting = [planned for planned in waiting if planned not in ready]
    return Watched(tuple(done[planned.key] for planned in plan.checks), FrozenMap(seconds))


def _observe_together(  # noqa: PLR0913, PLR0917  # one level of the plan
    subject: Subject,
    ready: Sequence[PlannedCheck],
    done: dict[str, Observation],
    seconds: dict[str, float],
    engine: Engine,
    progress: Callable[[Progress], None] | None,
) -> None:
    jobs = {planned.key: _cut(subject, planned, done) for planned in ready}
    tasks = {task.key: task for job in jobs.values() if isinstance(job, tuple) for task in job}
    runner = Serial() if any(artifact.live for artifact in subject.artifacts) else engine
    results: dict[str, Result] = {}
    steps = _Steps.of(jobs)
    for key, result in runner.run(partial(_run, checks=_checks_for(runner, ready)), tuple(tasks.values())):
        results[key] = _died(result) if isinstance(result, Died) else result
        steps.tell(progress, key)
    for planned in ready:
        job = jobs[planned.key]
        outcome = _sum(subject, planned, job, results) if isinstance(job, tuple) else job
        done[planned.key] = _observation(subject, planned, outcome)
        seconds[planned.key] = sum(results[task.key].seconds for task in job) if isinstance(job, tuple) else 0.0


def _cut(
    subject: Subject, planned: PlannedCheck, done: Mapping[str, Observation]
) -> tuple[Task, ...] | NotPerformed | Crashed:
    """Return the tasks of one check, or why there are none."""
    check = planned.check
    for role in check.inputs:
        if not subject.having(role):
            return NotPerformed(msg("observe.no-artifact", role=msg(f"role.{role.value}"), subject=subject.name))
    if check.parts is None:
        observed = tuple((done[key].check, done[key]) for key in planned.uses)
        return (Task(planned.key, Work(check.id, planned.params, None, subject, observed)),)
    units = _attempt(partial(check.parts.split, subject, planned.params))
    if isinstance(units, NotPerformed | Crashed):
        return units
    keys = unit_keys(check, planned.params, units)
    return tuple(Task(key, Work(check.id, planned.params, unit)) for key, unit in zip(keys, units, strict=True))


def _run(task: Task, checks: Mapping[str, Check[Any]] | None) -> Result:
    """Do one task, here or in a worker; the body is canonical JSON and nothing else."""
    work: Work = task.body
    began = _processor_seconds()
    check = (checks or load_checks())[work.check]
    if work.unit is not None and check.parts is not None:
        body = _attempt(partial(_unit_body, check.parts.unit, work.unit, work.params))
    else:
        body = canonical({"outcome": dump_outcome(_whole(check, work))})
    if isinstance(body, NotPerformed | Crashed):
        body = canonical({"outcome": dump_outcome(body)})
    return Result(body, round(_processor_seconds() - began, 3))


def _processor_seconds() -> float:
    """Return the processor time of this process and of those that it started and that ended."""
    return sum(os.times()[:4])


def _unit_body(unit: Callable[[Unit, Any], Json], work: Unit, params: Any) -> bytes:  # Any: the check's own parameters
    """Return the result of a unit; one that is no JSON is an error of the check."""
    return canonical({"result": unit(work, params)})


def _whole(check: Check[Any], work: Work) -> Outcome:
    if check.function is None or work.subject is None:
        return Crashed("the check has neither a function nor parts")
    observed: Observed = FrozenMap(dict(work.observed))
    arguments = (work.subject, work.params, observed) if check.uses or check.listens else (work.subject, work.params)
    return kept_promise(check, _attempt(partial(check.function, *arguments)))


def _sum(subject: Subject, planned: PlannedCheck, tasks: tuple[Task, ...], results: Mapping[str, Result]) -> Outcome:
    """Merge the results of one check by sorted key; a unit that failed fails the whole."""
    check = planned.check
    if check.parts is None:
        return in_order(check, load_outcome(json.loads(results[tasks[0].key].body)["outcome"]))
    parts = []
    for task in sorted(tasks, key=lambda task: (task.key, sorted(map(str, task.body.unit.where.items())))):
        body = json.loads(results[task.key].body)
        if "outcome" in body:
            return load_outcome(body["outcome"])
        parts.append(Part(task.body.unit, body["result"]))
    return in_order(check, kept_promise(check, _attempt(partial(check.parts.combine, subject, planned.params, parts))))


def _attempt(function: Callable[[], Any]) -> Any:  # Any: whatever the check returns
    """Return what `function` returns; a reason where something is missing, the error where it broke."""
    try:
        return function()
    except (MissingInputError, MissingExtraError, UnsupportedInputError) as error:
        return NotPerformed(error.reason)
    except Exception as error:  # noqa: BLE001  # the only one: a broken check must become a visible verdict
        return Crashed(public(f"{type(error).__name__}: {error}"))


def _observation(subject: Subject, planned: PlannedCheck, outcome: Outcome) -> Observation:
    inputs = {
        file.name: file.sha256
        for role in planned.check.inputs
        for artifact in subject.having(role)
        for file in artifact.found
    }
    return Observation(
        planned.key,
        planned.check.id,
        planned.check.version,
        show_parameters(planned.params),
        FrozenMap(inputs),
        outcome,
    )


def _checks_for(engine: Engine, ready: Sequence[PlannedCheck]) -> Mapping[str, Check[Any]] | None:
    """Return the checks themselves in this process; other processes find them by entry point."""
    return {planned.check.id: planned.check for planned in ready} if isinstance(engine, Serial) else None


def _died(died: Died) -> Result:
    crash = Crashed(f"the worker process died {died.attempts + 1} times while it ran this check")
    return Result(canonical({"outcome": dump_outcome(crash)}), 0.0)


@dataclass(frozen=True, slots=True)
class _Steps:
    """Which checks wait for which task, and how far each is; a task may serve several."""

    waiting: Mapping[str, tuple[str, ...]]
    totals: Mapping[str, int]
    done: Counter[str]

    @classmethod
    def of(cls, jobs: Mapping[str, tuple[Task, ...] | NotPerformed | Crashed]) -> _Steps:
        """Return the steps of the checks that have tasks."""
        waiting: dict[str, tuple[str, ...]] = {}
        totals: dict[str, int] = {}
        for name, job in jobs.items():
            keys = [task.key for task in job] if isinstance(job, tuple) else []
            totals[name] = len(keys)
            for key in keys:
                waiting[key] = (*waiting.get(key, ()), name)
        return cls(waiting, totals, Counter())

    def tell(self, progress: Callable[[Progress], None] | None, key: str) -> None:
        """Say of every check that waits for a task that it is done."""
        if progress is None:
            return
        names = Counter(self.waiting.get(key, ()))
        self.done.update(names)
        for name in names:
            progress(Progress(name, self.done[name], self.totals[name]))
