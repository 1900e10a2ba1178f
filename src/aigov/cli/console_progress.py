"""Progress bars while an audit runs; only a person at a terminal sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.text import Text as Line

from aigov.cli.console_voice import Voice

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from aigov.model import Policy
    from aigov.plan import Plan
    from aigov.units import Progress


class AuditProgress:
    """A context in which progress events show as bars; they vanish at its end, and never reach a pipe or a log."""

    def __init__(self, console: Console, lang: str) -> None:
        """Show on `console`, in the given language."""
        self._console = console
        self._voice = Voice.of(console, lang)
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Start the bars, at a terminal."""
        if self._console.is_terminal and not self._console.quiet:
            self._bars = _bars(self._console)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bars, whatever happened."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def planned(self, plan: Plan, policies: tuple[Policy, ...]) -> None:
        """Show what is about to be done: the subject, and a bar a planned check."""
        if self._bars is None:
            return
        counts = self._voice.sign(" · ", ", ").join(
            (
                self._voice.counted("console.policies", len(policies)),
                self._voice.counted("console.rules", len(plan.rules)),
            ),
        )
        subject = self._voice.plain(f"{plan.subject.name} {plan.subject.version}")
        self._bars.console.print(
            Line.assemble(
                (self._voice.label("console.checking"), "dim"), " ", (subject, "bold"), "   ", (counts, "dim")
            )
        )
        for check in dict.fromkeys(planned.check.id for planned in plan.checks):
            self._task(check, None)

    def __call__(self, event: Progress) -> None:
        """Move the bar of a check."""
        if self._bars is not None:
            self._bars.update(self._task(event.check, event.total), completed=event.done, total=event.total)

    def _task(self, check: str, total: int | None) -> TaskID:
        assert self._bars is not None  # noqa: S101  # both callers made sure
        if check not in self._tasks:
            self._tasks[check] = self._bars.add_task(self._voice.plain(check), total=total)
        return self._tasks[check]


def _bars(console: Console) -> Bars:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # only at a terminal
    from rich.progress import Progress as Bars  # only at a terminal

    name = TextColumn("  {task.description}", markup=False)
    return Bars(
        name, BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True
    )
