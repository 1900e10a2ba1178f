"""Where a served model is asked: an endpoint of the Open Inference Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from aigov.i18n import Message, msg

_PATH = ("v2", "models")
_MOST_ROWS, _MOST_RETRIES, _LONGEST = 65_536, 10, 3_600.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model that a server answers for, by the Open Inference Protocol (KServe version 2) over HTTP.

    Source: Open Inference Protocol, https://github.com/kserve/open-inference-protocol.
    """

    url: str
    """`http://host:port` or `https://host:port`, and a path where a gateway has one before `/v2`."""
    model: str
    version: str = ""
    """Version to ask for; empty for the one that the server takes."""
    output: str = ""
    """Output to read where the model has several."""
    timeout: float = 30.0
    """Seconds that one request may take, from the connection to the last byte of the answer."""
    retries: int = 2
    """How often a request is made again after a broken connection, 429, 502, 503 or 504; each is counted and told."""
    batch: int = 256
    """Samples of one request at most."""
    ca: str = ""
    """PEM file of the roots that the server's certificate must come from; empty for those of the system."""
    token_file: str = ""
    """File with the bearer token; sent over https and to this machine only."""

    @property
    def address(self) -> str:
        """The model's own URL."""
        version = f"/versions/{quote(self.version, safe='')}" if self.version else ""
        return f"{self.url.rstrip('/')}/v2/models/{quote(self.model, safe='')}{version}"

    @property
    def problem(self) -> Message | None:
        """What is wrong with the declaration; None for nothing."""
        return _problem(self)


def endpoint_at(address: str) -> Endpoint | None:
    """Return the endpoint of a model's own URL, `http://host/v2/models/NAME[/versions/V]`; None for anything else."""
    if not address.lower().startswith(("http://", "https://")):
        return None
    parts = address.rstrip("/").split("/")
    version = ""
    if len(parts) > 2 and parts[-2] == "versions":  # noqa: PLR2004  # the word and the version
        version, parts = unquote(parts[-1]), parts[:-2]
    if tuple(parts[-3:-1]) != _PATH:
        return Endpoint(address, "")
    return Endpoint("/".join(parts[:-3]), unquote(parts[-1]), version)


def _problem(endpoint: Endpoint) -> Message | None:
    try:
        parts = urlsplit(endpoint.url)
        port = parts.port
    except ValueError:
        return msg("serve.bad-url", url=endpoint.url[:200])
    plain = all(33 <= ord(sign) < 127 for sign in endpoint.url)  # noqa: PLR2004  # ASCII without blanks
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not plain:
        return msg("serve.bad-url", url=endpoint.url[:200])
    if parts.username is not None or parts.password is not None:
        return msg("serve.credentials")
    if parts.query or parts.fragment or "?" in endpoint.url or "#" in endpoint.url:
        return msg("serve.bad-url", url=endpoint.url[:200])
    for word, value in (("model", endpoint.model), ("version", endpoint.version)):
        if (word == "model" and not value) or value in (".", "..") or not value.isprintable():
            return msg("serve.bad-name", field=word, value=value[:80])
    ranges = {
        "timeout": 0 < endpoint.timeout <= _LONGEST,
        "retries": 0 <= endpoint.retries <= _MOST_RETRIES,
        "batch": 1 <= endpoint.batch <= _MOST_ROWS,
    }
    wrong = next((name for name, usable in ranges.items() if not usable), None)
    return None if wrong is None else msg("serve.bad-number", field=wrong, value=str(getattr(endpoint, wrong))[:40])
