"""Installed checks and reporters, found by entry point; the built-in packs are found like anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from aigov.check import Check
from aigov.errors import PluginError, UsageError
from aigov.i18n import FrozenMap, msg
from aigov.reporter import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKS = "aigov.checks"
REPORTERS = "aigov.reporters"


@dataclass(frozen=True, slots=True)
class Installed:
    """A check and the distribution that brought it: third-party code that influences a verdict is named."""

    check: Check[Any]  # Any: every check has parameters of its own
    distribution: str
    distribution_version: str


def installed_checks() -> FrozenMap[str, Installed]:
    """Return every installed check by id, in the order of ids.

    Raises:
        PluginError: two checks share an id, a pack cannot be imported, or no pack is installed.
    """
    found: dict[str, Installed] = {}
    for point in _points(CHECKS):
        for check in _load(point, Check):
            if check.id in found:
                raise PluginError(
                    msg(
                        "plugin.duplicate-check",
                        check=check.id,
                        one=found[check.id].distribution,
                        two=_origin(point)[0],
                    )
                )
            found[check.id] = Installed(check, *_origin(point))
    if not found:
        raise PluginError(msg("plugin.no-checks"), hint=msg("plugin.no-checks.hint"))
    return FrozenMap(dict(sorted(found.items())))


def load_checks() -> FrozenMap[str, Check[Any]]:  # Any: every check has parameters of its own
    """Return every installed check by id."""
    return FrozenMap({id_: installed.check for id_, installed in installed_checks().items()})


def find_check(id_: str) -> Installed:
    """Return the check of that id.

    Raises:
        UsageError: there is none; the hint names near ones.
    """
    checks = installed_checks()
    if id_ in checks:
        return checks[id_]
    raise UsageError(msg("usage.unknown-check", id=id_), hint=msg("usage.known", known=tuple(checks)))


def load_reporters() -> FrozenMap[str, Reporter]:
    """Return every installed report format by name.

    Raises:
        PluginError: two reporters share a name, or a pack cannot be imported.
    """
    found: dict[str, Reporter] = {}
    for point in _points(REPORTERS):
        for reporter in _load(point, Reporter):
            if reporter.format in found:
                raise PluginError(msg("plugin.duplicate-format", format=reporter.format))
            found[reporter.format] = reporter
    return FrozenMap(dict(sorted(found.items())))


def find_reporters(formats: Iterable[str]) -> tuple[Reporter, ...]:
    """Return the reporters of those formats, in that order.

    Raises:
        UsageError: a format is unknown; the hint names those that exist.
    """
    known = load_reporters()
    for format_ in formats:
        if format_ not in known:
            raise UsageError(msg("usage.unknown-format", format=format_), hint=msg("usage.known", known=tuple(known)))
    return tuple(known[format_] for format_ in dict.fromkeys(formats))


def _points(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda point: (point.value, point.name))


def _load(point: EntryPoint, kind: type[Any]) -> tuple[Any, ...]:  # Any: checks or reporters
    try:
        pack = point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(msg("plugin.broken", entry=f"{point.name} = {point.value}", problem=str(error))) from error
    if not isinstance(pack, tuple | list) or not all(isinstance(item, kind) for item in pack):
        raise PluginError(msg("plugin.not-a-pack", entry=f"{point.name} = {point.value}", kind=kind.__name__))
    return tuple(pack)


def _origin(point: EntryPoint) -> tuple[str, str]:
    if point.dist is None:
        return (point.module, "")
    return (point.dist.name, point.dist.version)
