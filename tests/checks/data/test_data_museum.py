"""Hostile lines of the museum are scanned to the end, in linear time, and hide no value."""

import sys
import time
from pathlib import Path

import corpus
import pytest

sys.path.insert(0, str(Path(__file__).parent / "museum"))
import hostile_lines

SIZE = 1 << 20
NORMAL = "\n".join(line.text for line in corpus.mixed(31, 15_000, share=0.01)).encode()[:SIZE]


def seconds(scan, content, name):
    start = time.process_time()
    scan.pii(content, name, max_listed=5)
    return time.process_time() - start


@pytest.fixture(scope="module")
def normal(tmp_path_factory):
    from data_scans import Scan

    scan = Scan(tmp_path_factory.mktemp("normal"))
    return {name: max(0.05, min(seconds(scan, NORMAL, name) for _ in range(3))) for name in ("a.txt", "a.csv")}


@pytest.mark.parametrize("entry", hostile_lines.UNITS)
@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_hostile_line_is_scanned_at_no_less_than_a_tenth_of_the_normal_rate(scan, normal, entry, name):
    line = hostile_lines.line(entry, SIZE)
    assert any(seconds(scan, line, name) < 10 * normal[name] for _ in range(3))


@pytest.mark.parametrize("entry", hostile_lines.UNITS)
def test_a_value_behind_a_hostile_run_is_found(scan, entry):
    text = hostile_lines.line(entry, 20_000) + f"\ntel {hostile_lines.PHONE} ok"
    measured = scan.pii(text, max_listed=100_000)
    assert [o.location.record for o in measured.occurrences if o.type == "cn.mobile"][-1:] == [text.count("\n")]


def test_compressed_hostile_files_open_the_interval(scan, monkeypatch):
    monkeypatch.setattr("aigov_checks.data.packed._ALWAYS", 1 << 20)
    for content in (hostile_lines.truncated_gzip(), hostile_lines.gzip_of_zeros(64 << 20)):
        measured = scan.pii(content, "a.log.gz")
        assert measured.artifacts[0].status.value in {"not-covered", "suspicious"}
        assert measured.measurements["occurrences"].limits
