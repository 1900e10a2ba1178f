"""A sentence that is not yet in any language: an id with arguments."""

from __future__ import annotations

from dataclasses import dataclass, field

from aigov.i18n.frozen import FrozenMap


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; how it is written depends on the language."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Text:
    """An author's own words in both languages of the product (a policy title, a remediation)."""

    en: str
    zh: str

    def __str__(self) -> str:
        """Return the English wording; for logs and debugging."""
        return self.en


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence by its catalogue id and its arguments; `aigov.i18n.say` puts it into words."""

    id: str
    args: FrozenMap[str, Arg] = field(default_factory=FrozenMap)


Arg = str | bool | int | float | Quantity | Text | Message | tuple["Arg", ...]


def msg(id_: str, /, **args: Arg) -> Message:
    """Return the message `id_` with its arguments; keywords become the placeholders."""
    return Message(id_, FrozenMap(args))
