"""The benchmark of personal data: what the generator writes, seen from its files alone."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import itertools
import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter

import pytest
import yaml

SPLITS = ("dev", "retired", "unseen")
RECORDS = 600


@pytest.fixture(scope="module")
def bench(request):
    return request.config.rootpath / "bench" / "pii"


@pytest.fixture(scope="module", params=SPLITS)
def generated(request, bench, tmp_path_factory):
    return generate(bench, request.param, tmp_path_factory.mktemp(request.param))


def generate(bench, split, folder, seed=7, records=RECORDS):
    command = [sys.executable, bench / "generate.py", "--split", split, "--records", str(records), "--seed", str(seed)]
    subprocess.run([*command, "--output", folder], check=True, capture_output=True)
    return folder


def labels(folder):
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]


def decoded(content):
    """The text of a file: by its mark, as UTF-8, or as GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


@functools.cache
def records(path):
    """The records of a file, read with the standard library alone."""
    text = decoded(path.read_bytes())
    if path.suffix in (".csv", ".tsv"):
        separator = "\t" if path.suffix == ".tsv" else ","
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    return text.split("\n")


def value(folder, label):
    """The value that a label points into."""
    name = label["file"]
    line = records(folder / "data" / name)[label["record"]]
    if isinstance(line, dict):
        return line[label["pointer"]]
    if name.endswith(".txt"):
        return line
    found = json.loads(line)
    for part in label["pointer"].split("/")[1:]:
        found = found[int(part) if isinstance(found, list) else part.replace("~1", "/").replace("~0", "~")]
    return found


SHAPES = {
    "cn.resident-id": r"\d{17}[\dXx]",
    "cn.uscc": r"[159][123]\d{6}[0-9A-Z]{10}",
    "vin": r"[A-HJ-NPR-Z0-9]{17}",
    "cn.plate": r"(WJ)?[\u4e00-\u9fff]?[A-Z]{0,2}·?[A-Z0-9]{4,6}([挂学警港澳使领]|应急)?",
    "email": r"[\w.+-]+@[\w.-]+",
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "private-key": r"-----BEGIN [\s\S]*",
    "aws-access-key": r"A[KS]IA[A-Z2-7]{16}",
    "github-token": r"gh[pos]_\w{36}|github_pat_\w{82}",
}


def test_every_label_cuts_its_value_out_of_the_file(generated):
    seen = Counter()
    for label in labels(generated):
        cut = value(generated, label)[label["start"] : label["end"]]
        assert cut, label
        shape = SHAPES.get(label["type"]) if label["kind"] == "true" else None
        if shape:
            seen[label["type"]] += 1
            assert re.fullmatch(shape, cut), (label, cut)
    assert set(seen) == set(SHAPES)


def test_true_identifiers_have_right_check_digits_and_near_misses_have_wrong_ones(generated):
    tried = Counter()
    for label in labels(generated):
        check = CHECKS.get(label["row"]) or CHECKS.get(label["row"].removeprefix("wrong-"))
        if check is None or label["kind"] not in ("true", "negative"):
            continue
        cut = re.sub("[ ()-]", "", value(generated, label)[label["start"] : label["end"]])
        right = check(unicodedata.normalize("NFKC", cut).upper())
        tried[label["row"], right] += 1
        assert right == (label["kind"] == "true"), (label, cut)
    assert {row for row, right in tried if right} == {row for row in CHECKS if "." in row or row in UNIVERSAL}
    assert {row for row, right in tried if not right} == {
        f"wrong-{n}" for n in ("resident-id", "card", "vin", "uscc", "iban")
    }


def resident(number):
    """ISO 7064 MOD 11-2 after a day that the calendar has."""
    try:
        dt.date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return False
    return mod_11_2(number)


def mod_11_2(number):
    values = [10 if char == "X" else int(char) for char in number]
    return sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(values)) % 11 == 1


def permanent_residence(number):
    return number[0] == "9" and mod_11_2(number)


