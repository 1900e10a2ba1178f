"""Installed checks and reporters, found by entry point; the built-in packs are found like anybody's.

A pack of checks is a tuple of them, or a mapping of their ids to `module:name`, of which each is imported when it is
asked for; ADR 27.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

from aigov.check import Check
from aigov.errors import PluginError, UsageError
from aigov.i18n import FrozenMap, msg
from aigov.points import CHECKS, REPORTERS, points_of
from aigov.reporter import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Installed:
    """A check and the distribution that brought it: third-party code that influences a verdict is named."""

    check: Check[Any]  # Any: every check has parameters of its own
    distribution: str
    distribution_version: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a check is: in a pack that is loaded, or at a place of its own."""

    pack: EntryPoint
    check: Check[Any] | None
    place: EntryPoint

    def load(self) -> Check[Any]:
        if self.check is not None:
            return self.check
        check = _import(self.place)
        if not isinstance(check, Check) or check.id != self.place.name:
            raise PluginError(msg("plugin.not-a-check", entry=_shown(self.place), pack=_shown(self.pack)))
        return check


class Checks(Mapping[str, Check[Any]]):
    """Every installed check by id, in the order of ids; a check is imported when it is looked up.

    Looking one up raises PluginError where it cannot be imported.
    """

    def __init__(self, entries: Mapping[str, _Entry]) -> None:
        """Hold where each check is."""
        self._entries = dict(sorted(entries.items()))

    def __getitem__(self, id_: str) -> Check[Any]:
        """Return the check of that id, or raise KeyError."""
        return self._entries[id_].load()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._entries)

    def __contains__(self, id_: object) -> bool:
        """Return whether there is such a check, without importing it."""
        return id_ in self._entries

    def installed(self, id_: str) -> Installed:
        """Return a check with the distribution that brought it."""
        return Installed(self[id_], *_origin(self._entries[id_].pack))


def load_checks() -> Checks:
    """Return every installed check by id.

    Raises:
        PluginError: two checks share an id, a pack cannot be imported, or no pack is installed.
    """
    found: dict[str, _Entry] = {}
    for point in points_of(CHECKS):
        for id_, entry in _entries_of(point).items():
            if id_ in found:
                one, two = _origin(found[id_].pack)[0], _origin(point)[0]
                raise PluginError(msg("plugin.duplicate-check", check=id_, one=one, two=two))
            found[id_] = entry
    if not found:
        raise PluginError(msg("plugin.no-checks"), hint=msg("plugin.no-checks.hint"))
    return Checks(found)


def installed_checks() -> FrozenMap[str, Installed]:
    """Return every installed check with the distribution that brought it, by id; all are imported.

    Raises:
        PluginError: as `load_checks`, or a check cannot be imported.
    """
    checks = load_checks()
    return FrozenMap({id_: checks.installed(id_) for id_ in checks})


def find_check(id_: str) -> Installed:
    """Return the check of that id, and import no other.

    Raises:
        UsageError: there is none; the hint names near ones.
        PluginError: it cannot be imported.
    """
    checks = load_checks()
    if id_ in checks:
        return checks.installed(id_)
    raise UsageError(msg("usage.unknown-check", id=id_), hint=msg("usage.known", known=tuple(checks)))


def load_reporters() -> FrozenMap[str, Reporter]:
    """Return every installed report format by name.

    Raises:
        PluginError: two reporters share a name, or a pack cannot be imported.
    """
    found: dict[str, Reporter] = {}
    for point in points_of(REPORTERS):
        for reporter in _reporters_of(point):
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


def _entries_of(point: EntryPoint) -> dict[str, _Entry]:
    """Return the checks of one pack by id; those of a mapping are not imported yet."""
    pack = _import(point)
    if isinstance(pack, Mapping) and all(isinstance(text, str) for pair in pack.items() for text in pair):
        return {id_: _Entry(point, None, EntryPoint(id_, place, CHECKS)) for id_, place in pack.items()}
    if not isinstance(pack, tuple | list) or not all(isinstance(item, Check) for item in pack):
        raise PluginError(msg("plugin.not-a-pack", entry=_shown(point), kind=Check.__name__))
    found: dict[str, _Entry] = {}
    for check in pack:
        if check.id in found:
            one = _origin(point)[0]
            raise PluginError(msg("plugin.duplicate-check", check=check.id, one=one, two=one))
        found[check.id] = _Entry(point, check, point)
    return found


def _reporters_of(point: EntryPoint) -> tuple[Reporter, ...]:
    pack = _import(point)
    if not isinstance(pack, tuple | list) or not all(isinstance(item, Reporter) for item in pack):
        raise PluginError(msg("plugin.not-a-pack", entry=_shown(point), kind=Reporter.__name__))
    return tuple(pack)


def _import(point: EntryPoint) -> Any:  # Any: whatever stands there
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(msg("plugin.broken", entry=_shown(point), problem=str(error))) from error


def _shown(point: EntryPoint) -> str:
    return f"{point.name} = {point.value}"


def _origin(point: EntryPoint) -> tuple[str, str]:
    if point.dist is None:
        return (point.module, "")
    return (point.dist.name, point.dist.version)
