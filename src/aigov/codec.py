"""Values of the vocabulary to JSON and back, without loss."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from aigov.errors import InputError
from aigov.i18n import FrozenMap, Message, Quantity, Text, msg
from aigov.model import Assessment, Crashed, Measured, NotPerformed, Outcome, Severity
from aigov.model.policy import Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    import cattrs

    from aigov.check import Json

ASSESSMENT_SCHEMA = "aigov/assessment/v1"
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_OUTCOMES: dict[str, type[Measured | NotPerformed | Crashed]] = {
    "measured": Measured,
    "not-performed": NotPerformed,
    "crashed": Crashed,
}
_TAGS = {cls: tag for tag, cls in _OUTCOMES.items()}


def to_json(value: object) -> Json:
    """Return any value of the vocabulary as JSON values; floats that are not finite become strings."""
    return _write_plain(value) if isinstance(value, FrozenMap) else _converter().unstructure(value)


def dump_assessment(assessment: Assessment) -> dict[str, Json]:
    """Return the assessment as a JSON object; `load_assessment` gives it back equal."""
    return {
        "schema": ASSESSMENT_SCHEMA,
        "conclusion": assessment.conclusion.value,
        **_converter().unstructure(assessment, Assessment),
    }


def load_assessment(data: Json, name: str = "assessment.json") -> Assessment:
    """Return the assessment of a JSON object made by `dump_assessment`.

    Raises:
        InputError: it is none, or of another schema version.
    """
    if not isinstance(data, dict) or data.get("schema") != ASSESSMENT_SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise InputError(msg("codec.not-an-assessment", name=name, found=str(found), expected=ASSESSMENT_SCHEMA))
    import cattrs  # start-up time

    try:
        return _converter().structure(data, Assessment)
    except (cattrs.BaseValidationError, KeyError, TypeError, ValueError) as error:
        raise InputError(msg("codec.damaged", name=name, problem=type(error).__name__)) from error


def dump_outcome(outcome: Outcome) -> Json:
    """Return the outcome of a check as JSON values, as workers hand it back."""
    return _converter().unstructure(outcome, Outcome)


def load_outcome(data: Json) -> Outcome:
    """Return the outcome that `dump_outcome` wrote."""
    outcome: Outcome = _converter().structure(data, Outcome)  # type: ignore[arg-type]  # a union is a type form
    return outcome


def canonical(value: Json) -> bytes:
    """Return JSON with sorted keys, no spaces and no NaN: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
        "utf-8", "surrogatepass"
    )


