"""The names of one's own that a file may hold: those of the parameters, and those of a signed list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aigov import InputError, MissingInputError, SignatureError, Subject, msg

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SerializationParams:
    """Parameters that a policy may set."""

    allow: tuple[str, ...] = ()
    """Exact `module.Class` names of one's own that a file may hold; what is known to be dangerous stays dangerous."""
    allow_list: str = ""
    """Signed list of more such names (`aigov policy allow`), absolute or relative to the subject."""
    allow_list_key: str = ""
    """PEM file of the public key that signs the list."""


class Listed(Protocol):
    """What the parameters have in common of checks that rely on a signed list."""

    @property
    def allow_list(self) -> str:
        """Signed list of names, absolute or relative to the subject; empty for none."""

    @property
    def allow_list_key(self) -> str:
        """PEM file of the public key that signs the list."""


def listed_names(subject: Subject, params: Listed) -> Sequence[str]:
    """Return the names of the signed list, sorted; none where no list is named.

    Raises:
        MissingInputError: list or key is missing, cannot be read, or the key did not sign the list.
    """
    if not params.allow_list and not params.allow_list_key:
        return ()
    if not params.allow_list or not params.allow_list_key:
        raise MissingInputError(msg("serialization.allow-list.usage"))
    from aigov.signing import read_allow_list, read_public_key  # start-up time

    try:
        key = read_public_key(subject.root / params.allow_list_key)
        found = read_allow_list(subject.root / params.allow_list, key)
    except (InputError, SignatureError) as error:
        raise MissingInputError(msg("serialization.allow-list.refused", reason=error.message)) from error
    return sorted({entry.name for entry in found.entries})
