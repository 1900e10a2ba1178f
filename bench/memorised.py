"""How fast training rows are looked for in weights, with all of them absent and with all of them there."""

from __future__ import annotations

import time

import numpy as np

from aigov_checks.model.memorised.pieces import Blob
from aigov_checks.model.memorised.rows import prepare
from aigov_checks.model.memorised.search import Search
from aigov_checks.model.serialization.formats import look
from aigov_checks.model.serialization.notes import Budget, Context

ROWS, COLUMNS, WEIGHTS = 100_000, 20, 16 << 20


def main() -> None:
    """Print processor seconds."""
    generator = np.random.default_rng(0)
    samples = generator.normal(size=(ROWS, COLUMNS))
    weights = generator.normal(size=WEIGHTS)
    start = time.process_time()
    rows = prepare(0, "train", samples, ROWS, 0)
    Search((rows,))
    print(
        f"{ROWS:,} rows of {COLUMNS} values in {len(rows.layouts)} forms: table in {time.process_time() - start:.1f} s"
    )
    for name, values in (("weights without a row", weights), ("the training data itself", samples)):
        search = Search((rows,))
        data = memoryview(values).cast("B")
        start = time.process_time()
        search.look(Blob(data, "", 0, Context(frozenset(), Budget(), look)))
        seconds = time.process_time() - start
        size = len(data) / 1e6
        print(f"{name}, {size:.0f} MB: {seconds:.1f} s, {size / seconds:.0f} MB/s, {len(search.found):,} rows found")


if __name__ == "__main__":
    main()
