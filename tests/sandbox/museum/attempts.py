"""Ways out of the sandbox, each inert if it works: what code in a model file would try. Run by `attempt` inside."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"
X86 = os.uname().machine == "x86_64"


def number(x86: int, arm: int) -> int:
    return arm if ARM else x86


def call(nr, *arguments):
    """Make a raw system call; raise where it fails."""
    words = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result = LIBC.syscall(ctypes.c_long(nr), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def reaped(pid):
    """End at once in a child that should not exist; in the parent, take it back."""
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def connect(family, kind, address, data=b"out"):
    with socket.socket(family, kind) as stream:
        stream.settimeout(2)
        stream.connect(address)
        stream.send(data)


def preexisting(argument):
    """Use a thread: rights of a thread are not those of the process."""
    failures = []

    def body():
        try:
            Path(argument["outside"], "thread.txt").write_text("out", encoding="utf-8")
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def signal_by_owner(argument):
    """Let the kernel signal the parent whenever a pipe can be read."""
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, argument["parent"])
    fcntl.fcntl(reading, 10, signal.SIGTERM)
    fcntl.fcntl(reading, fcntl.F_SETFL, fcntl.fcntl(reading, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(writing, b"x")


def old_abi(_argument):
    """Fork through the interrupt of 32-bit programs, past a filter that looks at numbers alone."""
    if not X86:
        raise PermissionError
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x53\xb8\x14\x00\x00\x00\xcd\x80\x5b\xc3")  # push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def second_abi(_argument):
    """Open a socket by the x32 number of the call."""
    if not X86:
        raise PermissionError
    call(0x40000000 + 41, socket.AF_INET, socket.SOCK_STREAM, 0)


def descriptors(_argument):
    """Find an open descriptor that is not ours: the null device and the pipe to the parent are."""
    found = []
    for place in range(1024):
        try:
            kind = os.readlink(f"/proc/self/fd/{place}")
        except OSError:
            continue
        if not kind.startswith(("/dev/null", "pipe:", "/proc/")):
            found.append(kind)
    if not found:
        raise PermissionError


def environment(_argument):
    """Find something of the user's in the environment, or a library to be loaded first."""
    if not any("SECRET" in name or name.startswith("LD_") for name in os.environ):
        raise PermissionError


def raised_limit(_argument):
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard + 2**30))


def allowed_again(_argument):
    """Install a filter that allows everything, and see whether a socket comes back."""
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000))
    header = struct.pack("@HP", 1, ctypes.addressof(code))
    LIBC.syscall(ctypes.c_long(number(317, 277)), 1, 0, ctypes.c_char_p(header))
    LIBC.prctl(22, 2, ctypes.c_char_p(header), 0, 0)
    socket.socket().close()


def program_in_memory(_argument):
    place = call(number(319, 279), ctypes.c_char_p(b"x"), 0)
    Path(f"/proc/self/fd/{place}").write_bytes(b"#!/bin/sh\n")
    os.execve(place, ["x"], {})


def trace(argument):
    """Attach to the parent."""
    call(number(101, 117), 16, argument["parent"], 0, 0)


def foreign_memory(argument):
    target = ctypes.create_string_buffer(8)
    local = struct.pack("=QQ", ctypes.addressof(target), 8)
    call(number(310, 270), argument["parent"], ctypes.c_char_p(local), 1, ctypes.c_char_p(local), 1, 0)


def opened(path, mode="rb"):
    with Path(path).open(mode) as stream:
        stream.read(1) if "r" in mode else stream.write(b"out")


def nobody_calls(pid, sign):
    os.kill(pid, sign)


def changed_mode(argument):
    os.chmod(argument["theirs"], 0o777)


def spawned(*command):
    subprocess.run(command, check=False, timeout=5)


