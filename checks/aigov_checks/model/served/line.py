"""A connection whose every byte comes before a deadline, however slowly the other side sends."""

from __future__ import annotations

import io
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


class LateError(OSError):
    """The time of a request is over."""


@dataclass(slots=True, eq=False)
class Line:
    """What `http.client` needs of a socket; each use of it waits no longer than what is left of the time."""

    socket: socket.socket
    until: float
    """Reading of the monotonic clock at which the request must be over."""

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            LateError: none.
        """
        seconds = self.until - monotonic()
        if seconds <= 0:
            raise LateError
        return seconds

    def sendall(self, data: bytes) -> None:
        """Send everything; the time-out of `sendall` is one for the whole of it."""
        self.socket.settimeout(self.left())
        self.socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a stream to read from."""
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Do nothing: `http.client` lets go of a connection before the last byte of an answer is read."""

    def end(self) -> None:
        """Close the connection."""
        self.socket.close()


class _Reader(io.RawIOBase):
    """The bytes of a line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        self._line.socket.settimeout(self._line.left())
        return self._line.socket.recv_into(buffer)


def connected(host: str, port: int, until: float, trust: ssl.SSLContext | None) -> Line:
    """Return a connection, encrypted where `trust` says who must have signed the other side's certificate.

    Raises:
        OSError: no connection, or no time left; `ssl.SSLError` where the certificate does not hold.
    """
    line = Line(socket.create_connection((host, port), max(0.001, until - monotonic())), until)
    with ExitStack() as undone:
        undone.callback(line.end)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if trust is not None:
            line.socket = _secured(line, host, trust)
        undone.pop_all()  # it stays open
    return line


def _secured(line: Line, host: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    """Return the encrypted socket; the time-out of a handshake is one for the whole of it."""
    secured = trust.wrap_socket(line.socket, server_hostname=host, do_handshake_on_connect=False)
    secured.settimeout(line.left())
    secured.do_handshake()
    return secured
