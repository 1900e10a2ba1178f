"""Hard negatives of words: what stands where a name, an address, a date of birth or a secret would, and is none."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .draw import Draw


def word(name: str) -> Callable[[Draw], str]:
    """Return a maker that takes an entry of the list `name` of the vocabulary."""
    return lambda draw: draw.word(name)


def register(draw: Draw) -> str:
    """Return the address of a register, a node or a memory cell."""
    return draw.one(
        f"0x{draw.between(4096, 65535):04X}",
        f"4{draw.between(1, 9999):04}",
        f"D{draw.between(100, 9000)}",
        f"%QX{draw.between(0, 60)}.{draw.between(0, 7)}",
        f"DB{draw.between(1, 90)}.DBW{draw.between(0, 400)}",
        f"#{draw.between(1, 247)}",
    )


def plain_date(draw: Draw) -> str:
    """Return a day on which something was made, checked or delivered."""
    year, month, day = draw.between(2012, 2025), draw.between(1, 12), draw.between(1, 28)
    return draw.one(
        f"{year}-{month:02}-{day:02}",
        f"{year}.{month}.{day}",
        f"{year}{month:02}{day:02}",
        f"{day:02}/{month:02}/{year}",
    )


def special_ip(draw: Draw) -> str:
    """Return an address of this machine or of all machines."""
    return draw.one("127.0.0.1", "0.0.0.0", "127.0.1.1", "224.0.0.251", "::1")  # noqa: S104 text, no socket


def netmask(draw: Draw) -> str:
    """Return the mask of a network."""
    return draw.one("255.255.255.0", "255.255.252.0", "255.255.0.0", "255.255.255.240")


def documentation(draw: Draw) -> str:
    """Return an example that documentation prints and nobody owns."""
    never_issued = draw.one("000", "666", "900") + f"-{draw.between(10, 99)}-{draw.between(1000, 9999)}"
    return never_issued if draw.chance(0.2) else draw.word("documents")


def at_sign(draw: Draw) -> str:
    """Return something with an @ that is no address."""
    sign = draw.word("at_signs").replace("{n}", str(draw.between(2, 60)))
    repository = f"git@{draw.word('hosts')}:{draw.word('databases')}/line{draw.between(1, 9)}.git"
    return draw.one(repository, sign, sign, sign).replace("{hex}", draw.chars(string.hexdigits[:16], 64))


MAKERS = {
    "register-address": register,
    "plain-date": plain_date,
    "special-ip": special_ip,
    "netmask": netmask,
    "documentation": documentation,
    "at-sign": at_sign,
    "placeholder": word("placeholders"),
    "key-like": word("key_like"),
    "not-a-name.zh": word("not_names_zh"),
    "not-a-name.en": word("not_names_en"),
    "name-like.zh": word("name_like_zh"),
    "name-like.en": word("name_like_en"),
    "password-prose.zh": word("password_prose_zh"),
    "password-prose.en": word("password_prose_en"),
}
