"""True values: passports, permits, cards and plates of special kinds that only the words around them announce."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from .identities import PLATE_LETTERS, PROVINCES

if TYPE_CHECKING:
    from .draw import Draw

GERMAN = "CFGHJKLMNPRTVWXYZ0123456789"


def foreign_passport(draw: Draw) -> str:
    """Return the number of a passport of the United States, Germany, Japan, Korea, India or the United Kingdom."""
    return draw.one(
        draw.digits(9),
        draw.one(*"ABC") + draw.digits(8),
        f"C{draw.digits(1)}{draw.chars(GERMAN, 7)}",
        draw.one("TR", "TZ", "MU") + draw.digits(7),
        "M" + draw.digits(8),
        draw.one(*"JKLNPRSTVZ") + draw.digits(7),
    )


def taiwan_permit(draw: Draw) -> str:
    """Return a travel permit of a resident of Taiwan: eight digits."""
    return draw.digits(8)


def outbound_permit(draw: Draw) -> str:
    """Return a permit of a mainland resident for Hong Kong and Macau."""
    return draw.one("C" + draw.digits(8), "C" + draw.one(*PLATE_LETTERS) + draw.digits(7))


def military_card(draw: Draw) -> str:
    """Return the number of a card of an officer, a soldier or a member of the armed police."""
    return f"{draw.one(*'军武士文参南北沈')}字第{draw.digits(draw.between(6, 8))}号"


def special_plate(draw: Draw) -> str:
    """Return a plate of an embassy, a consulate, a vehicle of Hong Kong or Macau, an emergency or the armed police."""
    province, dot = draw.one(*PROVINCES), draw.one("", "·")
    return draw.one(
        f"粤Z{dot}{draw.chars(string.digits, 4)}{draw.one('港', '澳')}",
        f"{draw.chars(string.digits, 6)}使",
        f"{province}A{dot}{draw.chars(string.digits, 4)}领",
        f"{province}{dot}{draw.one('X', 'S')}{draw.chars(string.digits, 4)}应急",
        f"WJ{province}{draw.chars(string.digits, 4)}{draw.one(*'XBTSHJD')}",
    )


def military_plate(draw: Draw) -> str:
    """Return a plate of the armed forces."""
    return draw.one(*"VKHZ") + draw.one(*PLATE_LETTERS[:12]) + draw.one("", "·") + draw.chars(string.digits, 5)


MAKERS = {
    "foreign-passport": foreign_passport,
    "cn.travel-permit.tw": taiwan_permit,
    "cn.travel-permit.out": outbound_permit,
    "cn.military-id": military_card,
    "cn.plate.special": special_plate,
    "cn.plate.military": military_plate,
}
