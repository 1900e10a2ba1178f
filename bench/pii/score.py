"""Score aigov, and with `--peers` others, on one split of the benchmark.

Run: `python bench/pii/score.py --split unseen [--records N] [--seed N] [--check-digit-only] [--peers]`.
aigov is run as a user runs it: `aigov check data.pii` and `data.secrets` with `--format jsonl`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from generate import RECORDS, write
from pii_bench import tables, tools
from pii_bench.corpus import SPLITS, build
from pii_bench.labels import Corpus, Kind
from pii_bench.matching import Finding, Outcome, match
from pii_bench.meanings import accepted, read

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 4
"""Misses that are listed a row and template."""


def main() -> None:
    """Print the tables that the command line asks for."""
    args = arguments()
    corpus = build(args.split, args.records, args.seed)
    print(f"## Split `{args.split}`, {args.records} records, seed {args.seed}\n")
    score = scored(corpus, with_aigov(corpus))
    print("### aigov\n")
    print(*tables.summary(score), sep="\n")
    if args.check_digit_only:
        rows = {m.row for m in score.meanings.values() if m.check_digit}
        table = {name: row for name, row in score.rows(Kind.TRUE).items() if name in rows}
        print("", *tables.recall(table), sep="\n")
    else:
        print_tables(score)
    if args.misses:
        print_misses(corpus, score)
    if args.peers:
        print_peers(corpus)


def arguments() -> argparse.Namespace:
    """Return what the command line says; misses are shown for the split `dev` alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check-digit-only", action="store_true", help="only types that carry a check digit")
    parser.add_argument("--peers", action="store_true", help="also the other tools that are installed")
    parser.add_argument("--misses", action="store_true", help="list misses and false findings; not for `unseen`")
    args = parser.parse_args()
    if args.misses and args.split == "unseen":
        parser.error("what the tools miss in `unseen` stays unseen")
    return args


def with_aigov(corpus: Corpus) -> list[Finding]:
    """Return what both checks report for the corpus, written to a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(corpus, Path(folder))
        data = Path(folder) / "data"
        return [*tools.aigov(data, "data.pii"), *tools.aigov(data, "data.secrets")]


def scored(corpus: Corpus, findings: Iterable[Finding]) -> tables.Score:
    """Return the score of findings."""
    return tables.Score(match(corpus, findings), read(), accepted())


def print_tables(score: tables.Score) -> None:
    """Print recall, precision and hard negatives."""
    print("\n#### Recall\n", *tables.recall(score.rows(Kind.TRUE)), sep="\n")
    print("\n#### Reported apart: what needs a language model or has no cue\n")
    print(*tables.recall(score.rows(Kind.APART)), sep="\n")
    print("\n#### Precision\n", *tables.precision(score), sep="\n")
    print("\n#### Hard negatives\n", *tables.negatives(score.rows(Kind.NEGATIVE)), sep="\n")
    print(f"\nReported types that `types.yaml` does not list: {', '.join(score.unknown_types()) or 'none'}.")


def print_misses(corpus: Corpus, score: tables.Score) -> None:
    """Print labels that nothing found and findings that met nothing, a few a row and template."""
    seen: dict[tuple[str, str], int] = {}
    print("\n#### Missed\n")
    for label, findings in score.match.found.items():
        key = (label.meaning.row, label.template)
        seen[key] = seen.get(key, 0) + int(not findings)
        if label.meaning.kind in (Kind.TRUE, Kind.APART) and not findings and seen[key] <= SHOWN:
            text, span = corpus.values[label.place], label.span
            print(f"- {label.meaning.row} [{label.template}] `{text[span.start : span.end]}` in `{text[:160]}`")
    print("\n#### False\n")
    for met in score.match.met:
        if met.outcome is Outcome.FALSE:
            text, span = corpus.values.get(met.finding.place, ""), met.finding.span
            kinds = ", ".join(label.meaning.row for label in met.labels) or "no label"
            print(f"- {met.finding.type} on {kinds}: `{text[span.start : span.end]}` in `{text[:160]}`")


def print_peers(corpus: Corpus) -> None:
    """Print the totals of the peers that are installed."""
    for name in tools.installed():
        score = scored(corpus, tools.PEERS[name](corpus))
        print(f"\n### {name}\n", *tables.summary(score), sep="\n")
        print("", *tables.precision(score), sep="\n")


if __name__ == "__main__":
    main()
