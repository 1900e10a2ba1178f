"""Every message that the code can say has words in both languages, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("src/aigov/i18n", "checks/aigov_checks", "reports/aigov_reports")
CODE = ("src/aigov", "checks/aigov_checks", "reports/aigov_reports")
ID = re.compile(r"^[a-z][a-z0-9_*]*(\.[A-Za-z0-9_*-]+)+$")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package / "locale").rglob("*.po"))


def read_po(path: Path) -> dict[str, str]:
    from babel.messages.pofile import read_po as read

    with path.open("rb") as stream:
        return {message.id: message.string for message in read(stream) if message.id}


def said_ids() -> dict[str, str]:
    """Return every literal id handed to `msg(...)`, with where it stands."""
    found = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "msg"
                if called and node.args and isinstance(node.args[0], ast.Constant):
                    found[node.args[0].value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


def words(lang: str) -> dict[str, str]:
    return {id_: text for path in sources() if f"/{lang}/" in path.as_posix() for id_, text in read_po(path).items()}


def test_every_message_has_words_in_both_languages():
    for lang in ("en", "zh_CN"):
        known = words(lang)
        missing = {id_: place for id_, place in said_ids().items() if not known.get(id_)}
        assert not missing, lang


def test_both_languages_have_the_same_messages_with_the_same_placeholders():
    english, chinese = words("en"), words("zh_CN")
    for id_ in sorted(english):
        assert chinese.get(id_), id_
        assert set(PLACEHOLDER.findall(english[id_])) == set(PLACEHOLDER.findall(chinese[id_])), id_


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_compiled_catalogue_is_that_of_its_source(source):
    with source.with_suffix(".mo").open("rb") as stream:
        compiled = {id_: text for id_, text in gettext.GNUTranslations(stream)._catalog.items() if id_}
    assert compiled == {id_: text for id_, text in read_po(source).items() if text}


def test_no_id_stands_in_two_catalogues():
    for lang in ("en", "zh_CN"):
        seen: dict[str, Path] = {}
        for path in sources():
            if f"/{lang}/" not in path.as_posix():
                continue
            for id_ in read_po(path):
                assert id_ not in seen, (id_, path, seen[id_])
                seen[id_] = path
