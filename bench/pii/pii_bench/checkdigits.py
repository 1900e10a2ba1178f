"""Check digits of identifiers, written from the standards for this benchmark alone."""

from __future__ import annotations

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Letters in the order of their values, which begin at 10."""


def resident(first17: str) -> str:
    """Return the check character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, RESIDENT_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def luhn(first: str) -> str:
    """Return the check digit of a card number or an IMEI (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, char in enumerate(reversed(first)):
        doubled = int(char) * (2 - place % 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def organisation(first8: str) -> str:
    """Return the check character of an organisation code (GB 11714-1997, mod 11)."""
    total = sum(int(char, 36) * weight for char, weight in zip(first8, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11] if total % 11 else "0"


def social_credit(first17: str) -> str:
    """Return the check character of a unified social credit code (GB 32100-2015, mod 31)."""
    total = sum(USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first17))
    return USCC_ALPHABET[-total % 31]


def vin(first8: str, last8: str) -> str:
    """Return position 9 of a vehicle identification number (GB 16735, 49 CFR 565)."""
    total = sum(
        (int(char) if char.isdigit() else VIN_VALUES[char]) * weight
        for char, weight in zip(f"{first8}0{last8}", VIN_WEIGHTS, strict=True)
    )
    return "0123456789X"[total % 11]


def iban(country: str, account: str) -> str:
    """Return the two check digits of an IBAN (ISO 13616, mod 97)."""
    number = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{98 - int(number) % 97:02}"


def hong_kong(letter: str, digits: str) -> str:
    """Return the check character of a Hong Kong identity card with one letter (mod 11, a space counts 36)."""
    total = 36 * 9 + int(letter, 36) * 8 + sum(int(d) * w for d, w in zip(digits, range(7, 1, -1), strict=True))
    return "0123456789A"[-total % 11]


def taiwan(letter: str, digits: str) -> str:
    """Return the check digit of a Taiwan identity number from its letter and the eight digits after it."""
    value = TAIWAN_LETTERS.index(letter) + 10
    total = value // 10 + value % 10 * 9 + sum(int(d) * w for d, w in zip(digits, range(8, 0, -1), strict=True))
    return str(-total % 10)
