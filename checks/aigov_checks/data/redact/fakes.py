"""Values of the right form that belong to nobody, with a valid check digit where the type has one.

Each comes from a range that its issuer gives to nobody, or keeps for tests and documentation, so that the detectors do
not take it for a person's. A type without such a range has no fakes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aigov import FrozenMap
from aigov_checks.data.redact.check_digits import iban_check, luhn_digit, resident_digit, uscc_code, vin_digit

if TYPE_CHECKING:
    from collections.abc import Callable

    from aigov_checks.data.redact.stream import Stream

_HAN = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_NETS = ("192.0.2", "198.51.100", "203.0.113")
_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LOCAL = re.compile(r"(?<![0-9])[2-8][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])")
_RESIDENT, _CARD = 18, 12
"""Digits of an identity number, and the fewest of a card."""


def fake(type_: str, value: str, stream: Stream) -> str | None:
    """Return a value in the form of `value`, or None where the type has no range that is free."""
    maker = _MAKERS.get(type_)
    return None if maker is None else maker(value, stream)


def _like(value: str, digits: str) -> str | None:
    """Return `value` with its digits replaced from the right; None where there are more of them than places."""
    rest = list(digits)
    signs = [rest.pop() if sign.isdigit() and rest else sign for sign in reversed(value)]
    return None if rest else "".join(reversed(signs))


def _resident(value: str, stream: Stream) -> str | None:
    if len(re.sub(r"\s|-", "", value)) != _RESIDENT:
        return None
    born = f"{1950 + stream.below(55)}{1 + stream.below(12):02}{1 + stream.below(28):02}"
    body = "20" + stream.digits(4) + born + stream.digits(3)  # no province has the number 20
    return body + resident_digit(body)


def _mobile(value: str, stream: Stream) -> str | None:
    return _like(value, "12" + stream.digits(9))  # mobile numbers begin with 13 to 19


def _landline(value: str, stream: Stream) -> str | None:
    locals_ = list(_LOCAL.finditer(value))
    if not locals_:
        return None
    local = locals_[-1]
    size = sum(sign.isdigit() for sign in local[0])
    made = _like(local[0], "1" + stream.digits(size - 1))  # local numbers begin with 2 to 8
    return None if made is None else value[: local.start()] + made + value[local.end() :]


def _card(value: str, stream: Stream) -> str | None:
    size = sum(sign.isdigit() for sign in value)
    if size < _CARD:
        return None
    body = "99" + stream.digits(size - 3)  # ISO/IEC 7812-1: 9 is left to national bodies, and no issuer has 99
    return _like(value, body + luhn_digit(body))


def _uscc(_value: str, stream: Stream) -> str:
    return uscc_code("9100" + stream.digits(4), "".join(stream.choice(_CODE) for _ in range(8)))  # no province is 00


def _vin(_value: str, stream: Stream) -> str:
    start = "0" + "".join(stream.choice(_VIN) for _ in range(7))  # ISO 3780 gives 0 to no region
    end = "".join(stream.choice(_VIN) for _ in range(4)) + stream.digits(4)
    return start + vin_digit(start + "0" + end) + end


def _plate(value: str, stream: Stream) -> str:
    tail = value[2:]
    head = value[0] + "I"  # plates have no I
    return head + "".join(stream.digits(1) if sign.isalnum() and sign.isascii() else sign for sign in tail)


def _email(_value: str, stream: Stream) -> str:
    return f"{stream.letters(12)}@example.com"  # RFC 2606


def _address_of_host(value: str, stream: Stream) -> str:
    if ":" in value:
        return f"2001:db8::{stream.below(1 << 16):x}:{stream.below(1 << 16):x}"  # RFC 3849
    return f"{stream.choice(_NETS)}.{1 + stream.below(254)}"  # RFC 5737


def _iban(value: str, stream: Stream) -> str:
    size = len(value.replace(" ", ""))
    body = stream.digits(size - 4)
    plain = "ZZ" + iban_check("ZZ", body) + body  # ISO 3166 leaves ZZ to users
    return " ".join(plain[i : i + 4] for i in range(0, size, 4)) if " " in value else plain


def _ssn(_value: str, stream: Stream) -> str:
    return f"9{stream.digits(2)}-{10 + stream.below(40)}-{stream.digits(4)}"  # no area is 900 to 999


def _passport(value: str, stream: Stream) -> str | None:
    return "Z" + stream.digits(len(value) - 1)  # ordinary passports are E and G, others P, S, D


def _name(value: str, stream: Stream) -> str | None:
    """Return 某 and signs of the calendar, as Chinese texts call a person who is not named."""
    if value.isascii():
        return None
    return "某" + "".join(stream.choice(_HAN) for _ in range(max(1, len(value) - 1)))


_MAKERS: FrozenMap[str, Callable[[str, Stream], str | None]] = FrozenMap(
    {
        "cn.resident-id": _resident,
        "cn.mobile": _mobile,
        "cn.landline": _landline,
        "bank-card": _card,
        "cn.uscc": _uscc,
        "vin": _vin,
        "cn.plate": _plate,
        "email": _email,
        "ip-address": _address_of_host,
        "iban": _iban,
        "us.ssn": _ssn,
        "cn.passport": _passport,
        "person-name": _name,
    },
)
