"""Numbers of a policy: its parameters, what a user makes of them, and bounds with `$name` resolved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aigov.errors import InputError, Place
from aigov.i18n import FrozenMap, Quantity, Text, msg
from aigov.load.node import pointer
from aigov.load.problem import near
from aigov.model import Bound, PolicyParameter, Stricter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aigov.load.document import Document

_LIMITS = ("min", "max", "equals")
_STRICTER = {"min": Stricter.HIGHER, "max": Stricter.LOWER}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a policy and the value that each has now."""

    declared: FrozenMap[str, PolicyParameter]
    values: FrozenMap[str, float]

    def resolve(self, name: str, document: Document, at: str) -> float:
        """Return the value of `$name`.

        Raises:
            InputError: the policy declares no such parameter.
        """
        if name not in self.values:
            raise document.error(msg("policy.unknown-parameter", name=name), at, near(name, self.values))
        return self.values[name]


def read_parameters(document: Document) -> FrozenMap[str, PolicyParameter]:
    """Return the parameters of a policy file by name; `default_problems` says whether they make sense."""
    declared: FrozenMap[str, FrozenMap[str, Any]] = document.value.get("parameters", FrozenMap())
    return FrozenMap(
        {
            name: PolicyParameter(
                item["type"],
                float(item["default"]),
                Stricter(item["stricter"]),
                words(item["why"]) if "why" in item else None,
            )
            for name, item in declared.items()
        }
    )


def default_problems(declared: FrozenMap[str, PolicyParameter], document: Document) -> Iterator[InputError]:
    """Yield an error for each default that is not of its parameter's type."""
    for name, parameter in declared.items():
        if not _fits(parameter.default, parameter.type):
            yield document.error(
                msg(
                    "policy.bad-default",
                    name=name,
                    type=parameter.type,
                    value=Quantity(parameter.default, parameter.type),
                ),
                pointer("parameters", name, "default"),
            )


def without_overrides(declared: FrozenMap[str, PolicyParameter]) -> Parameters:
    """Return the parameters with their defaults."""
    return Parameters(declared, FrozenMap({name: parameter.default for name, parameter in declared.items()}))


def tighten(
    declared: FrozenMap[str, PolicyParameter],
    overrides: Mapping[str, float],
    document: Document,
) -> Parameters:
    """Return the parameters with the user's values over the defaults.

    Raises:
        InputError: an unknown parameter, a value of the wrong type, or one that asks less than the policy does.
    """
    for name, value in overrides.items():
        parameter = declared.get(name)
        place = Place(document.path, document.line(pointer("parameters", name)))
        if parameter is None:
            hint = near(name, declared) or msg("schema.known-keys", keys=tuple(declared))
            raise InputError(msg("policy.unknown-parameter", name=name), Place(document.path), hint)
        if not _fits(value, parameter.type):
            raise InputError(
                msg("policy.bad-override", name=name, type=parameter.type, value=Quantity(value, parameter.type)), place
            )
        looser = value < parameter.default if parameter.stricter is Stricter.HIGHER else value > parameter.default
        if looser:
            now, least = Quantity(value, parameter.type), Quantity(parameter.default, parameter.type)
            message = msg("policy.loosened", name=name, value=now, default=least)
            raise InputError(message, place, msg(f"policy.loosened.{parameter.stricter.value}"))
    values = {name: float(overrides.get(name, parameter.default)) for name, parameter in declared.items()}
    return Parameters(declared, FrozenMap(values))


def read_bound(item: FrozenMap[str, Any], parameters: Parameters, document: Document, at: str) -> Bound:
    """Return the bound at a JSON pointer, with numbers in place of `$name`, `true` and `false`.

    Raises:
        InputError: none or several of min, max and equals; an unknown parameter, or one of the wrong direction.
    """
    given = [key for key in _LIMITS if key in item]
    if len(given) != 1:
        raise document.error(msg("policy.one-limit", measurement=item["measurement"], count=len(given)), at)
    key, value, unit = given[0], item[given[0]], item.get("unit")
    if isinstance(value, bool):
        if key != "equals":
            raise document.error(msg("policy.boolean-limit", key=key), at + pointer(key))
        unit = unit or "boolean"
    elif isinstance(value, str):
        name = value.removeprefix("$")
        value = parameters.resolve(name, document, at + pointer(key))
        unit = unit or _unit(parameters.declared[name].type)
        if _STRICTER.get(key, parameters.declared[name].stricter) is not parameters.declared[name].stricter:
            raise document.error(msg("policy.wrong-direction", name=name, key=key), at + pointer(key))
    return Bound(item["measurement"], **{key: float(value)}, unit=unit)


def words(value: FrozenMap[str, str]) -> Text:
    """Return an author's words in both languages."""
    return Text(value["en"], value["zh"])


def _fits(value: float, kind: str) -> bool:
    if isinstance(value, bool) or not math.isfinite(value):
        return False
    match kind:
        case "ratio":
            return 0 <= value <= 1
        case "boolean":
            return value in {0, 1}
        case "count" | "bytes":
            return value >= 0 and float(value).is_integer()
        case "seconds":
            return value >= 0
        case _:
            return True


def _unit(kind: str) -> str | None:
    return None if kind == "number" else kind
