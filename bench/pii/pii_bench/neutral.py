"""What may be reported and need not: it counts neither for nor against a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .draw import Draw


def mac(draw: Draw) -> str:
    """Return the hardware address of a device."""
    separator = draw.one(":", "-")
    return separator.join(f"{draw.between(0, 255):02x}" for _ in range(6))


def internal_ip(draw: Draw) -> str:
    """Return an address of a plant network."""
    return draw.one(
        f"10.{draw.between(0, 255)}.{draw.between(0, 255)}.{draw.between(1, 254)}",
        f"192.168.{draw.between(0, 255)}.{draw.between(1, 254)}",
        f"172.{draw.between(16, 31)}.{draw.between(0, 255)}.{draw.between(1, 254)}",
        f"fe80::{draw.between(1, 65535):x}:{draw.between(1, 65535):x}",
    )


def position(draw: Draw) -> str:
    """Return a place on earth in decimal degrees, without a word that says so."""
    latitude, longitude = map(float, draw.word("anchors").split("/"))
    shift = (draw.between(-200_000, 200_000) / 1e6, draw.between(-200_000, 200_000) / 1e6)
    return f"{latitude + shift[0]:.6f},{longitude + shift[1]:.6f}"


def role_email(draw: Draw) -> str:
    """Return an e-mail address of a department, not of a person."""
    return f"{draw.word('role_mailboxes')}@{draw.word('domains')}"


def titled(draw: Draw) -> str:
    """Return a family name with a title, as colleagues call each other."""
    return draw.word("family_zh") + draw.one("工", "师傅", "总", "班长")


MAKERS = {
    "mac-address": mac,
    "internal-ip": internal_ip,
    "geo-position": position,
    "role-email": role_email,
    "name-title": titled,
}
