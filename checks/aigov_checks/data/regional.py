"""Check digits and plausibility: cards of Hong Kong and Taiwan, old identity numbers, dates and positions."""

from __future__ import annotations

import re
from datetime import date

from aigov import FrozenMap
from aigov_checks.data.validators import PROVINCES, Validator, luhn, placeholder

_TW_LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_MONTHS = {name: 1 + index for index, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split())}
_OLDEST = 1900
_WORDS = frozenset(
    b"official account enabled disabled payment notify notification message service server client login logout "
    b"public webhook sdk api oauth config default pending unknown online offline system miniprogram group channel "
    b"binding bound "
    b"unbound connect connected robot developer enterprise support".split(),
)


def hk_id(value: bytes) -> bool:
    """Check digit mod 11 of a Hong Kong identity card: a missing first letter counts 36, letters 10 to 35."""
    symbols = [symbol for symbol in value.decode("ascii").upper() if symbol.isalnum()]
    body, check = symbols[:-1], symbols[-1]
    values = [36] * (8 - len(body)) + [int(symbol, 36) for symbol in body]
    total = sum(number * weight for number, weight in zip(values, range(9, 1, -1), strict=True))
    return "0A987654321"[total % 11] == check


def tw_id(value: bytes) -> bool:
    """Check digit mod 10 of a national identity number or resident certificate of Taiwan."""
    text = value.decode("ascii")
    tens, ones = divmod(_TW_LETTERS[text[0]], 10)
    total = tens + ones * 9 + sum(int(digit) * weight for digit, weight in zip(text[1:], range(8, 0, -1), strict=False))
    return (total + int(text[9])) % 10 == 0


def resident_id_15(value: bytes) -> bool:
    """A known province and a calendar date of the last century; there is no check digit."""
    return value[:2] in PROVINCES and _is_day(1900 + int(value[6:8]), int(value[8:10]), int(value[10:12]))


def birth_date(value: bytes) -> bool:
    """A day of the calendar from 1900 on; the order is taken from where the year stands."""
    parts = [part.lower() for part in re.findall(rb"[0-9]+|[A-Za-z]+", value)]
    numbers = [_MONTHS.get(part[:3], 0) if part.isalpha() else int(part) for part in parts]
    if len(numbers) == 1:
        text = parts[0]
        return len(text) == 8 and _is_day(int(text[:4]), int(text[4:6]), int(text[6:]))  # noqa: PLR2004  # YYYYMMDD
    if len(numbers) == 2:  # noqa: PLR2004  # year and month
        return numbers[0] >= _OLDEST and 1 <= numbers[1] <= 12  # noqa: PLR2004
    if numbers[0] >= _OLDEST:
        return _is_day(*numbers)
    return _is_day(numbers[2], numbers[1], numbers[0]) or _is_day(numbers[2], numbers[0], numbers[1])


def coordinates(value: bytes) -> bool:
    """One angle up to 180 degrees, or a pair of which one is a latitude; zero is where a receiver has no fix."""
    found = [abs(float(number)) for number in re.findall(rb"[0-9]{1,3}\.[0-9]+", value)]
    return bool(found) and max(found) <= 180 and max(found) > 0 and (len(found) == 1 or min(found) <= 90)  # noqa: PLR2004


def imei(value: bytes) -> bool:
    """Luhn over 15 digits (3GPP TS 23.003, annex B)."""
    return luhn(value)


def many_digits(value: bytes) -> bool:
    """A number as an authority gives it: five digits or more, not all equal."""
    digits = [byte for byte in value if 48 <= byte <= 57]  # noqa: PLR2004  # "0" to "9"
    return len(digits) >= 5 and len(set(digits)) > 1  # noqa: PLR2004


def handle(value: bytes) -> bool:
    """An account name that is no word which often stands after the name of the service."""
    return value.lower() not in _WORDS and not placeholder(value)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year >= _OLDEST
    except ValueError:
        return False


REGIONAL: FrozenMap[str, Validator] = FrozenMap(
    {
        function.__name__: function
        for function in (hk_id, tw_id, resident_id_15, birth_date, coordinates, imei, many_digits, handle)
    },
)
"""Functions that detector files may name."""
