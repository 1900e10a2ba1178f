"""Write the corpus of one split, with its labels.

Run: `python bench/pii/generate.py --split dev --output DIR`. Files go to DIR/data, labels to DIR/labels.jsonl.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pii_bench.corpus import SPLITS, build

if TYPE_CHECKING:
    from pii_bench.labels import Corpus, Label

RECORDS = 4000


def main() -> None:
    """Write the files that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--records", type=positive, default=RECORDS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    corpus = build(args.split, args.records, args.seed)
    write(corpus, args.output)
    print(f"{len(corpus.labels)} labels in {len(corpus.files)} files: {args.output}")


def positive(text: str) -> int:
    """Return a number of records; argparse turns the error into a message."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of records")
    return int(text)


def write(corpus: Corpus, folder: Path) -> None:
    """Write data and labels."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, content in corpus.files.items():
        (folder / "data" / name).write_bytes(content)
    lines = (json.dumps(as_json(label), ensure_ascii=False) for label in corpus.labels)
    (folder / "labels.jsonl").write_text("".join(f"{line}\n" for line in lines))


def as_json(label: Label) -> dict[str, object]:
    """Return one line of `labels.jsonl`."""
    place, span, meaning = label.place, label.span, label.meaning
    return {
        "file": place.file,
        "record": place.record,
        "pointer": place.pointer,
        "start": span.start,
        "end": span.end,
        "kind": str(meaning.kind),
        "type": meaning.type,
        "row": meaning.row,
        "template": label.template,
        "more": [{"record": p.record, "start": s.start, "end": s.end} for p, s in label.more],
    }


if __name__ == "__main__":
    main()
