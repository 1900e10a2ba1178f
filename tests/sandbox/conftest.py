"""A place with files worth stealing, servers worth reaching, and a way to run the museum as root and as nobody."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import aigov

MUSEUM = Path(__file__).parent / "museum"
SOURCE = Path(aigov.__file__).parents[1]
"""Where aigov is imported from: an interpreter of the system, which nobody may run, has not installed it."""
NOBODY = 65534
USERS = ("root", "nobody") if hasattr(os, "geteuid") and os.geteuid() == 0 else ("self",)


def interpreter(who):
    """Return an interpreter that this user may run: the sandbox itself needs nothing but Python."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        asked = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(asked, check=False, capture_output=True, cwd="/", **who).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.fail("no Python 3.11 that the user nobody may run: the museum cannot be shown to hold for this user")


@pytest.fixture(scope="session", params=USERS)
def place(request):
    """Return the world of one user: what code in a model would want, with a function that runs a job as this user."""
    folder = Path(tempfile.mkdtemp(prefix="aigov-museum-", dir="/tmp"))
    folder.chmod(0o777)
    home, temporary = folder / "home", folder / "tmp"
    (home / ".ssh").mkdir(parents=True)
    temporary.mkdir()
    files = {"key": home / ".ssh/id_ed25519", "theirs": folder / "theirs.txt", "model": folder / "model/m.bin"}
    (folder / "model").mkdir()
    for path in files.values():
        path.write_text("secret", encoding="utf-8")
    user = NOBODY if request.param == "nobody" else None
    who = {"user": user, "group": user, "extra_groups": []} if user else {}
    python = interpreter(who)
    if user:
        for path in (home, home / ".ssh", temporary, folder / "model", *files.values()):
            os.chown(path, user, user)
    tcp, udp, unix = (
        socket.create_server(("127.0.0.1", 0)),
        socket.socket(type=socket.SOCK_DGRAM),
        socket.socket(socket.AF_UNIX),
    )
    port = tcp.getsockname()[1]
    udp.bind(("127.0.0.1", port))
    unix.bind(str(folder / "socket"))
    (folder / "socket").chmod(0o777)
    unix.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0aigov-museum-{os.getpid()}-{request.param}")
    abstract.listen()
    servers = (tcp, udp, unix, abstract)
    for server in servers:
        server.setblocking(False)
    argument = {
        **{name: str(path) for name, path in files.items()},
        "home": str(home),
        "outside": str(folder),
        "port": port,
        "socket": str(folder / "socket"),
        "abstract": f"aigov-museum-{os.getpid()}-{request.param}",
    }

    def run(entry, value=None, **asked):
        spec = json.dumps({"entry": entry, "request": value, **asked})
        secrets = {"LD_PRELOAD": "", "LD_LIBRARY_PATH": str(folder), "SECRET_TOKEN": "secret"}
        done = subprocess.run(
            [python, str(MUSEUM / "runner.py"), spec],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=folder,
            env={**os.environ, **secrets, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(SOURCE)},
            **who,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield SimpleNamespace(
        who=request.param, folder=folder, temporary=temporary, argument=argument, files=files, servers=servers, run=run
    )
    for server in servers:
        server.close()
    shutil.rmtree(folder)
