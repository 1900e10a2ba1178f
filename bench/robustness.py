"""Robust accuracy and time of `model.robustness` beside other attacks: same models, samples and budget, one run.

    OMP_NUM_THREADS=1 python bench/robustness.py [--samples N] [--dear] [--keep FILE] [--require]

Rows of packages that are not installed are left out: ART (with `multiprocess`), torchattacks, foolbox, and the original
AutoAttack (github.com/fra31/auto-attack). `--dear` adds what takes minutes: ART's AutoAttack and HopSkipJump, and
foolbox's Brendel-Bethge attack, on the first model. `--keep` writes the rows of other packages to a file and takes them
from there next time; aigov's are always measured anew. `--require` fails where a figure is not reached.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from attacks import audit, demands, models, ours, peers, toolbox
from attacks.clock import Failed, Timed, timed
from attacks.kept import Kept


def main() -> None:
    """Print one table a model, then what is exact and what a whole audit takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--dear", action="store_true", help="also what takes minutes")
    parser.add_argument("--keep", type=Path, help="rows of other packages that are not measured again")
    parser.add_argument("--require", action="store_true", help="fail where a figure is not reached")
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    print(f"not installed: {', '.join(peers.missing()) or 'nothing'}")
    kept = Kept(given.keep, given.samples)
    tables: dict[str, demands.Rows] = {}
    masked = set()
    with tempfile.TemporaryDirectory() as folder:
        for case in models.cases(Path(folder), given.samples):
            clean = f"accuracy {case.accuracy(case.x):.4f}, budget {case.eps:g}, {len(case.x)} samples"
            print(f"\n{case.title}: {clean}\n  {'':<42}  accuracy   CPU s  wall s   CPU of aigov's")
            tables[case.title] = measured(case, kept, dear=given.dear and case.title == models.DEFENDED)
            masked |= {case.title} if case.masked else set()
    speed = audit.printed()
    missed = demands.printed(tables, masked, speed, given.samples)
    if given.require and missed:
        sys.exit(1)


def measured(case: models.Case, kept: Kept, *, dear: bool) -> demands.Rows:
    """Return the rows of one model, printed as they come."""
    rows: demands.Rows = {}
    for name, run in ours.rows(case).items():
        rows[name] = timed(run)
        show(name, rows[name], rows)
    absent = peers.missing()
    others = peers.rows(case, absent, dear=dear)
    if "art" not in absent:
        others |= toolbox.rows(case, dear=dear and "multiprocess" not in absent)
    for name, run in others.items():
        rows[name] = kept.measured(case.title, name, run)
        show(name, rows[name], rows)
    return rows


def show(name: str, row: Timed | Failed, rows: demands.Rows) -> None:
    """Print one row."""
    if isinstance(row, Failed):
        print(f"  {name:<42}  error: {row.reason[:90]}", flush=True)
        return
    whole = rows.get(ours.WHOLE, row)
    ratio = row.cpu / whole.cpu if isinstance(whole, Timed) else float("nan")
    print(f"  {name:<42}  {row.value:8.4f} {row.cpu:7.2f} {row.wall:7.2f} {ratio:9.3f}", flush=True)


if __name__ == "__main__":
    main()
