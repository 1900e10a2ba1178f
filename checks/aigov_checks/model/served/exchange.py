"""One bounded HTTP exchange after another with one server: no redirect, no proxy, no compression, no surprise."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

from aigov import Endpoint, MissingInputError, Quantity, UnsupportedInputError, msg
from aigov_checks.model.served.line import LateError, Line, connected
from aigov_checks.model.served.words import said, shown

_AGAIN = (429, 502, 503, 504)
"""A busy server, or a gateway whose server is not there."""
_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds before a request is made again, doubled each time."""
_REDIRECTS = range(300, 400)
_OK = 200
_MOST_TOKEN = 16_384
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    data: bytes


@dataclass(slots=True, eq=False)
class Exchange:
    """A server that is asked, over one connection for as long as it keeps it open."""

    endpoint: Endpoint
    timeout: float
    """Seconds of one request."""
    requests: int = 0
    """Requests that were sent, those that were made again among them."""
    again: int = 0
    """Requests that were made again."""
    _line: Line | None = None
    _trust: ssl.SSLContext | None = None
    _token: str | None = None

    def __post_init__(self) -> None:
        """Read what the declaration names: roots of trust, and a token."""
        parts = urlsplit(self.endpoint.url)
        if parts.scheme == "https":
            self._trust = _trusting(self.endpoint.ca)
        if self.endpoint.token_file:
            self._token = _token(self.endpoint, parts.scheme, parts.hostname or "")

    def ask(self, path: str, body: bytes | None, headers: Mapping[str, str], most: int) -> Reply:
        """Return the answer to a GET, or with a body to a POST, of at most `most` bytes.

        Raises:
            UnsupportedInputError: no answer in time, none that is allowed, or none at all.
        """
        attempt = 0
        while True:
            try:
                reply = self._once(path, body, headers, most)
            except (OSError, UnicodeError, http.client.HTTPException) as error:
                self.close()
                if not isinstance(error, ConnectionError) or attempt >= self.endpoint.retries:
                    raise self._told(error) from error
            else:
                if reply.status not in _AGAIN or attempt >= self.endpoint.retries:
                    return reply
            self.again += 1
            sleep(min(_LONGEST_PAUSE, _PAUSE * 2**attempt))
            attempt += 1

    def good(self, reply: Reply) -> Reply:
        """Return a reply that is one.

        Raises:
            UnsupportedInputError: any other status than 200, with what the server says of it.
        """
        if reply.status == _OK:
            return reply
        raise UnsupportedInputError(
            msg("served.status", address=self.where, status=reply.status, said=said(reply.data))
        )

    @property
    def where(self) -> str:
        """How messages call the server."""
        return self.endpoint.address

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._line is not None:
            self._line.end()
        self._line = None

    def _once(self, path: str, body: bytes | None, headers: Mapping[str, str], most: int) -> Reply:
        parts = urlsplit(self.endpoint.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        until = monotonic() + self.timeout
        if self._line is None:
            self._line = connected(host, port, until, self._trust)
        self._line.until = until
        self.requests += 1
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = _PORTS[parts.scheme]
        connection.sock = self._line  # it has what the connection uses
        given = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "aigov", **headers}
        if self._token is not None:
            given["Authorization"] = f"Bearer {self._token}"
        connection.request("GET" if body is None else "POST", parts.path.rstrip("/") + path, body=body, headers=given)
        with connection.getresponse() as response:
            reply = self._read(response, most)
        if response.will_close:
            self.close()
        return reply

    def _read(self, response: http.client.HTTPResponse, most: int) -> Reply:
        if response.status in _REDIRECTS:
            self.close()
            place = shown(response.getheader("Location", "?"))
            raise UnsupportedInputError(msg("served.redirect", address=self.where, status=response.status, place=place))
        encoding = response.getheader("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", ""):
            self.close()
            raise UnsupportedInputError(msg("served.encoded", address=self.where, encoding=shown(encoding)))
        promised = response.length
        data = b"" if promised is not None and promised > most else response.read(most + 1)
        if (promised is not None and promised > most) or len(data) > most:
            self.close()
            raise UnsupportedInputError(
                msg("served.too-large", address=self.where, limit=Quantity(float(most), "bytes"))
            )
        if promised is not None and len(data) != promised:
            raise http.client.IncompleteRead(data, promised - len(data))
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, data)

    def _told(self, error: Exception) -> UnsupportedInputError:
        """Return what went wrong, in words."""
        match error:
            case TimeoutError() | LateError():
                return UnsupportedInputError(
                    msg("served.timeout", address=self.where, seconds=Quantity(self.timeout, "seconds"))
                )
            case ssl.SSLError():
                reason = shown(getattr(error, "verify_message", "") or error.reason or "TLS")
                return UnsupportedInputError(msg("served.tls", address=self.where, reason=reason))
            case ConnectionError():  # before the next one: a server that hangs up is no bad answer
                attempts, reason = self.endpoint.retries + 1, shown(error.strerror or type(error).__name__)
                return UnsupportedInputError(
                    msg("served.no-connection", address=self.where, reason=reason, attempts=attempts)
                )
            case http.client.HTTPException():
                return UnsupportedInputError(msg("served.broken", address=self.where, reason=type(error).__name__))
            case _:
                reason = shown(getattr(error, "strerror", "") or type(error).__name__)
                return UnsupportedInputError(msg("served.unreachable", address=self.where, reason=reason))


def _trusting(roots: str) -> ssl.SSLContext:
    """Return who is trusted: the system's roots, or those of a file; the name of the host is checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not roots:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=roots)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise MissingInputError(msg("served.no-roots", file=Path(roots).name)) from error
    return context


def _token(endpoint: Endpoint, scheme: str, host: str) -> str:
    """Return the bearer token, which travels encrypted or not at all."""
    if scheme != "https" and not _is_here(host):
        raise UnsupportedInputError(msg("served.token-in-clear", address=endpoint.address))
    path = Path(endpoint.token_file)
    try:
        with path.open("rb") as stream:
            token = stream.read(_MOST_TOKEN).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingInputError(msg("served.no-token", file=path.name)) from error
    if not token or not token.isprintable():
        raise MissingInputError(msg("served.no-token", file=path.name))
    return token


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
