"""Check digits that complete a number; `aigov_checks.data.validators` checks them."""

from __future__ import annotations

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VIN_LETTERS = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def resident_digit(body: str) -> str:
    """Return the last sign of an identity number of 17 digits (ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def luhn_digit(body: str) -> str:
    """Return the last digit of a card (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if index % 2 else 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  # both digits of the product
    return str(-total % 10)


def iban_check(country: str, body: str) -> str:
    """Return the two check digits of an account (ISO 7064 MOD 97-10)."""
    return f"{98 - int(''.join(str(int(sign, 36)) for sign in body + country + '00')) % 97:02}"


def uscc_code(head: str, organisation: str) -> str:
    """Return the code of authority, kind and region, and eight signs of an organisation (GB 32100, GB 11714)."""
    total = sum(int(sign, 36) * weight for sign, weight in zip(organisation, _ORG_WEIGHTS, strict=True))
    body = head + organisation + "0123456789X0"[11 - total % 11]
    total = sum(_USCC.index(sign) * pow(3, index, 31) for index, sign in enumerate(body) if sign in _USCC)
    return body + _USCC[-total % 31]


def vin_digit(number: str) -> str:
    """Return the ninth sign of a vehicle number of 17, whatever stands there (GB 16735)."""
    values = (int(_VIN_LETTERS.get(sign, sign)) for sign in number)
    return "0123456789X"[sum(value * weight for value, weight in zip(values, _VIN_WEIGHTS, strict=True)) % 11]
