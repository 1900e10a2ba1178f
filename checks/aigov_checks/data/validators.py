"""Check digits and structure of identifiers; every function takes the matched bytes and says whether they hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from aigov import FrozenMap
from aigov_checks.data.iban import iban
from aigov_checks.data.network_addresses import internal_ipv4, mac_address, public_ipv4, public_ipv6

Validator = Callable[[bytes], bool]

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = b"10X98765432"
PROVINCES = frozenset(
    b"11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split(),
)
_USCC = {symbol: value for value, symbol in enumerate(b"0123456789ABCDEFGHJKLMNPQRTUWXY")}
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_VALUES = dict(
    zip(
        b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        b"\0\1\2\3\4\5\6\7\x08\x09"
        + bytes(
            (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
        ),
        strict=True,
    )
)
_NO_DIGITS = bytes(symbol for symbol in range(256) if not 48 <= symbol <= 57)  # noqa: PLR2004  # "0" to "9"
_CARD_LENGTHS = {
    b"62": (16, 17, 18, 19),
    b"34": (15,),
    b"37": (15,),
    b"4": (16,),
    b"30": (14,),
    b"36": (14,),
    b"38": (14,),
    b"39": (14,),
}
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def resident_id(value: bytes) -> bool:
    """ISO 7064 MOD 11-2 over 17 digits, a calendar date from 1900 on and a known province (GB 11643-1999)."""
    number = value.upper().translate(None, b" -")
    if number[:2] not in PROVINCES or not _is_date(number[6:14]):
        return False
    total = sum((digit - 48) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_CHECK[total % 11] == number[17]


def luhn(value: bytes) -> bool:
    """Luhn check over the digits (ISO/IEC 7812-1), with more than one kind of digit."""
    return _luhn(value.translate(None, _NO_DIGITS))


def _luhn(digits: bytes) -> bool:
    plain = digits[-1::-2]
    if (sum(plain) - 48 * len(plain) + sum(digits[-2::-2].translate(_DOUBLED))) % 10:
        return False
    return digits.count(digits[:1]) < len(digits)


def bank_card(value: bytes) -> bool:
    """Luhn, and a length that the issuer of the prefix uses."""
    digits = value.translate(None, _NO_DIGITS)
    lengths = _CARD_LENGTHS.get(digits[:2]) or _CARD_LENGTHS.get(digits[:1]) or (16,)
    return len(digits) in lengths and _luhn(digits)


def card_number(value: bytes) -> bool:
    """Luhn, and a length between those of the shortest and the longest cards; for a number that a word announces."""
    digits = value.translate(None, _NO_DIGITS)
    return 12 <= len(digits) <= 19 and _luhn(digits)  # noqa: PLR2004  # Maestro has both


def uscc(value: bytes) -> bool:
    """Check character mod 31 (GB 32100-2015) and that of the organisation code inside, mod 11 (GB 11714-1997)."""
    code = [_USCC.get(byte, -1) for byte in value]
    if -1 in code or value[2:4] not in PROVINCES | {b"10"}:
        return False
    total = sum(symbol * weight for symbol, weight in zip(code, _USCC_WEIGHTS, strict=False))
    return (31 - total % 31) % 31 == code[17] and _organisation_code(value[8:17])


def vin(value: bytes) -> bool:
    """Check digit in position 9 (GB 16735, ISO 3779 as used in China and North America), digits at the end."""
    letters = sum(byte > 57 for byte in value)  # noqa: PLR2004  # above "9"
    if letters < 2 or not value[13:].isdigit():  # noqa: PLR2004  # a maker's code has letters
        return False
    total = sum(_VIN_VALUES[byte] * weight for byte, weight in zip(value, _VIN_WEIGHTS, strict=True))
    return b"0123456789X"[total % 11] == value[8]


def permanent_residence(value: bytes) -> bool:
    """The number of a permanent residence card since 2017: 9, a province, a country, then as in `resident_id`."""
    if value[1:3] not in PROVINCES or not _is_date(value[6:14]):
        return False
    total = sum((digit - 48) * weight for digit, weight in zip(value, _ID_WEIGHTS, strict=False))
    return _ID_CHECK[total % 11] == value.upper()[17]


def organisation_code(value: bytes) -> bool:
    """Check character mod 11 of an organisation code (GB 11714-1997); eight digits that are a date are a lot number."""
    code = value.replace(b"-", b"")
    if code[:8].isdigit() and (_is_date(code[:8]) or len(set(code[:8])) < 3):  # noqa: PLR2004  # 00000000 is a filler
        return False
    return _organisation_code(code)


def ssn(value: bytes) -> bool:
    """A number that the US Social Security Administration can have issued: area, group and serial in range."""
    digits = value.translate(None, _NO_DIGITS)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    known_sample = digits in {b"078051120", b"219099999", b"123456789"}
    return area not in {b"000", b"666"} and area[0] != 57 and group != b"00" and serial != b"0000" and not known_sample  # noqa: PLR2004  # "9"


def _is_date(digits: bytes) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1900 <= day.year <= 2099  # noqa: PLR2004  # centuries of living holders


def _organisation_code(code: bytes) -> bool:
    total = sum(int(chr(symbol), 36) * weight for symbol, weight in zip(code, _ORG_WEIGHTS, strict=False))
    return b"0123456789X0"[(11 - total % 11)] == code[8]


VALIDATORS: FrozenMap[str, Validator] = FrozenMap(
    {
        function.__name__: function
        for function in (
            resident_id,
            luhn,
            bank_card,
            card_number,
            uscc,
            vin,
            iban,
            public_ipv4,
            public_ipv6,
            internal_ipv4,
            mac_address,
            permanent_residence,
            organisation_code,
            ssn,
        )
    },
)
"""Functions that detector files may name."""
