"""Score aigov, another tool or its peers on one split of the benchmark.

Run: `python bench/pii/score.py --split unseen`. aigov is run as a user runs it: `aigov check data.pii` and
`data.secrets` with `--format jsonl`. `--findings FILE` scores what another tool found, `--peers` those with an adapter.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from generate import RECORDS, positive, write
from pii_bench import misses, tables, tools
from pii_bench.corpus import EDITION, SPLITS, build
from pii_bench.labels import Corpus, Kind
from pii_bench.matching import Finding, match
from pii_bench.meanings import accepted, read
from pii_bench.scoring import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Scored = Mapping[str, tuple[Score, Mapping[str, tuple[str, ...]]]]
    """By the name of a tool with its version: its score, and the rows that it claims under each of its types."""


def main() -> None:
    """Print the tables that the command line asks for; exit with 1 if `--require` asks for more than was reached."""
    args = arguments()
    corpus = build(args.split, args.records, args.seed)
    name, findings = first(corpus, args.findings)
    score = scored(corpus, findings, args.seed)
    others = peers(corpus, args.peer_python, args.seed) if args.peers else {}
    if args.json:
        content = as_json(args, {name: score, **{title: other for title, (other, _) in others.items()}})
        args.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"## Split `{args.split}`, {args.records} records, seed {args.seed}\n")
    if args.markdown:
        everything = {row: (row,) for row in score.rows(Kind.TRUE)}
        claims = {finding: tuple(everything) for finding in score.by_type()}
        print(*tables.comparison({name: (score, claims), **others}), sep="\n")
    else:
        print_report(name, score, check_digit_only=args.check_digit_only)
        for title, (other, _) in others.items():
            print_report(title, other, check_digit_only=args.check_digit_only)
    if args.misses:
        print("", *misses.lines(corpus, score.match), sep="\n")
    if args.require:
        reached = list(tables.requirements(score))
        print("", *(line for _, line in reached), sep="\n")
        sys.exit(0 if all(met for met, _ in reached) else 1)


def arguments() -> argparse.Namespace:
    """Return what the command line says; misses of the split `unseen` are not shown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--records", type=positive, default=RECORDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--findings", type=Path, help="score this file of findings instead of running aigov")
    parser.add_argument("--check-digit-only", action="store_true", help="totals, and types that carry a check digit")
    parser.add_argument("--peers", action="store_true", help="also the other tools that have an adapter")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter in whose environment the peers are")
    parser.add_argument("--markdown", action="store_true", help="one line a tool, as in the README")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--misses", action="store_true", help="list misses and false findings; not for `unseen`")
    parser.add_argument("--require", action="store_true", help="exit with 1 if a required figure is not reached")
    args = parser.parse_args()
    if args.misses and args.split == "unseen":
        parser.error("what the tools miss in `unseen` stays unseen")
    return args


def first(corpus: Corpus, path: Path | None) -> tuple[str, list[Finding]]:
    """Return the name and the findings of the tool that is scored: aigov, unless a file holds those of another."""
    if path is not None:
        return path.stem, list(tools.from_file(path))
    with tempfile.TemporaryDirectory() as folder:
        write(corpus, Path(folder))
        data = Path(folder) / "data"
        found = [*tools.aigov(data, "data.pii"), *tools.aigov(data, "data.secrets")]
    return f"aigov {tools.aigov_version()}", found


def scored(corpus: Corpus, findings: Iterable[Finding], seed: int) -> Score:
    """Return the score of findings."""
    return Score(match(corpus, findings), read(), accepted(), seed)


def scored_peer(corpus: Corpus, findings: Iterable[Finding], claims: Mapping[str, tuple[str, ...]], seed: int) -> Score:
    """Return the score of a peer: right names of a type are those under which it claims one of its rows."""
    meanings = read()
    names = {
        meaning.type: tuple(name for name, rows in claims.items() if meaning.row in rows)
        for meaning in meanings.values()
        if any(meaning.row in rows for rows in claims.values())
    }
    return Score(match(corpus, findings), meanings, names, seed)


def peers(corpus: Corpus, python: str, seed: int) -> Scored:
    """Return the scores of the peers that run; of one that does not, say why on stderr."""
    found = {}
    for name, peer in tools.peers().items():
        try:
            version, findings = tools.run(peer, corpus, python)
        except tools.ToolError as error:
            print(f"{name} is left out: {error.reason}", file=sys.stderr)
            continue
        found[f"{peer.title}, {version}"] = (scored_peer(corpus, findings, peer.claims, seed), peer.claims)
    return found


def as_json(args: argparse.Namespace, scores: Mapping[str, Score]) -> dict[str, object]:
    """Return everything for a file."""
    head = {"edition": EDITION, "split": args.split, "records": args.records, "seed": args.seed}
    tools_found = {name: score.as_json() for name, score in scores.items()}
    return {"schema": "pii-bench/score/v1", **head, "tools": tools_found}


def print_report(name: str, score: Score, *, check_digit_only: bool) -> None:
    """Print what is known of one tool."""
    print(f"### {name}\n")
    if not check_digit_only:
        print(*tables.report(score), "", sep="\n")
        return
    rows = {meaning.row for meaning in score.meanings.values() if meaning.check_digit}
    table = {row: found for row, found in score.rows(Kind.TRUE).items() if row in rows}
    print(*tables.totals(score), "", *tables.recall(table), "", sep="\n")


if __name__ == "__main__":
    try:
        main()
    except tools.ToolError as error:
        sys.exit(f"score.py: {error.reason}")
    except OSError as error:
        sys.exit(f"score.py: {error}")
