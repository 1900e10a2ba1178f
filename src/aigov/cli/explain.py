"""`aigov explain ID`: a check's own documentation."""

from __future__ import annotations

import dataclasses
import inspect
from itertools import pairwise
from typing import Any, get_type_hints

import click

from aigov.check import SECTIONS, Check
from aigov.cli.settings import current
from aigov.i18n import say, title_of
from aigov.i18n.message import msg
from aigov.parameters import describe_type
from aigov.registry import find_check


@click.command()
@click.argument("id_", metavar="ID")
def command(id_: str) -> None:
    """Explain the check ID: what it measures, why, how, its limits, its measurements and parameters."""
    check = find_check(id_).check
    lang = current().lang
    click.echo(f"{check.id}  {title_of(f'check.{check.id}.title', check.title, lang)}\n")
    for heading, section in SECTIONS.items():
        text = title_of(f"check.{check.id}.{section}", check.doc.get(section, ""), lang)
        if text:
            click.echo(f"{title_of(f'explain.{section}', heading, lang)}\n{_indent(text)}\n")
    click.echo(title_of("explain.measurements", "Measurements", lang))
    for name, unit in check.measures.items():
        click.echo(f"  {name:<24} {unit:<8} {say(msg(f'measurement.{name}', name=name), lang)}")
    click.echo("\n" + title_of("explain.parameters", "Parameters", lang))
    for line in _parameters(check):
        click.echo(line)


def _parameters(check: Check[Any]) -> list[str]:
    """Return a line a parameter: name, type, default and the docstring under the field."""
    hints = get_type_hints(check.params)
    docs = field_docs(check.params)
    lines = []
    for field in dataclasses.fields(check.params):
        default = "" if field.default is dataclasses.MISSING else f" [{_show(field.default)}]"
        lines.append(f"  {field.name:<24} {describe_type(hints[field.name])}{default}")
        if field.name in docs:
            lines.append(_indent(docs[field.name], "      "))
    return lines


def field_docs(cls: type[Any]) -> dict[str, str]:
    """Return the string that stands under each field, as the source has it."""
    import ast  # only this command reads source

    try:
        tree = ast.parse(inspect.cleandoc(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError, IndentationError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs = {}
    for field, below in pairwise(body):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        text = (
            isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
        )
        if named and text:
            docs[field.target.id] = inspect.cleandoc(below.value.value)  # type: ignore[attr-defined]  # tested above
    return docs


def _indent(text: str, by: str = "  ") -> str:
    return "\n".join(f"{by}{line}".rstrip() for line in text.splitlines())


def _show(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
