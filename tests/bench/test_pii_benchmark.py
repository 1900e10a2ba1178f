"""The benchmark of personal data: what the generator writes, seen from its files, and what the scorer makes of findings."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import subprocess
import sys
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


def generate(bench, split, folder, seed=7):
    command = [sys.executable, bench / "generate.py", "--split", split, "--records", str(RECORDS), "--seed", str(seed)]
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


def value(folder, label):
    """The value that a label points into, read with the standard library alone."""
    name = label["file"]
    text = decoded((folder / "data" / name).read_bytes())
    if name.endswith((".csv", ".tsv")):
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if name.endswith(".tsv") else ",")
        return list(rows)[label["record"]][label["pointer"]]
    line = text.split("\n")[label["record"]]
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
    outcomes = {
        (label["row"], mod_11_2(cut) if "resident" in label["row"] else luhn(cut))
        for label in labels(generated)
        if label["row"] in ("cn.resident-id", "wrong-resident-id", "bank-card", "wrong-card")
        for cut in [re.sub("[ -]", "", value(generated, label)[label["start"] : label["end"]])]
    }
    outcomes.discard(("wrong-resident-id", True))  # a right digit after a day that no calendar has
    assert outcomes == {
        ("cn.resident-id", True),
        ("wrong-resident-id", False),
        ("bank-card", True),
        ("wrong-card", False),
    }


def mod_11_2(number):
    value_of = [10 if char in "Xx" else int(char) for char in number]
    return sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(value_of)) % 11 == 1


def luhn(number):
    digits = [int(char) for char in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


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


def test_what_the_tool_misses_in_the_unseen_split_is_not_shown(bench):
    command = [sys.executable, bench / "score.py", "--split", "unseen", "--misses"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "stays unseen" in done.stderr


def test_a_tool_that_finds_the_labels_scores_one_and_one_that_marks_everything_hits_every_hard_negative(bench):
    program = """
from pii_bench import tables
from pii_bench.corpus import build
from pii_bench.labels import Kind, Span
from pii_bench.matching import Finding, match
from pii_bench.meanings import accepted, read
corpus = build("dev", 300, 3)
right = [Finding(l.place, l.span, l.meaning.type) for l in corpus.labels if l.meaning.kind is Kind.TRUE]
whole = [Finding(l.place, l.span, "email") for l in corpus.labels if l.meaning.kind is Kind.NEGATIVE]
for findings in (right, whole):
    print("\\n".join(tables.summary(tables.Score(match(corpus, findings), read(), accepted()))))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=bench, check=True, capture_output=True, text=True)
    perfect, _, wrong, _ = re.findall(
        r"\| (?:all types|with a check digit) \| \d+ \| (\S+) \| \d+ \| (\S+) \|", done.stdout
    )
    assert perfect == ("1.000", "1.000")
    assert wrong == ("0.000", "0.000")
    assert re.findall(r"Hard negatives hit: .* \((\S+)\)", done.stdout) == ["0.000", "1.000"]
