"""The museum of escapes: every way out of the sandbox fails, as root and as nobody, and leaves no trace."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from aigov.sandbox import Layer
from aigov.sandbox.landlock import landlock_abi

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the layers are those of Linux"),
    pytest.mark.loopback,
]
_SPEC = importlib.util.spec_from_file_location("attempts", Path(__file__).parent / "museum/attempts.py")
MUSEUM = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(MUSEUM)

NAMESPACES = (
    Layer.USER_NAMESPACE,
    Layer.NETWORK_NAMESPACE,
    Layer.PID_NAMESPACE,
    Layer.IPC_NAMESPACE,
    Layer.MOUNT_NAMESPACE,
)


def tried(place, names, **asked):
    request = {"names": sorted(names), "argument": dict(place.argument)}
    ended = place.run("attempts:attempt", request, read=[place.argument["model"]], limits={"seconds": 60}, **asked)
    assert "value" in ended, ended
    return ended


@pytest.fixture(scope="session")
def everything(place):
    return tried(place, set(MUSEUM.ATTEMPTS) - {"interrupt of 32-bit programs"})


def test_every_layer_is_active(everything):
    missing = set(Layer) - set(everything["active"])
    assert not missing, f"this machine lacks {sorted(missing)}, so that the museum says less than it should"


@pytest.mark.parametrize("name", sorted(set(MUSEUM.ATTEMPTS) - {"interrupt of 32-bit programs"}))
def test_no_way_out(everything, name):
    assert everything["value"][name] != "escaped"


def test_nothing_outside_was_touched_and_nobody_was_called(everything, place):
    assert everything["value"]
    assert {path.read_text(encoding="utf-8") for path in place.files.values()} == {"secret"}
    assert sorted(path.name for path in place.folder.iterdir()) == ["home", "model", "socket", "theirs.txt", "tmp"]
    assert list(place.temporary.iterdir()) == []
    for server in place.servers:
        with pytest.raises(BlockingIOError):
            server.recv(1) if server.type.name == "SOCK_DGRAM" else server.accept()


def test_the_interrupt_of_32_bit_programs_ends_the_process(place):
    request = {"names": ["interrupt of 32-bit programs"], "argument": dict(place.argument)}
    assert place.run("attempts:attempt", request)["stopped"] == "sandbox.killed"


ALONE = [
    ((Layer.LANDLOCK,), ["write outside", "write from a thread", "read a key", "read a file for all", "list the home"]),
    ((Layer.LANDLOCK,), ["change the model", "delete a file of theirs", "memory of the parent", "read the users"]),
    ((Layer.LANDLOCK,), ["symbolic link in the result", "pipe in the result", "folder in the result", "exec", "shell"]),
    ((Layer.SECCOMP,), [*MUSEUM.NETWORK, *set(MUSEUM.PROCESSES)]),
    (
        (Layer.SECCOMP,),
        ["change modes", "change times", "empty a file of theirs", "outlive the parent", "bpf", "mount"],
    ),
    (NAMESPACES, ["tcp", "tcp out", "udp", "abstract socket", "signal the parent", "trace the parent"]),
]


@pytest.mark.parametrize(("layers", "names"), ALONE, ids=lambda value: value[0] if isinstance(value[0], str) else "")
def test_each_layer_holds_by_itself(place, layers, names):
    ended = tried(place, names, layers=list(layers))
    assert set(layers) <= set(ended["active"]) <= {*layers, Layer.NO_NEW_PRIVILEGES}
    assert [name for name, end in ended["value"].items() if end == "escaped"] == []


@pytest.mark.parametrize(
    ("abi", "names"), [(4, ["tcp", "hard link in the result"]), (6, ["abstract socket", "signal the parent"])]
)
def test_landlock_holds_what_its_version_knows(place, abi, names):
    if landlock_abi() < abi:
        pytest.skip(f"Landlock of this kernel is ABI {landlock_abi()}; this needs {abi}")
    ended = tried(place, names, layers=[Layer.LANDLOCK])
    assert "escaped" not in ended["value"].values()


def test_where_namespaces_are_forbidden_the_other_layers_hold_alone(place):
    """As in a container whose runtime refuses unshare(2)."""
    names = set(MUSEUM.ATTEMPTS) - {"interrupt of 32-bit programs"}
    ended = tried(place, names, layers=sorted(set(Layer) - set(NAMESPACES)))
    assert not set(NAMESPACES) & set(ended["active"])
    assert [name for name, end in ended["value"].items() if end == "escaped"] == []


def test_without_any_layer_the_same_attempts_succeed(place):
    """Show that the museum can fail: what is stopped above works where nothing stops it."""
    names = ["read a file for all", "tcp", "udp", "unix socket", "abstract socket", "fork", "list the root"]
    ended = tried(place, names, layers=[])
    assert set(ended["value"].values()) == {"escaped"}
    for server in place.servers:
        server.recv(8) if server.type.name == "SOCK_DGRAM" else server.accept()[0].close()
