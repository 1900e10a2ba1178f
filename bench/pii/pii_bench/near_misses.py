"""Hard negatives one step from a true value: a wrong check digit, a day of no calendar, a longer run around it."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from . import checkdigits, identities

if TYPE_CHECKING:
    from .draw import Draw

LOWER_HEX = string.hexdigits[:16]


def wrong_resident(draw: Draw) -> str:
    """Return 18 digits that would be a resident identity number but for the check digit or the calendar."""
    right = identities._resident(draw, draw.word("regions")).replace("X", "0")  # noqa: SLF001 its near miss
    wrong_check = right[:-1] + next(d for d in "3816052749" if d != checkdigits.resident(right[:17]))
    day = right[:10] + draw.one("0230", "0431", "1305", "0000") + right[14:17]
    return draw.one(wrong_check, day + checkdigits.resident(day).replace("X", "1"))


def wrong_card(draw: Draw) -> str:
    """Return 16 or 19 digits with the prefix of an issuer that fail Luhn."""
    right = draw.rng.choice((identities.bank_card, identities.payment_card))(draw).replace(" ", "").replace("-", "")
    return right[:-1] + str((int(right[-1]) + draw.between(1, 9)) % 10)


def wrong_vin(draw: Draw) -> str:
    """Return 17 characters without I, O and Q whose position 9 is no check digit of a VIN."""
    right = identities.vin(draw)
    return right[:8] + next(d for d in "7A39B" if d != right[8]) + right[9:]


def wrong_uscc(draw: Draw) -> str:
    """Return 18 characters that would be a unified social credit code but for the last."""
    right = identities.uscc(draw)
    return right[:-1] + next(char for char in "KM" if char != right[-1])


def wrong_iban(draw: Draw) -> str:
    """Return an IBAN whose two check digits are off."""
    right = identities.iban(draw).replace(" ", "")
    return f"{right[:2]}{(int(right[2:4]) + draw.between(1, 9)) % 97:02}{right[4:]}"


def glued(draw: Draw) -> str:
    """Return a longer run of digits or hexadecimal characters in which a valid number lies."""
    inner = draw.one(
        identities.resident_id_15(draw), "138" + draw.digits(8), identities.bank_card(draw).replace(" ", "")
    )
    inner = inner.replace("-", "")
    return draw.one(
        draw.digits(7) + inner + draw.digits(6), f"{draw.chars(LOWER_HEX, 9)}a{inner}f{draw.chars(LOWER_HEX, 7)}"
    )


MAKERS = {
    "wrong-resident-id": wrong_resident,
    "wrong-card": wrong_card,
    "wrong-vin": wrong_vin,
    "wrong-uscc": wrong_uscc,
    "wrong-iban": wrong_iban,
    "glued": glued,
}
