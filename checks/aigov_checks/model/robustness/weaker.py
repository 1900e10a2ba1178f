"""Why an attack was weaker than it can be, so that what it found has no end on the side of the attacker."""

from __future__ import annotations

from aigov import Message


def weaker(slow: Message | None, no_gradients: Message | None) -> Message | None:
    """Return the reason, None where there is none: the model was too slow, or gradients need what is not installed.

    A model that has no gradients to give is attacked as well as it can be; one behind a server may have some.
    """
    if no_gradients is not None and no_gradients.id == "served.no-gradients":
        return slow or no_gradients
    reason = no_gradients.args.get("reason") if no_gradients is not None else None
    installed = not (isinstance(reason, Message) and reason.id == "extra.missing")
    return slow or (None if installed else no_gradients)
