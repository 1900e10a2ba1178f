"""`aigov doctor`: what is installed, and what would not be assessed without the rest."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import click

from aigov.cli.settings import current
from aigov.i18n import msg, say, title_of
from aigov.registry import installed_checks
from aigov.sandbox import CONFINING, Layer, Layers, StoppedError, probe

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+).*?extra\s*==\s*['\"]([a-z0-9-]+)['\"]")


@dataclass(frozen=True, slots=True)
class Need:
    """One optional dependency and whether it is here."""

    extra: str
    package: str
    installed: str | None


@click.command()
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(format_: str) -> int:
    """Say what is installed, which checks would (in part) not be assessed and why, and what holds the sandbox.

    Exit code 3 if a check would not be assessed.
    """
    needs = optional_needs()
    missing = {need.extra for need in needs if need.installed is None}
    checks = installed_checks()
    affected = {id_: tuple(extra for extra in item.check.extras if extra in missing) for id_, item in checks.items()}
    held = _probed()
    if format_ == "json":
        sandbox = {"active": held.active, "missing": held.missing, "landlock_abi": held.landlock_abi}
        known = {"needs": [asdict(need) for need in needs], "checks": affected, "sandbox": sandbox}
        click.echo(json.dumps(known, indent=2))
    else:
        _print(needs, affected)
        _print_sandbox(held)
    return 3 if any(affected.values()) else 0


def optional_needs() -> tuple[Need, ...]:
    """Return every package of every extra of aigov, as its metadata lists them."""
    needs = []
    for requirement in requires("aigov") or ():
        match = _REQUIREMENT.match(requirement)
        if match and match.group(2) != "all":
            needs.append(Need(match.group(2), match.group(1), _version(match.group(1))))
    return tuple(needs)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _print(needs: tuple[Need, ...], affected: dict[str, tuple[str, ...]]) -> None:
    lang = current().lang
    click.echo(
        f"aigov {version('aigov')}   Python {platform.python_version()}   {platform.system()} {platform.machine()}\n"
    )
    click.echo(title_of("doctor.extras", "Optional dependencies", lang))
    for need in needs:
        mark = need.installed or say(msg("doctor.absent", extra=need.extra), lang)
        click.echo(f"  {need.extra:<11} {need.package:<32} {mark}")
    click.echo("\n" + title_of("doctor.checks", "Checks", lang))
    for id_, extras in affected.items():
        state = say(msg("doctor.without", extras=extras), lang) if extras else title_of("doctor.ready", "ready", lang)
        click.echo(f"  {id_:<24} {state}")


def _probed() -> Layers:
    """Return the layers that hold a process here; none where not even one could be started."""
    try:
        return probe()
    except StoppedError as error:
        click.echo(error.sentence(current().lang), err=True)
        return Layers(())


def _print_sandbox(held: Layers) -> None:
    lang = current().lang
    click.echo("\n" + title_of("doctor.sandbox", "Sandbox", lang))
    for layer in Layer:
        state = "active" if layer in held.active else "missing"
        version = f" (ABI {held.landlock_abi})" if layer is Layer.LANDLOCK and held.landlock_abi else ""
        words = f"{title_of(f'doctor.sandbox.{state}', state, lang)}{version}"
        click.echo(f"  {layer:<24} {words:<24} {title_of(f'sandbox.layer.{layer}', '', lang)}".rstrip())
    state = "confines" if set(held.active) >= CONFINING else "weak"
    click.echo(title_of(f"doctor.sandbox.{state}", state, lang))
