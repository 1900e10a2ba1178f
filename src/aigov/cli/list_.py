"""`aigov list`: what is installed."""

from __future__ import annotations

import json

import click

from aigov.cli.settings import current
from aigov.i18n import title_of


@click.command()
@click.argument("what", type=click.Choice(["checks", "policies", "formats"]))
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(what: str, format_: str) -> None:
    """List the installed checks, policies or report formats."""
    rows = {"checks": _checks, "policies": _policies, "formats": _formats}[what]()
    if format_ == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    columns = list(rows[0]) if rows else []
    widths = {name: max(len(str(row[name])) for row in rows) for name in columns}
    for row in rows:
        click.echo("  ".join(str(row[name]).ljust(widths[name]) for name in columns).rstrip())


def _checks() -> list[dict[str, str]]:
    from aigov.registry import installed_checks  # only for this list

    lang = current().lang
    return [
        {
            "id": id_,
            "title": title_of(f"check.{id_}.title", item.check.title, lang),
            "inputs": ", ".join(role.value for role in item.check.inputs),
            "from": f"{item.distribution} {item.distribution_version}".strip(),
        }
        for id_, item in installed_checks().items()
    ]


def _policies() -> list[dict[str, str]]:
    from aigov.load.policy import load_policy, shipped_policies  # only for this list

    lang = current().lang
    found = [load_policy(path) for path in shipped_policies()]
    return [
        {
            "id": policy.id,
            "edition": policy.edition,
            "status": policy.status,
            "controls": str(len(policy.controls)),
            "title": policy.title.zh if lang == "zh-CN" else policy.title.en,
        }
        for policy in found
    ]


def _formats() -> list[dict[str, str]]:
    from aigov.registry import load_reporters  # only for this list

    return [
        {"format": name, "file": reporter.file_name, "media_type": reporter.media_type, "title": reporter.title}
        for name, reporter in load_reporters().items()
    ]
