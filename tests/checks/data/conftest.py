"""Makes the helpers of this folder importable, and hands out a scan over a fresh folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def scan(tmp_path):
    from data_scans import Scan

    return Scan(tmp_path)
