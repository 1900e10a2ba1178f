"""A scan starts at once: what is compiled is kept, and what somebody else may have kept is never loaded."""

import os
import stat
import subprocess
import sys

import pytest

from aigov_checks.data import compiled

PATTERNS = [(b"abc[0-9]{3}", False), (b"hello", True)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "aigov" / "automata"


@pytest.fixture
def compilations(monkeypatch):
    import hyperscan

    made = []

    class Counted(hyperscan.Database):
        def compile(self, **kwargs):
            made.append(kwargs["ids"])
            super().compile(**kwargs)

    monkeypatch.setattr(hyperscan, "Database", Counted)
    return made


def hits(database):
    found = []
    database.scan(b"abc123 HELLO", match_event_handler=lambda index, _start, end, *_: found.append((index, end)))
    return sorted(found)


def test_what_was_compiled_is_loaded_the_next_time_and_finds_the_same(folder, compilations):
    for _ in range(3):
        assert hits(compiled.database(PATTERNS)) == [(0, 6), (1, 12)]
    assert len(compilations) == 1
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_other_patterns_are_other_files(folder, compilations):
    compiled.database(PATTERNS)
    assert hits(compiled.database(PATTERNS[:1])) == [(0, 6)]
    assert len(compilations) == 2


def spoil_bytes(path):
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")


def spoil_rights(path):
    path.chmod(0o644)


def spoil_link(path):
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)


def spoil_second_name(path):
    os.link(path, path.with_name("other"))


def spoil_pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def spoil_folder(path):
    path.parent.chmod(0o777)


@pytest.mark.parametrize("spoil", [spoil_bytes, spoil_rights, spoil_link, spoil_second_name, spoil_pipe, spoil_folder])
def test_a_file_that_is_broken_or_open_to_others_is_compiled_anew(folder, compilations, spoil):
    compiled.database(PATTERNS)
    (kept,) = folder.iterdir()
    spoil(kept)
    assert hits(compiled.database(PATTERNS)) == [(0, 6), (1, 12)]
    assert len(compilations) == 2


def test_a_whole_file_that_is_no_automaton_is_compiled_anew(folder, compilations):
    import hashlib

    compiled.database(PATTERNS)
    (kept,) = folder.iterdir()
    kept.write_bytes(b"aigov automaton 1\n" + hashlib.sha256(b"junk").digest() + b"junk")
    assert hits(compiled.database(PATTERNS)) == [(0, 6), (1, 12)]


def test_a_home_that_cannot_be_written_costs_time_alone(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert compiled.cache_folder() is None
    assert hits(compiled.database(PATTERNS)) == [(0, 6), (1, 12)]


def test_the_folder_does_not_grow_without_end(folder):
    for index in range(20):
        compiled.database([(b"x%d" % index, False)])
    assert len(list(folder.iterdir())) <= 16


def test_importing_the_pack_loads_nothing_heavy():
    code = "import aigov_checks, sys; print([m for m in ('numpy', 'hyperscan', 'pyarrow', 'presidio_analyzer') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