FILES = {
    "write outside": lambda a: Path(a["outside"], "out.txt").write_text("out", encoding="utf-8"),
    "write from a thread": preexisting,
    "append to a file of theirs": lambda a: opened(a["theirs"], "ab"),
    "empty a file of theirs": lambda a: os.truncate(a["theirs"], 0),
    "delete a file of theirs": lambda a: os.unlink(a["theirs"]),
    "rename a file of theirs": lambda a: os.rename(a["theirs"], a["theirs"] + ".old"),
    "change modes": changed_mode,
    "change times": lambda a: os.utime(a["theirs"], (0, 0)),
    "set an attribute": lambda a: os.setxattr(a["theirs"], "user.x", b"out"),
    "change the model": lambda a: opened(a["model"], "ab"),
    "read a key": lambda a: opened(a["key"]),
    "read a file for all": lambda a: opened(a["theirs"]),
    "read beside the code": lambda _: opened(Path(__file__).with_name("runner.py")),
    "read the passwords": lambda _: opened("/etc/shadow"),
    "read the users": lambda _: opened("/etc/passwd"),
    "read through /proc/self/root": lambda _: opened("/proc/self/root/etc/passwd"),
    "read through /proc/self/cwd": lambda a: opened("/proc/self/cwd/../" + a["key"].lstrip("/")),
    "list the root": lambda _: os.listdir("/"),
    "list the home": lambda a: os.listdir(a["home"]),
    "list processes": lambda _: os.listdir("/proc"),
    "memory of the parent": lambda a: opened(f"/proc/{a['parent']}/mem", "r+b"),
    "environment of the parent": lambda a: opened(f"/proc/{a['parent']}/environ"),
    "a disk": lambda _: opened("/dev/vda"),
    "all memory": lambda _: opened("/dev/mem"),
    "shared memory": lambda _: Path("/dev/shm/aigov-out").write_text("out", encoding="utf-8"),
    "folder in the result": lambda a: os.mkdir(Path(a["written"], "folder")),
    "symbolic link in the result": lambda a: os.symlink(a["key"], Path(a["written"], "link")),
    "hard link in the result": lambda a: os.link(a["theirs"], Path(a["written"], "hard")),
    "hard link out of the result": lambda a: os.link(__file__, Path(a["outside"], "hard")),
    "pipe in the result": lambda a: os.mkfifo(Path(a["written"], "pipe")),
    "device in the result": lambda a: os.mknod(Path(a["written"], "null"), 0o20666, os.makedev(1, 3)),
    "inherited descriptors": descriptors,
    "environment": environment,
}
NETWORK = {
    "tcp": lambda a: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", a["port"])),
    "tcp out": lambda _: connect(socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 443)),
    "udp": lambda a: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", a["port"])),
    "tcp 6": lambda a: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", a["port"])),
    "unix socket": lambda a: connect(socket.AF_UNIX, socket.SOCK_STREAM, a["socket"]),
    "abstract socket": lambda a: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + a["abstract"]),
    "listen": lambda _: socket.create_server(("127.0.0.1", 0)).close(),
    "raw socket": lambda _: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "netlink": lambda _: socket.socket(16, socket.SOCK_RAW, 0).close(),
    "packet": lambda _: socket.socket(17, socket.SOCK_RAW, 0).close(),
    "x32 socket": second_abi,
    "filter that allows": allowed_again,
}
PROCESSES = {
    "fork": lambda _: reaped(os.fork()),
    "vfork": lambda _: call(number(58, 220)) if X86 else call(220, 17, 0, 0, 0, 0),
    "clone": lambda _: reaped(call(number(56, 220), signal.SIGCHLD, 0, 0, 0, 0)),
    "clone into a namespace": lambda _: reaped(call(number(56, 220), 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)),
    "clone3": lambda _: reaped(call(435, ctypes.c_char_p(struct.pack("=8Q", 0, 0, 0, 0, 17, 0, 0, 0)), 64)),
    "exec": lambda _: os.execv(sys.executable, [sys.executable, "-c", "print('out')"]),
    "shell": lambda _: spawned("/bin/sh", "-c", "true"),
    "interpreter": lambda _: spawned(sys.executable, "-c", "pass"),
    "posix_spawn": lambda _: os.posix_spawn("/bin/true", ["true"], {}),
    "program in memory": program_in_memory,
    "signal the parent": lambda a: nobody_calls(a["parent"], signal.SIGTERM),
    "signal the caller": lambda _: nobody_calls(os.getppid() or -1, signal.SIGTERM),
    "signal everybody": lambda _: nobody_calls(-1, signal.SIGTERM),
    "signal the group": lambda _: nobody_calls(0, 0),
    "queue a signal": lambda a: call(number(129, 138), a["parent"], 15, ctypes.create_string_buffer(128)),
    "signal by owner": signal_by_owner,
    "trace the parent": trace,
    "trace itself": lambda _: call(number(101, 117), 0, 0, 0, 0),
    "read the parent's memory": foreign_memory,
    "handle of the parent": lambda a: call(434, a["parent"], 0),
    "priority": lambda _: os.setpriority(os.PRIO_USER, 0, 19),
    "processors of the parent": lambda a: os.sched_setaffinity(a["parent"], {0}),
    "limits of the parent": lambda a: resource.prlimit(a["parent"], resource.RLIMIT_CPU),
}
KERNEL = {
    "interrupt of 32-bit programs": old_abi,
    "new user namespace": lambda _: call(number(272, 97), 0x10000000),
    "enter a namespace": lambda a: call(number(308, 268), 0, 0),
    "mount": lambda a: call(number(165, 40), *[ctypes.c_char_p(b"none")] * 3, 0, 0),
    "change the root": lambda a: os.chroot(a["outside"]),
    "bpf": lambda _: call(number(321, 280), 0, ctypes.create_string_buffer(72), 72),
    "io_uring": lambda _: call(425, 4, ctypes.create_string_buffer(120)),
    "userfaultfd": lambda _: call(number(323, 282), 1),
    "keys": lambda _: call(number(250, 219), 0, -3, 1),
    "perf": lambda _: call(number(298, 241), ctypes.create_string_buffer(128), 0, -1, -1, 0),
    "module": lambda _: call(number(175, 105), ctypes.create_string_buffer(8), 8, ctypes.c_char_p(b"")),
    "host name": lambda _: socket.sethostname("out"),
    "raise a limit": raised_limit,
    "outlive the parent": lambda _: call(number(157, 167), 1, 0, 0, 0, 0),
    "new privileges": lambda _: call(number(157, 167), 38, 0, 0, 0, 0),
    "be dumpable": lambda _: call(number(157, 167), 4, 1, 0, 0, 0),
    "be traced": lambda _: call(number(157, 167), 0x59616D61, -1, 0, 0, 0),
    "leave the session": lambda _: call(number(112, 157)),
    "become somebody": lambda _: call(number(105, 146), 12345),
    "type into the terminal": lambda _: fcntl.ioctl(0, 0x5412, b"x"),
}
ATTEMPTS = {**FILES, **NETWORK, **PROCESSES, **KERNEL}


def attempt(request, inside):
    """Try everything that is asked for; return how each attempt ended, `escaped` or the name of the error."""
    argument = {**request["argument"], "written": str(inside.written)}
    ended = {}
    for name in request["names"]:
        try:
            ATTEMPTS[name](argument)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            ended[name] = type(error).__name__
        else:
            ended[name] = "escaped"
    return ended
