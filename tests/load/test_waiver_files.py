"""Waiver files: one bad entry does nothing and harms no other."""

from __future__ import annotations

from datetime import date

import pytest

from aigov import InputError
from aigov.load.waivers import load_waivers

HEAD = "apiVersion: aigov/v1\nkind: Waivers\nwaivers:\n"
FIELDS = {
    "id": "w1",
    "policy": "baseline",
    "control": "b3-signed",
    "artifacts": f"[{'a1' * 32}]",
    "justification": "the release key is being replaced",
    "approved_by": "quality board",
    "approved_on": "2026-11-01",
    "expires": "2026-12-31",
}


def load(tmp_path, *entries):
    path = tmp_path / "waivers.yaml"
    rows = ["- {" + ", ".join(f"{key}: {value}" for key, value in entry.items()) + "}\n" for entry in entries]
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return load_waivers(path)


def test_a_good_waiver_is_read_whole(tmp_path):
    (waiver,) = load(tmp_path, FIELDS | {"rule": "signature-holds"})
    assert waiver.malformed is None
    assert (waiver.id, waiver.policy, waiver.control, waiver.rule) == ("w1", "baseline", "b3-signed", "signature-holds")
    assert waiver.artifacts == ("a1" * 32,)
    assert (waiver.approved_on, waiver.expires) == (date(2026, 11, 1), date(2026, 12, 31))
    assert waiver.line == 4


@pytest.mark.parametrize("missing", FIELDS)
def test_a_waiver_without_a_field_is_malformed(tmp_path, missing):
    (waiver,) = load(tmp_path, {key: value for key, value in FIELDS.items() if key != missing})
    assert waiver.malformed is not None


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "2026-13-45"},
        {"expires": "'31.12.2026'"},
        {"expires": "never"},
        {"expires": ""},
        {"expires": "2026-10-31"},
        {"approved_on": "yesterday"},
        {"artifacts": "[]"},
        {"artifacts": "all"},
        {"artifacts": "['*']"},
        {"artifacts": f"[{'A1' * 32}]"},
        {"justification": "''"},
        {"justification": "'  '"},
        {"approved_by": "3"},
        {"author": "Quality  Board", "approved_by": "quality  board"},
        {"id": "[1]"},
        {"policies": "baseline"},
    ],
    ids=str,
)
def test_a_waiver_that_makes_no_sense_is_malformed(tmp_path, change):
    (waiver,) = load(tmp_path, FIELDS | change)
    assert waiver.malformed is not None


def test_a_malformed_waiver_leaves_the_others_alone(tmp_path):
    bad, good = load(tmp_path, FIELDS | {"id": "w0", "expires": "soon"}, FIELDS)
    assert bad.malformed is not None
    assert good.malformed is None


def test_an_id_that_is_used_twice_counts_once(tmp_path):
    first, second = load(tmp_path, FIELDS, FIELDS)
    assert first.malformed is None
    assert second.malformed.args["problem"].id == "waivers.duplicate"


def test_an_entry_that_is_no_mapping_is_kept_as_malformed(tmp_path):
    path = tmp_path / "waivers.yaml"
    path.write_text(HEAD + "- everything is fine\n- 3\n", encoding="utf-8")
    assert [waiver.malformed is not None for waiver in load_waivers(path)] == [True, True]


@pytest.mark.parametrize(
    "text", ["", "waivers: [", "[]", "waivers: {}", "apiVersion: aigov/v1\nkind: Policy\nwaivers: []"]
)
def test_a_file_that_is_no_list_of_waivers_is_an_error(tmp_path, text):
    path = tmp_path / "waivers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        load_waivers(path)


def test_an_empty_list_is_no_error(tmp_path):
    path = tmp_path / "waivers.yaml"
    path.write_text("apiVersion: aigov/v1\nkind: Waivers\nwaivers: []\n", encoding="utf-8")
    assert load_waivers(path) == ()