def luhn(number):
    digits = [int(char) for char in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def organisation(code):
    total = sum(int(char, 36) * weight for char, weight in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return (total + (10 if code[8] == "X" else int(code[8]))) % 11 == 0


def social_credit(code):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    whole = sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return (whole + alphabet.index(code[17])) % 31 == 0 and organisation(code[8:17])


def vehicle(number):
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(int(values.get(char, char)) * weight for char, weight in zip(number, weights, strict=True) if weight)
    return "0123456789X"[total % 11] == number[8]


def account(number):
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def hong_kong(number):
    check = 10 if number[7] == "A" else int(number[7])
    digits = (36, int(number[0], 36), *(int(char) for char in number[1:7]), check)
    return sum(digit * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 11 == 0


def taiwan(number):
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0]) + 10
    digits = (letter // 10, letter % 10, *(int(char) for char in number[1:]))
    return sum(digit * weight for digit, weight in zip(digits, (1, *range(9, 0, -1), 1), strict=True)) % 10 == 0


CHECKS = {
    "cn.resident-id": resident,
    "cn.residence-permit": resident,
    "cn.permanent-residence": permanent_residence,
    "bank-card": luhn,
    "payment-card": luhn,
    "imei": luhn,
    "cn.organisation-code": organisation,
    "cn.uscc": social_credit,
    "vin": vehicle,
    "iban": account,
    "hk.id": hong_kong,
    "tw.id": taiwan,
    "resident-id": resident,
    "card": luhn,
    "uscc": social_credit,
}
"""By the row of true values, and by what follows `wrong-` in that of their near misses."""
UNIVERSAL = ("bank-card", "payment-card", "imei", "vin", "iban")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(bench, tmp_path):
    first, again, other = (
        {path.name: path.read_bytes() for path in (generate(bench, "dev", tmp_path / name, seed) / "data").iterdir()}
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    assert first != other


def test_the_splits_for_development_and_the_unseen_one_hold_every_type_and_every_hard_negative(bench, tmp_path):
    dev, unseen = ({label["row"] for label in labels(generate(bench, s, tmp_path / s))} for s in ("dev", "unseen"))
    assert dev == unseen


def test_every_type_and_every_hard_negative_of_the_unseen_split_rests_on_several_templates(bench, tmp_path):
    found = labels(generate(bench, "unseen", tmp_path, records=4000))
    counts = Counter(label["row"] for label in found if label["kind"] != "neutral")
    templates = {row: {label["template"] for label in found if label["row"] == row} for row in counts}
    assert not {row: count for row, count in counts.items() if count < 25 or len(templates[row]) < 4}


def test_no_personal_value_of_a_split_for_development_is_in_the_unseen_one(bench, tmp_path):
    dev, retired, unseen = (personal_values(generate(bench, split, tmp_path / split)) for split in SPLITS)
    assert len(unseen) > RECORDS
    assert not unseen & (dev | retired)


def personal_values(folder):
    wanted = [label for label in labels(folder) if label["kind"] in ("true", "apart") and not label["more"]]
    return {value(folder, label)[label["start"] : label["end"]] for label in wanted}


def test_no_sentence_of_a_template_for_development_is_in_an_unseen_one(bench):
    dev, retired, unseen = (
        {piece for path in (bench / "templates" / split).iterdir() for piece in sentences(path)} for split in SPLITS
    )
    assert len(unseen) > 100
    assert not unseen & (dev | retired)


def sentences(path):
    """The runs of words between two placeholders that are long enough to be nobody's common phrase."""
    pieces = re.split(r"\{[!?~]?[a-z][\w.-]*\}", yaml.safe_dump(yaml.safe_load(path.read_text()), allow_unicode=True))
    return {piece.strip() for piece in pieces if len(re.sub(r"[\W_]", "", piece)) > 9}


def test_a_third_of_the_templates_and_all_words_are_kept_for_the_unseen_split(bench):
    paths = {split: sorted((bench / "templates" / split).iterdir()) for split in SPLITS}
    templates = {split: [e for path in paths[split] for e in yaml.safe_load(path.read_text())] for split in SPLITS}
    entries = [(split, entry) for split, several in templates.items() for entry in several]
    assert len(templates["unseen"]) >= len(entries) / 3
    assert len({entry["id"] for _, entry in entries}) == len(entries)
    words = [yaml.safe_load((bench / "vocabulary" / f"{split}.yaml").read_text()) for split in SPLITS]
    for one, other in itertools.combinations(words, 2):
        assert set(one) == set(other)
        assert not {name for name in one if set(map(str, one[name])) & set(map(str, other[name]))}


def test_the_page_names_every_type_and_every_hard_negative(bench, tmp_path):
    page = (bench / "README.md").read_text()
    names = {label["type"] for label in labels(generate(bench, "dev", tmp_path))}
    assert not {name for name in names if f"`{name}`" not in page}
