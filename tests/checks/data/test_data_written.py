"""Lines as people in plants write them, in both languages: all that is marked is found, and nothing else."""

import random

import pytest
import written
from data_scans import places

from aigov import msg, say
from aigov_checks.data import gate
from aigov_checks.data.detectors import categories, load
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY
from aigov_checks.data.regional import REGIONAL
from aigov_checks.data.secret_values import SECRET_VALUES
from aigov_checks.data.validators import VALIDATORS

FILES = sorted(path.stem for path in written.FOLDER.glob("*.txt"))
KNOWN = written.families()


@pytest.mark.parametrize("name", FILES)
def test_every_marked_value_is_found_under_its_type_and_nothing_else_is(name):
    lines = written.lines(name)
    assert len(lines) > 50
    for line in lines:
        found = written.reported(KNOWN, line.text)
        assert (line.text, written.missed(line, found), written.wrong(line, found)) == (line.text, [], [])


@pytest.mark.parametrize("family", ["pii", "secrets"])
@pytest.mark.parametrize("engine", ["vectorscan", "re"])
def test_gates_let_every_written_line_through_however_it_is_joined(family, engine):
    rng = random.Random(17)  # noqa: S311  # data must be the same every time
    texts = [line.text for name in FILES for line in written.lines(name)]
    texts += [
        rng.choice(texts)[rng.randint(0, 6) :] + rng.choice(["", " ", "，"]) + rng.choice(texts) for _ in range(400)
    ]
    recogniser = KNOWN[family]
    block = "\n".join(texts).encode()
    masks = {start: mask for start, _, mask in gate.lines(gate.make(recogniser.detectors, "text", engine), block)}
    position = 0
    for text in texts:
        value, mask = text.encode(), masks.get(position, 0)
        expected = recogniser.find(value, "", EVERY)
        assert (text, recogniser.find(value, "", mask) if mask else []) == (text, expected)
        position += len(value) + 1


def test_addresses_of_devices_count_only_where_they_are_asked_for(scan):
    text = "MAC 00:1B:44:11:3A:B7 at 10.0.0.12, from 47.110.8.9, all ff:ff:ff:ff:ff:ff"
    assert [o.type for o in scan.pii(text).occurrences] == ["ip-address"]
    asked = scan.pii(text, types=("internal-ip", "mac-address"))
    assert [o.type for o in asked.occurrences] == ["mac-address", "internal-ip"]
    assert {o.category["PIPL art. 28"] for o in asked.occurrences} == {"device"}


def test_every_type_has_a_class_under_every_standard():
    known = categories()
    detectors = [*load("pii", (*DEFAULT, "UK_NHS"), ("internal-ip", "mac-address")), *load("secrets")]
    types = {detector.type for detector in detectors} - {"presidio.uk-nhs"}
    assert types == set(known) - {"other", "organisation"}
    standards = {"GB/T 35273-2020", "GB/T 45574-2025", "PIPL art. 28", "GDPR art. 9"}
    assert {frozenset(classes) for classes in known.values()} == {frozenset(standards)}
    assert all(detector.category == known.get(detector.type, known["other"]) for detector in detectors)
    assert {name for classes in known.values() for name in classes.values()} <= {
        "sensitive",
        "general",
        "special",
        "organisation",
        "device",
        "credential",
    }


def test_what_is_sensitive_differs_between_editions(scan):
    (number,) = scan.pii("11010519491231002X").occurrences
    assert (number.category["GB/T 35273-2020"], number.category["GB/T 45574-2025"]) == ("sensitive", "general")
    (record,) = scan.pii("病历号：ZY123456").occurrences
    assert (record.category["PIPL art. 28"], record.category["GDPR art. 9"]) == ("sensitive", "special")


def test_the_lines_of_a_passport_need_their_check_digits(scan):
    line = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert [o.tier.value for o in scan.pii(line).occurrences] == ["verified"]
    assert scan.pii(line.replace("740812", "740813")).occurrences == ()


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("birth_date", b"1975-06-31", False),
        ("birth_date", b"June 30th, 1975", True),
        ("birth_date", b"30.6.75", True),
        ("birth_date", b"197513", False),
        ("birth_date", b"1975-06-30T00:00:00", True),
    ],
)
def test_days_that_do_not_exist_are_no_dates_of_birth(name, value, holds):
    assert REGIONAL[name](value) is holds


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("basic_credentials", b"b3BlcmF0b3I6UGwkbnQyMDI0", True),
        ("basic_credentials", b"bm90aGluZw==", False),
        ("generated_secret", b"historian-db-credentials-2024", False),
        ("generated_secret", b"9fK2mQ7xZt4LpW8vRb3N", True),
        ("typed_secret", b"/run/secrets/db_password", False),
        ("internal_ipv4", b"100.64.3.1", True),
        ("internal_ipv4", b"172.32.0.1", False),
        ("mac_address", b"01:00:5e:00:00:fb", False),
    ],
)
def test_structure_decides_between_secrets_and_names_of_things(name, value, holds):
    assert {**VALIDATORS, **SECRET_VALUES}[name](value) is holds


def test_names_in_columns_of_any_wording(scan):
    table = "责任工程师,createdBy,firstName,lxr,设备名称\n王建国,李 娜,Anna,阿依古丽·买买提,高压泵\n设备部,SYSTEM,Pump,无,金属罐\n"
    assert {(type_, record, column) for type_, record, _, column, *_ in places(scan.pii(table, "t.csv"))} == {
        ("person-name", 0, "责任工程师"),
        ("person-name", 0, "createdBy"),
        ("person-name", 0, "firstName"),
        ("person-name", 0, "lxr"),
    }


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_type_has_words_in_both_languages(lang):
    for type_ in set(categories()) - {"other"}:
        assert not say(msg(f"data.type.{type_}"), lang).startswith("data."), type_
