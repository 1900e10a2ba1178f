"""Hostile lines of the museum are scanned to the end and hide no value; `bench/pii/speed.py` prints how fast."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "museum"))
import hostile_lines


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
