"""Values from a policy or a command line to the typed parameters of a check."""

from __future__ import annotations

import dataclasses
import math
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from aigov.errors import UsageError
from aigov.i18n import FrozenMap, msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aigov.check import Check

_TRUE = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def make_parameters(check: Check[Any], values: Mapping[str, object]) -> Any:  # Any: the check's own dataclass
    """Return the parameters of `check` with `values` over its defaults; text is converted to the field's type.

    Raises:
        UsageError: an unknown name (the hint lists the known ones) or a value of the wrong type.
    """
    hints = get_type_hints(check.params)
    known = tuple(field.name for field in dataclasses.fields(check.params))
    for name in values:
        if name not in known:
            raise UsageError(
                msg("usage.unknown-parameter", check=check.id, name=name), hint=msg("usage.known", known=known)
            )
    converted = {name: _convert(check, name, value, hints[name]) for name, value in values.items()}
    try:
        return check.params(**converted)
    except (TypeError, ValueError) as error:
        raise UsageError(msg("usage.bad-parameters", check=check.id, problem=str(error))) from error


def show_parameters(params: Any) -> FrozenMap[str, Any]:  # Any: the check's own dataclass
    """Return the parameters by name, as reports show them."""
    return FrozenMap({field.name: getattr(params, field.name) for field in dataclasses.fields(params)})


def describe_type(hint: Any) -> str:  # Any: any type form
    """Return how a parameter's type is called in help and errors: `number`, `text`, `list of text`."""
    options = get_args(hint)
    if get_origin(hint) is Literal:
        return " | ".join(map(str, options))
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(describe_type(option) for option in options if option is not NoneType)
    if get_origin(hint) is tuple:
        return f"list of {describe_type(options[0])}"
    return {int: "integer", float: "number", bool: "true | false", str: "text"}.get(hint, str(hint))


def _convert(check: Check[Any], name: str, value: object, hint: Any) -> object:  # Any: any type form
    try:
        return _to(hint, value)
    except (TypeError, ValueError) as error:
        raise UsageError(
            msg("usage.bad-parameter", check=check.id, name=name, value=repr(value)[:60], expected=describe_type(hint))
        ) from error


def _to(hint: Any, value: object) -> object:  # Any: any type form
    options = get_args(hint)
    if get_origin(hint) is Literal:
        return _one_of(options, value)
    if get_origin(hint) in (Union, UnionType):
        return _first_fitting(options, value)
    if get_origin(hint) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise TypeError
        return tuple(_to(options[0], item.strip() if isinstance(item, str) else item) for item in items if item != "")
    return _scalar(hint, value)


def _one_of(options: tuple[Any, ...], value: object) -> object:  # Any: literals
    for option in options:
        if value == option or str(value) == str(option):
            return option
    raise ValueError


def _first_fitting(options: tuple[Any, ...], value: object) -> object:  # Any: type forms
    if NoneType in options and value in (None, ""):
        return None
    for option in options:
        try:
            return _to(option, value)
        except (TypeError, ValueError):
            continue
    raise ValueError


def _scalar(hint: Any, value: object) -> object:  # Any: a class
    if hint is bool:
        return (
            value
            if isinstance(value, bool)
            else _TRUE[str(value).lower()]
            if str(value).lower() in _TRUE
            else _refuse()
        )
    if isinstance(value, bool):
        return _refuse()
    if hint is int:
        number = float(value) if isinstance(value, str | int | float) else _refuse()
        return int(number) if number == int(number) else _refuse()
    if hint is float:
        number = float(value) if isinstance(value, str | int | float) else _refuse()
        return number if math.isfinite(number) else _refuse()
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else _refuse()


def _refuse() -> Any:  # Any: it never returns
    raise ValueError
