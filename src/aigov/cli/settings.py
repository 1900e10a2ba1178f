"""What every command knows: the language, how much to say, and the two streams."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from aigov.tongues import LANGUAGES, language

if TYPE_CHECKING:
    from aigov.i18n import Message

_LANGUAGE_VARIABLES = ("AIGOV_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_LONGEST = 4_000
"""Characters of one error line."""


class Settings(NamedTuple):
    """Options that every command shares; a named tuple, because `aigov --help` pays for every import."""

    lang: str = "en"
    quiet: bool = False
    debug: bool = False


def current() -> Settings:
    """Return the settings of the running command."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if isinstance(found, Settings) else default_settings()


def default_settings() -> Settings:
    """Return the settings of the environment: its language, English unless it is Chinese."""
    tag = next((os.environ[name] for name in _LANGUAGE_VARIABLES if os.environ.get(name)), "en")
    return Settings(lang=language(tag))


def shared_options() -> list[click.Option]:
    """Return the options that are added to every command."""
    return [
        click.Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            expose_value=False,
            callback=_keep,
            help="Language of everything that is said; by default that of the environment.",
        ),
        click.Option(
            ["--quiet", "-q"], is_flag=True, expose_value=False, callback=_keep, help="Say nothing but errors."
        ),
        click.Option(["--debug"], is_flag=True, expose_value=False, callback=_keep, help="Show where an error arose."),
    ]


def tell(message: Message) -> None:
    """Say a sentence on stderr, unless asked to be quiet."""
    from aigov.i18n import say

    settings = current()
    if not settings.quiet:
        complain(say(message, settings.lang))


def complain(sentence: str, prefix: str = "") -> None:
    """Write one line to stderr; what of it a file or a file name said cannot move the cursor or reorder the text."""
    from aigov.redact import public  # keeps `aigov --help` fast

    click.echo(prefix + public(sentence, _LONGEST), err=True)


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON for stdout; characters that cannot be seen, or end a line for some reader, are escapes."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    root = context.find_root()
    settings = root.obj if isinstance(root.obj, Settings) else default_settings()
    if value and option.name:
        settings = settings._replace(**{option.name: value})  # type: ignore[arg-type]  # named after the fields
    root.obj = settings
    context.obj = settings
