"""What tells a secret from a name of a thing, a path and a placeholder; every function takes the matched bytes."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from aigov import FrozenMap

if TYPE_CHECKING:
    from aigov_checks.data.validators import Validator

_PLACEHOLDER = re.compile(
    rb"(?i)[*x.#?_-]+|null|none|nil|true|false|required|optional|string|your[-_ ]?.*|.*example.*|.*changeme.*|"
    rb".*placeholder.*|.*redacted.*|\$.*|<.*|\{.*|%.*|\[.*|.*\(.*|change[-_ ]?(?:me|it|this).*|to-?be-?set|tbd|todo|"
    rb"dummy.*|(?:convertto|read|get)-[a-z]+.*|!(?:vault|ref|env|secret|include|sub).*|(?:vault|env|secret|file|ref|ssm):.*|[a-z_][a-z0-9_.]*\[|"
    rb"(?:os|process|self|this|cfg|conf|config|settings|env|args|options|opts|secrets|vault|params)\.[a-z_][a-z0-9_.]*"
    rb"[\[(]?.*",
)
_CHAIN = re.compile(rb"(?i)(?:[a-z]{2,}|[0-9]{1,4}|v[0-9]{1,3})(?:[-_./](?:[a-z]{2,}|[0-9]{1,4}|v[0-9]{1,3}))+")
"""Words with separators, as names of things have them."""
_PATH = re.compile(
    rb"(?:\.{0,2}|[A-Za-z]:|~)[/\\][\w.-]*(?:[/\\][\w.-]*)*|[\w-]+\.(?:ya?ml|json|txt|conf|cfg|ini|pem|key|env|xml|py|sh)"
)
_CREDENTIAL = re.compile(rb"://[^:]*:(.*?)@")


def credential(value: bytes) -> bool:
    """The address of a service with a password in it that is no placeholder."""
    found = _CREDENTIAL.search(value)
    return found is not None and not placeholder(found[1])


def mixed_secret(value: bytes) -> bool:
    """At least two classes of characters, and no placeholder."""
    return not placeholder(value) and not _PATH.fullmatch(value) and _classes(value) >= 2  # noqa: PLR2004


def random_secret(value: bytes) -> bool:
    """A token that looks drawn at random: no placeholder, many different characters."""
    return not placeholder(value) and len(set(value)) >= min(10, len(value) // 2)


def mixed_random_secret(value: bytes) -> bool:
    """A random token with letters, of which one is a capital or stands beside a digit."""
    return random_secret(value) and mixed_secret(value) and re.search(rb"[0-9]|[a-z][A-Z]", value) is not None


def chosen_secret(value: bytes) -> bool:
    """Something that a person chose as a password: no placeholder, and not a word of prose."""
    return not placeholder(value) and (re.fullmatch(rb"[A-Za-z]+[.,;]?", value) is None or len(value) > 15)  # noqa: PLR2004


def generated_secret(value: bytes) -> bool:
    """A key or token as a machine draws them: digits among many different characters, and no chain of words."""
    if placeholder(value) or _CHAIN.fullmatch(value) or len(set(value)) < min(10, len(value) // 2):
        return False
    changes = len(re.findall(rb"(?=[a-z][A-Z]|[A-Z][a-z])", value))
    letters = re.search(rb"[A-Za-z]", value) is not None
    return letters and (re.search(rb"[0-9]", value) is not None or changes * 4 >= len(value))


def typed_secret(value: bytes) -> bool:
    """A password as a person types it: at least two classes of characters, or a number, and no path."""
    if placeholder(value) or _PATH.fullmatch(value):
        return False
    return value.isdigit() or _classes(value) >= 2  # noqa: PLR2004


def complex_secret(value: bytes) -> bool:
    """A password that no word of prose looks like: letters and digits, with a capital inside or a symbol."""
    if not typed_secret(value) or not re.search(rb"[0-9]", value) or not re.search(rb"[A-Za-z]", value):
        return False
    return re.search(rb"[!#$%&*+@^~?]|[a-z0-9][A-Z]|[A-Z][a-z]+[0-9]", value) is not None and b"://" not in value


def basic_credentials(value: bytes) -> bool:
    """User and password in Base64 (RFC 7617)."""
    try:
        user, colon, password = base64.b64decode(value, validate=True).partition(b":")
    except ValueError:
        return False
    return bool(user and colon) and not placeholder(password)


def not_placeholder(value: bytes) -> bool:
    """Anything but a text that stands for a secret."""
    return not placeholder(value)


def placeholder(value: bytes) -> bool:
    """Whether the text stands for a secret that is not there (`****`, `null`, `${VAR}`, `<password>`)."""
    return _PLACEHOLDER.fullmatch(value) is not None or (len(set(value)) == 1 and not value.isdigit())


def _classes(value: bytes) -> int:
    classes = (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^0-9A-Za-z]")
    return sum(re.search(pattern, value) is not None for pattern in classes)


SECRET_VALUES: FrozenMap[str, Validator] = FrozenMap(
    {
        function.__name__: function
        for function in (
            credential,
            mixed_secret,
            mixed_random_secret,
            chosen_secret,
            random_secret,
            generated_secret,
            typed_secret,
            complex_secret,
            basic_credentials,
            not_placeholder,
        )
    },
)
"""Functions that detector files may name."""
