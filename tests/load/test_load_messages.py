"""Every sentence about files has words in both languages."""

from __future__ import annotations

import gettext
import re
from string import Formatter

import pytest

NAMES = (
    "yaml",
    "document",
    "jsontext",
    "node",
    "scalar",
    "schema",
    "problem",
    "policy",
    "bound",
    "condition",
    "shipped",
    "waivers",
)
LANGUAGES = ("en", "zh_CN")


@pytest.fixture
def words(root):
    folder = root / "src/aigov/i18n/locale"
    return {lang: gettext.translation("load", folder, [lang])._catalog for lang in LANGUAGES}


def test_both_languages_have_the_same_messages_with_the_same_gaps(words):
    english, chinese = (words[lang] for lang in LANGUAGES)
    assert set(english) == set(chinese)
    for id_ in filter(None, english):
        assert gaps(english[id_]) == gaps(chinese[id_]), id_


def test_every_message_of_the_loaders_has_words(root, words):
    files = [root / "src/aigov/load" / f"{name}.py" for name in NAMES] + [root / "src/aigov/cli/policy.py"]
    used = {id_ for file in files for id_ in re.findall(r'msg\(\s*"([a-z0-9.-]+)"', file.read_text("utf-8"))}
    assert used - set(words["en"]) == {"plugin.broken"}


def test_the_compiled_catalogue_is_that_of_the_source(root, words):
    for lang in LANGUAGES:
        text = (root / f"src/aigov/i18n/locale/{lang}/LC_MESSAGES/load.po").read_text("utf-8")
        assert set(re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)) == set(filter(None, words[lang]))


def test_schemas_name_messages_that_exist(root, words):
    for file in (root / "src/aigov/schemas").glob("*.json"):
        assert set(re.findall(r'"\$comment": "([^"]+)"', file.read_text("utf-8"))) <= set(words["en"])


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
