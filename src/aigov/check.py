"""The plugin contract for checks: a function that looks, wrapped with what it promises.

A check measures exactly what it declares; it never decides, prints, exits, unpickles, opens a
socket or writes outside the folder that it is given, and imports heavy libraries inside the function.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aigov.cleaning import Redactor
from aigov.errors import MissingExtraError, PluginError
from aigov.i18n import FrozenMap, msg
from aigov.model import UNITS, Measured, NotPerformed, Observation, Role, Subject

if TYPE_CHECKING:
    from types import ModuleType

P = TypeVar("P")
Json = Any  # a JSON value: None, bool, int, float, str, list or dict of such
Observed = Mapping[str, Observation]
"""Id of each check in `uses` to what it observed with the parameters of the plan."""

SECTIONS = FrozenMap(
    {
        "What it measures": "what",
        "Why it matters": "why",
        "How": "how",
        "Limits": "limits",
        "References": "references",
    },
)
"""Headings of a check's docstring, in order, and their ids in catalogues (`check.<id>.<section>`)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work that can be done anywhere.

    `content` identifies what is read (digests, ranges) and is part of the key under which the result
    is kept; `where` says where to read it (paths) and is not.
    """

    content: FrozenMap[str, Json]
    where: FrozenMap[str, Json] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Part:
    """A unit with its result, a JSON value."""

    unit: Unit
    result: Json


@dataclass(frozen=True, slots=True)
class Split(Generic[P]):
    """How a check's work is cut: subject to units, a pure function over one unit, and the sum.

    `combine` receives the parts sorted by key, so that its result cannot depend on who finished first.
    """

    split: Callable[[Subject, P], Sequence[Unit]]
    unit: Callable[[Unit, P], Json]
    combine: Callable[[Subject, P, Sequence[Part]], Measured | NotPerformed]


@dataclass(frozen=True, slots=True)
class Check(Generic[P]):
    """A check as the registry knows it. Use `@check` to make one."""

    id: str
    title: str
    version: int
    inputs: tuple[Role, ...]
    measures: FrozenMap[str, str]
    """Name of every measurement to its unit; curves are `name[argument=value]`."""
    params: type[P]
    uses: tuple[str, ...]
    function: Callable[..., Measured | NotPerformed] | None
    parts: Split[P] | None
    doc: FrozenMap[str, str]
    """Docstring sections by id (`what`, `why`, `how`, `limits`, `references`)."""
    extras: tuple[str, ...] = ()
    """Optional dependencies without which (a part of) it is not assessed: `pip install "aigov[extra]"`."""
    redactor: Redactor | None = None
    """Writes copies without what the check finds, for `aigov redact`; checks may share one."""
    optional: frozenset[str] = frozenset()
    """Measurements that only some artifacts have (the error of a regression, say)."""
    listens: tuple[str, ...] = ()
    """Checks whose observations it is handed too where the policies plan them; they are not run for it alone."""


def check(  # noqa: PLR0913  # the metadata of a check, all by keyword
    *,
    id: str,  # noqa: A002  # the field's name
    title: str,
    inputs: Sequence[str | Role],
    measures: Mapping[str, str],
    params: type[P],
    version: int = 1,
    uses: Sequence[str] = (),
    extras: Sequence[str] = (),
    optional: Sequence[str] = (),
    listens: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Check[P]]:
    """Return a decorator that wraps `function(subject, params)` into a frozen Check; it registers nothing.

    `measures` must all be measured, apart from those in `optional`.

    With `uses` or `listens`, the function takes a third argument, `Observed`: checks that it uses are run for it, those
    that it listens to are in there only where they are planned anyway. A class or object with `split`, `unit` and
    `combine` is wrapped by `split_check` instead.

    Raises:
        PluginError: an unknown unit or role, a bad id, parameters that are not a frozen dataclass.
    """

    def wrap(function: Callable[..., Measured | NotPerformed]) -> Check[P]:
        made = _make(id, title, inputs, measures, params, version, uses, function, None, inspect.getdoc(function) or "")
        return dataclasses.replace(made, extras=tuple(extras), optional=frozenset(optional), listens=tuple(listens))

    return wrap


def split_check(  # noqa: PLR0913  # the metadata of a check, all by keyword
    *,
    id: str,  # noqa: A002  # the field's name
    title: str,
    inputs: Sequence[str | Role],
    measures: Mapping[str, str],
    params: type[P],
    parts: Split[P],
    doc: str,
    version: int = 1,
    extras: Sequence[str] = (),
    redactor: Redactor | None = None,
) -> Check[P]:
    """Return a check whose work is cut into units; `doc` has the same headings as a check's docstring."""
    made = _make(id, title, inputs, measures, params, version, (), None, parts, inspect.cleandoc(doc))
    return dataclasses.replace(made, extras=tuple(extras), redactor=redactor)


def need(module: str, extra: str) -> ModuleType:
    """Import and return an optional dependency.

    Raises:
        MissingExtraError: it is not installed; `pip install "aigov[extra]"` brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] != module.partition(".")[0]:
            raise MissingExtraError.of(error.name, extra) from error
        raise MissingExtraError.of(module, extra) from error


def sections_of(doc: str) -> FrozenMap[str, str]:
    """Return the sections of a check's docstring by id; text before the first heading counts as `what`."""
    found: dict[str, list[str]] = {}
    current = "what"
    for line in doc.splitlines():
        heading = line.strip().rstrip(":")
        if heading in SECTIONS and not line.startswith(" "):
            current = SECTIONS[heading]
        else:
            found.setdefault(current, []).append(line)
    return FrozenMap({id_: "\n".join(lines).strip() for id_, lines in found.items() if any(map(str.strip, lines))})


def _make(  # noqa: PLR0913, PLR0917  # one place builds a Check
    id_: str,
    title: str,
    inputs: Sequence[str | Role],
    measures: Mapping[str, str],
    params: type[P],
    version: int,
    uses: Sequence[str],
    function: Callable[..., Measured | NotPerformed] | None,
    parts: Split[P] | None,
    doc: str,
) -> Check[P]:
    unknown = sorted(set(measures.values()) - set(UNITS))
    if unknown:
        raise PluginError(msg("plugin.unknown-unit", check=id_, units=tuple(unknown), known=UNITS))
    roles = {role.value for role in Role}
    strange = sorted(str(role) for role in inputs if str(role) not in roles)
    if strange:
        raise PluginError(msg("plugin.unknown-role", check=id_, roles=tuple(strange), known=tuple(sorted(roles))))
    if "." not in id_ or not dataclasses.is_dataclass(params):
        raise PluginError(msg("plugin.bad-check", check=id_))
    return Check(
        id=id_,
        title=title,
        version=version,
        inputs=tuple(Role(role) for role in inputs),
        measures=FrozenMap(measures),
        params=params,
        uses=tuple(uses),
        function=function,
        parts=parts,
        doc=sections_of(doc),
    )
