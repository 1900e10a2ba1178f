"""The life of the process: nothing stays behind when its parent is killed, and root reads what is another user's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aigov.sandbox import Job, Layer, probe, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux")
MUSEUM = Path(__file__).parent / "museum"
SLEEP = f"import sys; sys.path.insert(0, {str(MUSEUM)!r}); from aigov.sandbox import *; run(Job('bombs:sleep_forever'))"


def running(folder):
    found = []
    for process in Path("/proc").iterdir():
        try:
            found += [process.name] * (str(folder).encode() in (process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def until(condition):
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_a_killed_parent_takes_the_process_and_its_folder_with_it(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", SLEEP], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert until(lambda: len(running(tmp_path)) >= 2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert until(lambda: not running(tmp_path))
    assert until(lambda: not list(tmp_path.iterdir()))


def test_a_probe_says_every_layer_in_order():
    layers = probe()
    assert [*layers.active, *layers.missing] == list(Layer), "this machine lacks a layer"
    assert layers.landlock_abi > 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can read what is another user's")
def test_root_reads_a_private_file_of_another_user_and_gives_up_the_rest(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(MUSEUM))
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    (private / "m.bin").write_bytes(b"model")
    (private / "key").write_bytes(b"secret")
    for path in (private, private / "m.bin", private / "key"):
        os.chown(path, 12345, 12345)
        path.chmod(0o700)
    argument = {"theirs": str(private / "key"), "model": str(private / "m.bin"), "outside": str(private)}
    names = ["read a file for all", "read the passwords", "write outside", "change the model", "tcp out"]
    done = run(Job("attempts:attempt", {"names": names, "argument": argument}, read=(private / "m.bin",)))
    assert set(done.layers.missing) == {Layer.USER_NAMESPACE, Layer.NO_CAPABILITIES}
    assert "escaped" not in done.value.values()
    opened = run(Job("bombs:read", str(private / "m.bin"), read=(private / "m.bin",)))
    assert opened.value == "model"
