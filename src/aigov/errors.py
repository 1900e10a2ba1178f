"""What can go wrong outside a check, each with what, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from aigov.i18n import Message, msg, say


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is: a file as the user named it and, where known, its 1-based line."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `path:line`, as editors understand it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


class AigovError(Exception):
    """Every error that this library raises on purpose."""

    def __init__(self, message: Message, place: Place | None = None, hint: Message | None = None) -> None:
        """Keep the sentence as a message, so that it can be said in any language."""
        super().__init__(message.id)
        self.message = message
        self.place = place
        self.hint = hint

    @property
    def reason(self) -> Message:
        """The sentence with its place and its hint as one message, for a verdict that quotes it."""
        whole = self.message
        if self.place is not None:
            whole = msg("error.at", place=str(self.place), what=whole)
        return whole if self.hint is None else msg("error.hinted", what=whole, hint=self.hint)

    def sentence(self, lang: str = "en") -> str:
        """Return `file:line: what. hint` on one line, in the given language."""
        what = say(self.message, lang)
        where = f"{self.place}: " if self.place else ""
        hint = f"  {say(self.hint, lang)}" if self.hint else ""
        return f"{where}{what}{hint}".replace("\n", " ")

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.sentence("en")

    def __reduce__(self) -> tuple[type[AigovError], tuple[Message, Place | None, Message | None]]:
        """Travel between processes whole."""
        return (type(self), (self.message, self.place, self.hint))


class UsageError(AigovError):
    """The call itself is wrong: an unknown id, format, option or parameter. Exit code 2."""


class InputError(AigovError):
    """A file cannot be read or is not what it should be. Exit code 2."""


class PolicyError(InputError):
    """A policy names a check, parameter, measurement or unit that does not exist. Exit code 2."""


class PluginError(AigovError):
    """An installed pack cannot be used: two checks with one id, a broken entry point. Exit code 2."""


class SignatureError(AigovError):
    """A signature could not be made or does not hold; `verify` never answers with a bare bool."""


class MissingInputError(AigovError):
    """A check needs an artifact that is not there; becomes `not-assessed`, with this reason."""


class UnsupportedInputError(AigovError):
    """A check cannot read this kind of artifact; becomes `not-assessed`, with this reason."""


class MissingExtraError(AigovError):
    """A check needs an optional dependency; becomes `not-assessed`, with the install line."""

    @classmethod
    def of(cls, module: str, extra: str) -> MissingExtraError:
        """Return the error for `module`, which `pip install "aigov[extra]"` would bring."""
        return cls(msg("extra.missing", module=module, extra=extra))


class NonConformant(AigovError):  # noqa: N818  # the public name of EXAMPLES.md; it is a verdict, not a fault
    """Raised by `raise_if_failed`: at least one unwaived rule failed, or nothing could be concluded."""
