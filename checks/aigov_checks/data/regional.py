"""Check digits and plausibility: cards of Hong Kong and Taiwan, old identity numbers, dates and positions."""

from __future__ import annotations

import re
from datetime import date

from aigov import FrozenMap
from aigov_checks.data.secret_values import placeholder
from aigov_checks.data.validators import PROVINCES, Validator, luhn

_TW_LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_MONTHS = {name: 1 + index for index, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split())}
_OLDEST = 1900
_REPORTING_BODIES = frozenset(b"01 10 30 33 35 44 45 49 50 51 52 53 54 86 91 98 99".split())
_YEAR = "年".encode()
_ORDINALS = frozenset({b"st", b"nd", b"rd", b"th", b"of"})
_WORDS = frozenset(
    b"official account enabled disabled payment notify notification message service server client login logout "
    b"public webhook sdk api oauth config default pending unknown online offline system miniprogram group channel "
    b"binding bound "
    b"unbound connect connected robot developer enterprise support".split(),
)


def hk_id(value: bytes) -> bool:
    """Check digit mod 11 of a Hong Kong identity card: a missing first letter counts 36, letters 10 to 35."""
    symbols = [symbol for symbol in value.decode("ascii", "ignore").upper() if symbol.isalnum()]
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
    parts = [part.lower() for part in re.findall(rb"[0-9]+|[A-Za-z]{3,}", value[:24]) if part not in _ORDINALS]
    numbers = [_MONTHS.get(part[:3], 0) if part.isalpha() else int(part) for part in parts if part != b"t"][:3]
    match len(parts[0]), numbers:
        case 8, [_, *_]:
            text = parts[0]
            return _is_day(int(text[:4]), int(text[4:6]), int(text[6:]))
        case 6, [year_month]:
            return year_month // 100 >= _OLDEST and 1 <= year_month % 100 <= 12  # noqa: PLR2004
        case _, [year, month]:
            return year >= _OLDEST and 1 <= month <= 12  # noqa: PLR2004
        case _, [year, month, day] if year >= _OLDEST:
            return _is_day(year, month, day)
        case _, [first, second, third]:
            if _YEAR in value:
                first, third = third, first
            year = third if third >= _OLDEST else _OLDEST + third
            return _is_day(year, second, first) or (_is_day(year, first, second) and _YEAR not in value)
        case _:
            return False


def coordinates(value: bytes) -> bool:
    """One angle up to 180 degrees, or a pair of which one is a latitude; zero is where a receiver has no fix."""
    found = [abs(float(number)) for number in re.findall(rb"[0-9]{1,3}\.[0-9]+", value)]
    return bool(found) and max(found) <= 180 and max(found) > 0 and (len(found) == 1 or min(found) <= 90)  # noqa: PLR2004


def imei(value: bytes) -> bool:
    """Luhn over 15 digits; with a version of the software instead, 16 digits of a known body (3GPP TS 23.003)."""
    digits = bytes(byte for byte in value if 48 <= byte <= 57)  # noqa: PLR2004  # "0" to "9"
    if len(digits) == 16:  # noqa: PLR2004  # the last two then are no check digit
        return digits[:2] in _REPORTING_BODIES and len(set(digits)) > 2  # noqa: PLR2004
    return luhn(digits)


def many_digits(value: bytes) -> bool:
    """A number as an authority gives it: five digits or more, not all equal."""
    digits = [byte for byte in value if 48 <= byte <= 57]  # noqa: PLR2004  # "0" to "9"
    return len(digits) >= 5 and len(set(digits)) > 1  # noqa: PLR2004


def mrz(value: bytes) -> bool:
    """The second line of a passport: check digits of number, birth, expiry and the whole (ICAO Doc 9303, part 3)."""
    fields = (value[:9], value[13:19], value[21:27], value[:10] + value[13:20] + value[21:43])
    checks = (value[9:10], value[19:20], value[27:28], value[43:44])
    return all(_mrz_check(field) == check for field, check in zip(fields, checks, strict=True))


def _mrz_check(field: bytes) -> bytes:
    values = (0 if symbol == 60 else int(chr(symbol), 36) for symbol in field)  # noqa: PLR2004  # "<" fills
    return b"%d" % (sum(value * weight for value, weight in zip(values, (7, 3, 1) * 13, strict=False)) % 10)


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
        for function in (hk_id, tw_id, resident_id_15, birth_date, coordinates, imei, many_digits, mrz, handle)
    },
)
"""Functions that detector files may name."""
