"""From a message to a sentence, by gettext; never raises, because a report must be total."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from aigov.i18n.message import Arg, Message, Quantity, Text
from aigov.i18n.quantity import write_quantity
from aigov.tongues import language

_DIRECTORY = {"en": "en", "zh-CN": "zh_CN"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STOPS = (".", "!", "?", "。", "！", "？")


def say(message: Message | Text, lang: str = "en") -> str:
    """Return the message in words; an unknown id shows itself with its arguments."""
    if isinstance(message, Text):
        return message.zh if language(lang) == "zh-CN" else message.en
    words = {name: _say_arg(value, lang) for name, value in message.args.items()}
    template = _lookup(message.id, language(lang))
    if template is None:
        return " ".join([message.id, *(f"{name}={value}" for name, value in words.items())])
    return _fill(template, words)


def say_all(messages: tuple[Message, ...], lang: str = "en") -> str:
    """Return several messages as one paragraph."""
    glue = "" if language(lang) == "zh-CN" else " "
    return glue.join(say(message, lang) for message in messages)


def title_of(id_: str, fallback: str, lang: str = "en") -> str:
    """Return the words of catalogue entry `id_`, or `fallback` where no catalogue has it."""
    return _lookup(id_, language(lang)) or fallback


def _fill(template: str, words: dict[str, str]) -> str:
    """Replace `{name}`; a placeholder without an argument stays visible, and arguments are never templates."""
    return _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), template)


def _say_arg(value: Arg, lang: str) -> str:
    if isinstance(value, Message | Text):
        return say(value, lang)
    if isinstance(value, Quantity):
        return write_quantity(value.value, value.unit, lang)
    if isinstance(value, tuple):
        words = [_say_arg(item, lang) for item in value]
        return _glue(words, lang).join(words)
    if isinstance(value, bool):
        return write_quantity(float(value), "boolean", lang)
    if isinstance(value, int | float):
        return write_quantity(value, "count" if isinstance(value, int) else "number", lang)
    return value


def _glue(items: list[str], lang: str) -> str:
    """Return what stands between items: sentences follow each other, words are listed."""
    chinese = language(lang) == "zh-CN"
    if items and all(item.endswith(_STOPS) for item in items):
        return "" if chinese else " "
    return "、" if chinese else ", "


def _lookup(id_: str, lang: str) -> str | None:
    """Return the template of a message, or of `<first part>.*` where an author's id has no words of its own."""
    tongues = tuple(dict.fromkeys((lang, "en")))
    for known in tongues:
        words = _core(known).get(id_) or _packs(known).get(id_)
        if words:
            return words
    general = f"{id_.partition('.')[0]}.*"
    return next((words for known in tongues if (words := _core(known).get(general))), None)


@cache
def _core(lang: str) -> dict[str, str]:
    """Return the messages of aigov itself in one language."""
    return _read(Path(__file__).parent / "locale", lang)


@cache
def _packs(lang: str) -> dict[str, str]:
    """Return the messages of the installed packs in one language; a broken pack is the registry's to report."""
    from importlib.util import find_spec

    from aigov.points import CHECKS, REPORTERS, points_of  # 20 ms that a core message need not pay

    merged: dict[str, str] = {}
    points = [*points_of(CHECKS), *points_of(REPORTERS)]
    for package in dict.fromkeys(point.module.partition(".")[0] for point in points):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            merged.update(_read(Path(folder) / "locale", lang))
    return merged


def _read(locale: Path, lang: str) -> dict[str, str]:
    import gettext  # most commands say little

    folder = locale / _DIRECTORY[lang] / "LC_MESSAGES"
    merged: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name) if folder.is_dir() else ():
        if file.name.endswith(".mo"):
            with file.open("rb") as stream:
                known = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]  # noqa: SLF001  # gettext has no public way to merge catalogues
            merged.update({key: text for key, text in known.items() if isinstance(key, str) and key})
    return merged
