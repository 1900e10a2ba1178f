"""What a parser says about a place in a file, and what a file's status follows from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from aigov import FrozenMap, Message, Status, msg
from aigov.redact import public
from aigov_checks.model.serialization.limits import MAX_DEPTH, MAX_INFLATED, MAX_OPCODES, SHOWN

Arg = str | int
GRAVITY = (Status.UNSAFE, Status.SUSPICIOUS, Status.NOT_COVERED, Status.CLEAN)
"""Statuses, worst first; a file has the worst of its notes."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a parser saw. `status` is what it makes of the file; a clean note is a mere fact."""

    status: Status
    type: str
    """Stable id such as `pickle.global`; the sentence is the message `serialization.<type>`."""
    offset: int = 0
    """Byte offset in the file, or in the member where that is compressed."""
    args: FrozenMap[str, Arg] = field(default_factory=FrozenMap)
    member: str = ""
    """Path inside archives, joined by `!`; empty for the file itself."""
    effect: str = ""
    """Id of what the named thing can do, for names that are known to be dangerous."""

    @property
    def message(self) -> Message:
        """The sentence for this note."""
        words = dict(self.args)
        what = (
            msg(f"serialization.{self.type}.{self.effect}", **words)
            if self.effect
            else msg(f"serialization.{self.type}", **words)
        )
        return msg("serialization.in-member", member=self.member, what=what) if self.member else what


def note(status: Status, type_: str, offset: int = 0, **args: Arg) -> Note:
    """Return a note whose texts are printable and short; they may come from a hostile file."""
    shown = {key: public(value, SHOWN) if isinstance(value, str) else value for key, value in args.items()}
    return Note(status, type_, offset, FrozenMap(shown))


def unsafe(type_: str, offset: int = 0, **args: Arg) -> Note:
    """Return a note about something that runs or reaches out when the file is loaded."""
    return note(Status.UNSAFE, type_, offset, **args)


def suspicious(type_: str, offset: int = 0, **args: Arg) -> Note:
    """Return a note about something that an honest writer does not write, or that nobody here knows."""
    return note(Status.SUSPICIOUS, type_, offset, **args)


def uncovered(type_: str, offset: int = 0, **args: Arg) -> Note:
    """Return a note about something that was not read."""
    return note(Status.NOT_COVERED, type_, offset, **args)


def fact(type_: str, offset: int = 0, **args: Arg) -> Note:
    """Return a note that changes nothing."""
    return note(Status.CLEAN, type_, offset, **args)


def inside(member: str, found: Note, base: int) -> Note:
    """Return a note of a member as a note of the archive; `base` is where the member's bytes start."""
    name = public(member, SHOWN)
    return replace(found, member=f"{name}!{found.member}" if found.member else name, offset=base + found.offset)


class Budget:
    """What is left of a file's allowance; shared by everything inside it, so that nesting multiplies nothing."""

    def __init__(self) -> None:
        self.opcodes = MAX_OPCODES
        self.inflated = MAX_INFLATED

    def inflate(self, size: int) -> bool:
        """Take `size` bytes of output, or say that they are not there."""
        if size > self.inflated:
            return False
        self.inflated -= size
        return True


@dataclass(frozen=True, slots=True)
class Context:
    """What every parser is told: which names a policy allows, what is left, and how to look at a file inside."""

    allow: frozenset[str]
    budget: Budget
    look: Callable[[memoryview, Context], Scanned]
    """Scanner of whole files; handed over so that archives can look into their members."""
    depth: int = MAX_DEPTH

    def deeper(self) -> Context:
        """Return the context of a file one level inside."""
        return replace(self, depth=self.depth - 1)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file's format and what was seen in it."""

    format: str
    notes: tuple[Note, ...]

    @property
    def status(self) -> Status:
        """The worst of the notes; clean where there is none."""
        return worst(self.notes)


Parser = Callable[[memoryview, Context], Iterator[Note]]


def worst(notes: tuple[Note, ...]) -> Status:
    """Return the gravest status among notes."""
    return next((status for status in GRAVITY if any(n.status is status for n in notes)), Status.CLEAN)


def in_member(name: str, data: memoryview, base: int, context: Context) -> Iterator[Note]:
    """Look at a file inside a file, and yield its notes with the member's name before them."""
    if context.depth <= 0:
        yield inside(name, uncovered("limit.depth"), base)
        return
    for found in context.look(data, context.deeper()).notes:
        yield inside(name, found, base)


def plain(args: Mapping[str, Arg]) -> dict[str, Arg]:
    """Return arguments as a JSON object."""
    return dict(args)
