"""The Jinja environment of one language: every value is made visible, then escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aigov_reports.words import MARKS, Words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@cache
def environment(words: Words) -> Environment:
    """Return the environment with the filters that templates use.

    `finalize` passes everything that a template prints through `Words.fact`, before autoescape; only markup that
    the filters below build from escaped parts is exempt.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # only when a report is written

    made = Environment(
        loader=PackageLoader("aigov_reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: _finalize(value, words),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(t=words.label, marks=MARKS)
    made.filters.update(
        say=words.say,
        also=words.also,
        fact=words.fact,
        quantity=words.quantity,
        verdict=words.verdict,
        severity=words.severity,
        isolated=lambda value: _isolated(value, words),
        inline=lambda text: _inline(text, words),
        trusted_css=_trusted_css,
        coordinates=_coordinates,
    )
    return made


def _finalize(value: object, words: Words) -> object:
    from markupsafe import Markup  # comes with jinja2

    return value if isinstance(value, Markup) else words.fact(value)


def _isolated(value: object, words: Words) -> Markup:
    """Return a foreign string that cannot change the direction of what surrounds it."""
    from markupsafe import Markup  # comes with jinja2

    return Markup("<bdi>{}</bdi>").format(words.fact(value))


def _inline(text: str, words: Words) -> Markup:
    """Return prose with its `code` marked."""
    from markupsafe import Markup, escape  # comes with jinja2

    parts = words.fact(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    made = (Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts))
    return Markup().join(made)


def _trusted_css(style: str) -> Markup:
    """Return our own style sheet unescaped; the only foreign text in it is escaped for CSS by its maker."""
    from markupsafe import Markup  # comes with jinja2

    return Markup(style)  # noqa: S704  # see above


def _coordinates(points: str) -> Markup:
    """Return the points of a curve whole: digits that `charts` wrote, too many to pass for a readable string."""
    from markupsafe import escape  # comes with jinja2

    return escape(points)
