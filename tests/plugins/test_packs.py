"""Packs that say where each check is: found without an import, imported when asked for, and never half right."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aigov import registry
from aigov.errors import PluginError, UsageError
from aigov.points import _every

MODULE = """from dataclasses import dataclass
from aigov import Measured, check, count

@dataclass(frozen=True)
class NoParams:
    \"\"\"None.\"\"\"

@check(id="{id}", title="Nothing", inputs=("model",), measures={{"hits": "count"}}, params=NoParams)
def nothing(subject, params):
    \"\"\"Measure nothing.\"\"\"
    return Measured({{"hits": count(0)}})
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution whose pack of checks is an expression, beside a module with the check `acme.one`."""

    def put(pack: str, *, name: str = "acme_pack") -> None:
        (tmp_path / f"{name}.py").write_text(f"from {name}_one import nothing\nCHECKS = {pack}\n", "utf-8")
        (tmp_path / f"{name}_lazy.py").write_text(f"CHECKS = {pack}\n", "utf-8")
        (tmp_path / f"{name}_one.py").write_text(MODULE.format(id="acme.one"), "utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        module = name if "nothing" in pack.partition(":")[0] else f"{name}_lazy"
        (info / "entry_points.txt").write_text(f"[aigov.checks]\n{name} = {module}:CHECKS\n", "utf-8")
        _every.cache_clear()

    monkeypatch.syspath_prepend(str(tmp_path))
    _every.cache_clear()
    yield put
    _every.cache_clear()
    for module in [name for name in sys.modules if name.startswith(("acme_pack", "other_pack"))]:
        del sys.modules[module]


def test_a_mapping_is_a_pack_and_its_checks_are_imported_when_asked_for(install):
    install('{"acme.one": "acme_pack_one:nothing"}')
    checks = registry.load_checks()
    assert "acme.one" in checks
    assert "acme_pack_one" not in sys.modules
    found = registry.find_check("acme.one")
    assert (found.check.id, found.distribution, found.distribution_version) == ("acme.one", "acme_pack", "1.0")


def test_a_tuple_is_a_pack_as_ever(install):
    install("(nothing,)")
    assert registry.find_check("acme.one").check.title == "Nothing"


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        ('{"acme.one": "acme_pack_nowhere:nothing"}', "acme.one = acme_pack_nowhere:nothing"),
        ('{"acme.one": "acme_pack_one:lost"}', "acme.one = acme_pack_one:lost"),
        ('{"acme.two": "acme_pack_one:nothing"}', "acme.two = acme_pack_one:nothing"),
        ('{"acme.one": "acme_pack_one:NoParams"}', "acme.one = acme_pack_one:NoParams"),
    ],
)
def test_an_entry_that_is_not_the_check_of_its_id_is_an_error_that_names_it(install, pack, words):
    install(pack)
    checks = registry.load_checks()
    with pytest.raises(PluginError, match="acme") as raised:
        checks[next(id_ for id_ in checks if id_.startswith("acme."))]
    assert words in str(raised.value)


def test_one_broken_check_of_a_pack_does_not_take_the_others(install):
    install('{"acme.one": "acme_pack_one:nothing", "acme.two": "acme_pack_nowhere:nothing"}')
    assert registry.find_check("acme.one").check.id == "acme.one"
    with pytest.raises(PluginError):
        registry.installed_checks()


@pytest.mark.parametrize("pack", ["17", '{"acme.one": 3}', '("acme.one",)'])
def test_what_is_no_pack_is_refused(install, pack):
    install(pack)
    with pytest.raises(PluginError, match="neither a tuple of Check nor a mapping"):
        registry.load_checks()


def test_an_id_in_two_packs_is_an_error_that_names_both(install):
    install('{"acme.one": "acme_pack_one:nothing"}')
    install('{"acme.one": "other_pack_one:nothing"}', name="other_pack")
    with pytest.raises(PluginError, match=r"acme_pack.*other_pack"):
        registry.load_checks()


def test_an_unknown_id_names_the_known_ones_without_importing_a_check():
    code = (
        "import sys\nfrom aigov.registry import find_check\n"
        "try: find_check('model.nonsense')\nexcept Exception as error: print(error.hint.args['known'])\n"
        "print([m for m in sys.modules if m.startswith('aigov_checks.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "model.serialization" in done.stdout
    assert done.stdout.endswith("[]\n")
    with pytest.raises(UsageError):
        registry.find_check("model.nonsense")


def test_every_built_in_check_stands_where_its_pack_says():
    for id_, installed in registry.installed_checks().items():
        assert installed.check.id == id_
