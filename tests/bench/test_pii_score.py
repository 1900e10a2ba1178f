"""The scorer of the benchmark of personal data: what it makes of findings, of other tools and of requirements."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPLIT = ("--split", "dev", "--records", "300", "--seed", "3")


@pytest.fixture(scope="module")
def bench(request):
    return request.config.rootpath / "bench" / "pii"


@pytest.fixture(scope="module")
def labels(bench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    subprocess.run([sys.executable, bench / "generate.py", *SPLIT, "--output", folder], check=True, capture_output=True)
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]


def score(bench, *options):
    return subprocess.run(
        [sys.executable, bench / "score.py", *map(str, options)], check=False, capture_output=True, text=True
    )


def figures(bench, tmp_path, findings):
    """The figures of a tool that reports these findings."""
    path, out = tmp_path / "tool.jsonl", tmp_path / "score.json"
    path.write_text("".join(f"{json.dumps(finding)}\n" for finding in findings))
    done = score(bench, *SPLIT, "--findings", path, "--json", out)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())["tools"]["tool"]


def findings(labels, *kinds, **fields):
    return [{**label, **fields} for label in labels if label["kind"] in kinds]


def totals(found):
    return {name: ratio["value"] for name, ratio in found["totals"].items()}


def test_a_tool_that_finds_the_labels_scores_one_and_hits_no_hard_negative(bench, labels, tmp_path):
    found = figures(bench, tmp_path, findings(labels, "true", "apart", "neutral"))
    assert totals(found) == {
        "recall": 1,
        "precision": 1,
        "recall, check digit": 1,
        "precision, check digit": 1,
        "hard negatives hit": 0,
        "recall, names and addresses apart": 1,
        "precision, names and addresses apart": 1,
    }
    assert {row["exact"]["value"] for row in found["recall"].values()} == {1}
    assert {row["typed"]["value"] for row in found["recall"].values()} == {1}


def test_a_tool_that_marks_the_hard_negatives_alone_finds_nothing_and_hits_each(bench, labels, tmp_path):
    found = figures(bench, tmp_path, findings(labels, "negative", type="email"))
    assert totals(found)["recall"] == totals(found)["precision"] == 0
    assert {row["value"] for row in found["hard_negatives"].values()} == {1}


def test_names_without_a_cue_count_apart_and_a_false_name_counts_there(bench, labels, tmp_path):
    names = [each for each in findings(labels, "apart") if each["type"] == "person-name"]
    false = findings(labels, "negative", type="person-name")[: len(names)]
    found = figures(bench, tmp_path, [*names, *false])
    assert totals(found)["recall"] == 0
    assert totals(found)["precision, names and addresses apart"] == pytest.approx(0.5)


def test_each_tier_has_a_precision_of_its_own(bench, labels, tmp_path):
    sure = findings(labels, "true", tier="verified")
    guesses = findings(labels, "negative", tier="context")
    found = figures(bench, tmp_path, [*sure, *guesses])
    assert {tier: ratio["value"] for tier, ratio in found["tiers"].items()} == {"verified": 1, "context": 0}


def test_values_that_share_the_words_of_a_template_make_the_interval_wider(bench, labels, tmp_path):
    templates = sorted({label["template"] for label in labels if label["kind"] == "true"})
    half = set(templates[::2])
    found = figures(bench, tmp_path, [each for each in findings(labels, "true") if each["template"] in half])
    recall = found["totals"]["recall"]
    low, high = recall["interval"]
    share, labelled = recall["value"], recall["whole"]
    independent = 2 * 1.96 * (share * (1 - share) / labelled) ** 0.5
    assert recall["templates"] == len(templates)
    assert low < share < high
    assert high - low > 1.3 * independent


def test_a_share_of_one_has_an_interval_below_it_that_counts_templates(bench, labels, tmp_path):
    recall = figures(bench, tmp_path, findings(labels, "true"))["totals"]["recall"]
    assert recall["interval"] == [pytest.approx(0.025 ** (1 / recall["templates"]), abs=1e-6), 1]


def test_the_same_arguments_give_the_same_bytes(bench, labels, tmp_path):
    path = tmp_path / "tool.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in findings(labels, "true")[::3]))
    outs = [tmp_path / "a.json", tmp_path / "b.json"]
    printed = [score(bench, *SPLIT, "--findings", path, "--json", out).stdout for out in outs]
    assert printed[0] == printed[1]
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_what_is_required_decides_the_exit_code(bench, labels, tmp_path):
    path = tmp_path / "tool.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in findings(labels, "true", "apart")))
    reached = score(bench, *SPLIT, "--findings", path, "--require")
    assert (reached.returncode, reached.stdout.count("\nmet "), "NOT MET" in reached.stdout) == (0, 6, False)
    path.write_text("")
    missed = score(bench, *SPLIT, "--findings", path, "--require")
    assert missed.returncode == 1
    assert "NOT MET recall: 0.000" in missed.stdout


def test_a_file_that_holds_no_findings_is_named_with_its_line(bench, tmp_path):
    path = tmp_path / "tool.jsonl"
    path.write_text('{"file": "chat.txt"}\n')
    done = score(bench, *SPLIT, "--findings", path)
    assert done.returncode == 1
    assert f"{path}:1: no finding" in done.stderr
    assert "Traceback" not in done.stderr


def test_peers_that_do_not_run_are_named_and_left_out(bench, tmp_path):
    (tmp_path / "tool.jsonl").write_text("")
    done = score(
        bench, *SPLIT, "--findings", tmp_path / "tool.jsonl", "--peers", "--peer-python", "false", "--markdown"
    )
    assert done.returncode == 0
    assert done.stderr.count("is left out: ") == 6
    assert done.stdout.count("\n| tool") == 2  # the head and the file


def test_an_adapter_sees_each_value_behind_its_column_and_its_finding_is_moved_back(bench):
    adapter = 'import re; from values import scan; scan("pip", lambda t: ((*m.span(), "mail") for m in re.finditer(r"\\S+@\\S+|e-mail", t)))'
    program = f"""
import sys
from pii_bench.labels import Corpus, Place
from pii_bench.tools import Peer, run
place = Place("staff.csv", 0, "e-mail")
corpus = Corpus({{}}, {{place: "a@b.cn"}}, {{}}, ())
peer = Peer("own", ("-c", {adapter!r}), {{}}, frozenset())
print(run(peer, corpus, sys.executable)[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=bench,
        env={"PYTHONPATH": f"{bench}:{Path(bench) / 'peers'}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("Finding(") == 1
    assert "Span(start=0, end=6)" in done.stdout


def test_what_the_tool_misses_in_the_unseen_split_is_not_shown(bench):
    done = score(bench, "--split", "unseen", "--misses")
    assert done.returncode == 2
    assert "stays unseen" in done.stderr
