"""How much faster the scan is than Presidio's regex recognizers, on one generated log, in one process.

Run: `python bench/pii_speed.py [MEGABYTES]`. Both read the same lines; times are CPU seconds.
"""

import argparse
import csv
import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path

from aigov import FrozenMap, Unit
from aigov_checks.data.pii import PiiParams
from aigov_checks.data.scan import scan_unit

CORPUS = Path(__file__).parent.parent / "tests" / "checks" / "data" / "corpus.py"
SAMPLE = 3000
"""Lines that Presidio gets; it reads about 1,000 a second."""


def main() -> None:
    """Print bytes a second of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=float, nargs="?", default=16)
    size = int(parser.parse_args().megabytes * 1e6)
    lines = generated(size)
    text = "\n".join(lines).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.txt"
        path.write_bytes(text)
        ours = {
            engine: rate(lambda engine=engine: scan(path, len(text), engine), len(text))
            for engine in ("vectorscan", "re")
        }
        others = {shape: rate_of(shape, lines, Path(folder)) for shape in ("jsonl", "escaped jsonl", "csv", "parquet")}
    sample = lines[:SAMPLE]
    recognizers, engine = presidio()
    size = len("\n".join(sample).encode())
    bare = rate(lambda: [r.analyze(line, r.supported_entities, None) for line in sample for r in recognizers], size)
    whole = rate(lambda: [engine.analyze(line, "en") for line in sample], size)
    print(f"Presidio, {len(recognizers)} regex recognizers called directly  {bare / 1e6:8.3f} MB/s     1")
    print(f"Presidio, AnalyzerEngine without a model          {whole / 1e6:8.3f} MB/s  {whole / bare:6.2f}")
    for name, speed in ours.items():
        ratios = f"{speed / bare:6.0f} x recognizers  {speed / whole:6.0f} x engine"
        print(f"aigov data.pii, {name:<12}  {speed / 1e6:8.2f} MB/s  {ratios}")
    for shape, speed in others.items():
        share = speed / ours["vectorscan"]
        print(f"aigov data.pii, {shape:<14}{speed / 1e6:8.2f} MB/s of text  {share:6.2f} x plain text")


def generated(size: int) -> list[str]:
    """Return lines of a number-dense log, about 1 % with something personal."""
    spec = importlib.util.spec_from_file_location("corpus", CORPUS)
    corpus = importlib.util.module_from_spec(spec)
    sys.modules["corpus"] = corpus
    spec.loader.exec_module(corpus)
    lines = [line.text for line in corpus.mixed(1, 20_000, share=0.01)]
    prefixed = [f"2024-03-15 08:{i % 60:02}:{i % 59:02}.{i % 1000:03} line3 {line}" for i, line in enumerate(lines)]
    each = len("\n".join(prefixed).encode())
    return prefixed * max(1, size // each)


def rate_of(shape: str, lines: list[str], folder: Path) -> float:
    """Return bytes of the lines a CPU second, when they stand in a file of that shape."""
    path = folder / "log"
    if shape == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"id": list(range(len(lines))), "note": lines}), path)
        size = parquet.ParquetFile(path).num_row_groups
    elif shape == "csv":
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows([("id", "note"), *enumerate(lines)])
        size = path.stat().st_size
    else:
        escape = shape == "escaped jsonl"
        rows = (json.dumps({"id": i, "note": line}, ensure_ascii=escape) for i, line in enumerate(lines))
        path.write_text("\n".join(rows))
        size = path.stat().st_size
    format_ = shape.removeprefix("escaped ")
    return rate(lambda: scan(path, size, "vectorscan", format_), len("\n".join(lines).encode()))


def scan(path: Path, size: int, engine: str, format_: str = "text") -> None:
    """Scan the file as the check does."""
    content = {"sha256": "", "format": format_, "encoding": "utf-8", "start": 0, "end": size, "reason": ""}
    scan_unit("pii", Unit(FrozenMap(content), FrozenMap({"path": str(path)})), PiiParams(), engine)


def presidio() -> tuple[list, object]:
    """Return Presidio's default English regex recognizers and an engine with them, without a language model."""
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    found = [r for r in registry.recognizers if isinstance(r, PatternRecognizer)]
    for recognizer in found:
        if "EMAIL_ADDRESS" in recognizer.supported_entities:
            recognizer.validate_result = lambda _text: None  # it would resolve host names
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    return found, AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


def rate(work: object, size: int) -> float:
    """Return bytes a CPU second, the best of three, after one run that warms up."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return size / min(times)


if __name__ == "__main__":
    main()