@cache
def _converter() -> cattrs.Converter:
    import cattrs  # start-up time
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

    converter = cattrs.Converter(forbid_extra_keys=False, prefer_attrib_converters=False)
    converter.register_unstructure_hook(float, _write_float)
    converter.register_structure_hook(float, lambda value, _: _read_float(value))
    converter.register_unstructure_hook(Severity, lambda severity: severity.word)
    converter.register_structure_hook(Severity, lambda word, _: Severity[str(word).upper()])
    for moment in (date, datetime):
        converter.register_unstructure_hook(moment, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(Path, lambda path: path.as_posix())
    converter.register_unstructure_hook(Message, lambda message: {"id": message.id, "args": _write_args(message.args)})
    converter.register_structure_hook(Message, lambda data, _: _read_message(data))
    converter.register_unstructure_hook_func(_is_frozen_map, _write_plain)
    converter.register_structure_hook_func(_is_frozen_map, lambda data, cls: _read_map(converter, data, cls))
    for union in (Scalar, Scalar | tuple[Scalar, ...] | None):
        converter.register_structure_hook_func(_same(union), lambda value, _: _read_plain(value))
    converter.register_structure_hook_func(_same(object), lambda value, _: _read_plain(value))
    converter.register_structure_hook_func(
        _same(Outcome), lambda data, _: converter.structure(data, _OUTCOMES[data["kind"]])
    )
    for cls, tag in _TAGS.items():
        plain = make_dict_unstructure_fn(cls, converter)
        converter.register_unstructure_hook(cls, _tagged(tag, plain))
        converter.register_structure_hook(cls, make_dict_structure_fn(cls, converter))
    return converter


def _same(union: object) -> Callable[[Any], bool]:  # Any: cattrs asks with any type form
    return lambda cls: cls == union


def _tagged(
    tag: str, plain: Callable[[Any], dict[str, Json]]
) -> Callable[[Any], dict[str, Json]]:  # Any: one of three classes
    return lambda value: {"kind": tag, **plain(value)}


def _is_frozen_map(cls: Any) -> bool:  # Any: cattrs asks with any type form
    return cls is FrozenMap or getattr(cls, "__origin__", None) is FrozenMap


def _read_map(converter: cattrs.Converter, data: Json, cls: Any) -> FrozenMap[Any, Any]:  # Any: decided by the field
    arguments = get_args(cls)
    if len(arguments) != 2:  # noqa: PLR2004  # key and value
        return FrozenMap({key: _read_plain(item) for key, item in data.items()})
    inner = arguments[1]
    if inner in (str, int, bool) or _is_union_of_plain(inner):
        return FrozenMap({key: _read_plain(item) for key, item in data.items()})
    return FrozenMap({key: converter.structure(item, inner) for key, item in data.items()})


def _is_union_of_plain(cls: Any) -> bool:  # Any: any type form
    parts = get_args(cls)
    return cls is object or cls is Any or (bool(parts) and float in parts)


def _read_plain(value: Json) -> Any:  # Any: whatever JSON held
    match value:
        case {"float": str(text)}:
            return _NOT_FINITE[text]
        case dict():
            return FrozenMap({key: _read_plain(item) for key, item in value.items()})
        case list() | tuple():
            return tuple(_read_plain(item) for item in value)
        case _:
            return value


def _write_plain(value: object) -> Json:
    """Return a value whose type no field declares; a float that is not finite is marked, since text may spell `NaN`."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else {"float": _write_float(value)}
        case tuple() | list():
            return [_write_plain(item) for item in value]
        case FrozenMap():
            return {str(key): _write_plain(item) for key, item in value.items()}
        case _:
            return _converter().unstructure(value)


def _write_float(value: float) -> float | str:
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _read_float(value: Json) -> float:
    text = value["float"] if isinstance(value, dict) else value
    return _NOT_FINITE[text] if isinstance(text, str) else float(text)


def _write_args(args: FrozenMap[str, Any]) -> dict[str, Json]:  # Any: Arg is recursive
    return {name: _write_arg(value) for name, value in args.items()}


def _write_arg(value: Any) -> Json:  # Any: Arg is recursive
    match value:
        case Message():
            return {"id": value.id, "args": _write_args(value.args)}
        case Quantity():
            return {"value": _write_float(value.value), "unit": value.unit}
        case Text():
            return {"en": value.en, "zh": value.zh}
        case tuple() | list():
            return [_write_arg(item) for item in value]
        case float():
            return value if math.isfinite(value) else {"float": _write_float(value)}
        case _:
            return value


def _read_message(data: Json) -> Message:
    return Message(data["id"], FrozenMap({name: _read_arg(value) for name, value in data["args"].items()}))


def _read_arg(value: Json) -> Any:  # Any: Arg is recursive
    match value:
        case {"id": str(), "args": dict()}:
            return _read_message(value)
        case {"value": number, "unit": str(unit)}:
            return Quantity(_read_float(number), unit)
        case {"float": str(text)}:
            return _NOT_FINITE[text]
        case {"en": str(en), "zh": str(zh)}:
            return Text(en, zh)
        case list():
            return tuple(_read_arg(item) for item in value)
        case _:
            return value


__all__ = [
    "ASSESSMENT_SCHEMA",
    "canonical",
    "dump_assessment",
    "dump_outcome",
    "load_assessment",
    "load_outcome",
    "to_json",
]
