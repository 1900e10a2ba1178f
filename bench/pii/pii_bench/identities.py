"""True values: numbers that states, banks and makers of vehicles issue."""

from __future__ import annotations

import string

from . import checkdigits
from .draw import FULL_WIDTH, Draw

PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PLATE_CHARS = PLATE_LETTERS + string.digits
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LAST_ADULT = 1982
VIN_CHARS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
IBAN_FORMS = {"DE": "18", "FR": "23", "NL": "A10", "AT": "16", "GB": "A14", "ES": "20", "CH": "17"}
"""Length of the account part; A stands for four letters of a bank before that many digits."""


def resident_id(draw: Draw) -> str:
    """Return a resident identity number, some with a lower-case x or full-width digits."""
    number = _resident(draw, draw.word("regions"))
    if number.endswith("X") and draw.chance(0.5):
        return number.lower()
    return number.translate(FULL_WIDTH) if draw.chance(0.04) else number


def residence_permit(draw: Draw) -> str:
    """Return a residence permit of Hong Kong, Macau and Taiwan residents."""
    return _resident(draw, draw.one("810000", "820000", "830000"))


def permanent_residence(draw: Draw) -> str:
    """Return a foreigner's permanent-residence card of the 2023 style: 9, province, nationality, birth, sequence."""
    return _resident(draw, "9" + draw.word("regions")[:2] + draw.one("840", "276", "392", "250", "643", "410"))


def _resident(draw: Draw, region: str) -> str:
    year, month, day = draw.birth()
    first = f"{region}{year}{month:02}{day:02}{draw.chars(string.digits, 3)}"
    return first + checkdigits.resident(first)


def resident_id_15(draw: Draw) -> str:
    """Return a resident identity number as issued to adults before 1999."""
    year, month, day = draw.birth()
    while year > LAST_ADULT:
        year, month, day = draw.birth()
    return f"{draw.word('regions')}{year % 100:02}{month:02}{day:02}{draw.chars(string.digits, 3)}"


def bank_card(draw: Draw) -> str:
    """Return a card number of UnionPay (16-19 digits), some in groups."""
    return _card(draw, "card_issuers")


def payment_card(draw: Draw) -> str:
    """Return a card number of Visa, MasterCard, American Express, JCB or Discover, some in groups."""
    return _card(draw, "payment_issuers")


def _card(draw: Draw, issuers: str) -> str:
    issuer, length = draw.word(issuers).split("/")
    first = issuer + draw.chars(string.digits, int(length) - len(issuer) - 1)
    number = first + checkdigits.luhn(first)
    return _grouped(number, draw.one(" ", "-", " ")) if draw.chance(0.35) else number


def _grouped(number: str, separator: str) -> str:
    if number.startswith(("34", "37")):
        return separator.join((number[:4], number[4:10], number[10:]))
    return separator.join(number[place : place + 4] for place in range(0, len(number), 4))


def uscc(draw: Draw) -> str:
    """Return a unified social credit code with both of its check characters."""
    organisation = draw.chars(string.digits + "ABCDEFGHJKLMNPQRTUWXY", 8)
    first = draw.one("91", "91", "92", "52", "93") + draw.word("regions") + organisation
    first += checkdigits.organisation(organisation)
    return first + checkdigits.social_credit(first)


def organisation_code(draw: Draw) -> str:
    """Return an organisation code."""
    first = draw.chars(string.digits, 8)
    return f"{first}-{checkdigits.organisation(first)}"


def passport(draw: Draw) -> str:
    """Return a number of a Chinese passport."""
    return draw.one(
        "E" + draw.digits(8),
        "E" + draw.one(*"ABCDEFGHJKLM") + draw.digits(7),
        "G" + draw.digits(8),
        draw.one("PE", "SE", "DE") + draw.digits(7),
    )


def travel_permit(draw: Draw) -> str:
    """Return a travel permit of a resident of Hong Kong or Macau."""
    return draw.one("H", "M") + draw.digits(8)


def hkid(draw: Draw) -> str:
    """Return a Hong Kong identity card number as it is printed on the card."""
    letter, digits = draw.one(*"ABCDEFGHKMPRVYZ"), draw.digits(6)
    return f"{letter}{digits}({checkdigits.hong_kong(letter, digits)})"


def hkid_typed(draw: Draw) -> str:
    """Return a Hong Kong identity card number as people type it, for places where a word announces it."""
    number = hkid(draw)
    return number if draw.chance(0.6) else number.replace("(", "").replace(")", "")


def taiwan_id(draw: Draw) -> str:
    """Return an identity number of Taiwan."""
    letter, digits = draw.one(*checkdigits.TAIWAN_LETTERS), draw.one("1", "2") + draw.chars(string.digits, 7)
    return letter + digits + checkdigits.taiwan(letter, digits)


def plate(draw: Draw) -> str:
    """Return a vehicle plate: common, new-energy small and large, or special."""
    head, dot = draw.one(*PROVINCES) + draw.one(*PLATE_LETTERS[:14]), draw.one("", "", "·", "·")
    common = head + dot + draw.digits(1) + draw.chars(PLATE_CHARS, 2) + draw.chars(string.digits, 2)
    small = head + dot + draw.one("D", "F") + draw.one(*PLATE_CHARS) + draw.chars(string.digits, 4)
    large = head + dot + draw.chars(string.digits, 5) + draw.one("D", "F")
    special = head + dot + draw.chars(string.digits, 4) + draw.one("挂", "学", "警")
    return draw.one(common, common, small, large, special)


def vin(draw: Draw) -> str:
    """Return a vehicle identification number with its check digit."""
    first, last = (
        draw.word("vehicle_makers") + draw.chars(VIN_CHARS, 5),
        draw.one(*"KLMNPRS") + draw.chars(VIN_CHARS, 7),
    )
    last = last[:4] + draw.chars(string.digits, 4)
    return first + checkdigits.vin(first, last) + last


def imei(draw: Draw) -> str:
    """Return the equipment identity of a mobile telephone."""
    first = draw.one("35", "86", "01") + draw.chars(string.digits, 12)
    return first + checkdigits.luhn(first)


def iban(draw: Draw) -> str:
    """Return an IBAN, half of them in groups of four."""
    country = draw.one(*IBAN_FORMS)
    form = IBAN_FORMS[country]
    bank = draw.chars("ABCDGHKLNRST", 4) if form.startswith("A") else ""
    account = bank + draw.chars(string.digits, int(form.lstrip("A")))
    number = country + checkdigits.iban(country, account) + account
    return _grouped(number, " ") if draw.chance(0.5) else number


def social_security(draw: Draw) -> str:
    """Return a US social security number of an area that is issued."""
    area = draw.between(100, 665)
    return f"{area}-{draw.between(10, 99)}-{draw.between(1000, 9999)}"


def driver_file(draw: Draw) -> str:
    """Return a file number of a Chinese driver licence."""
    return draw.word("regions")[:4] + draw.digits(8)


def record_number(draw: Draw) -> str:
    """Return a number of a medical record or a social-security card."""
    return draw.one("", "", "ZY", "M") + draw.digits(draw.between(8, 10))


MAKERS = {
    "cn.resident-id": resident_id,
    "cn.residence-permit": residence_permit,
    "cn.permanent-residence": permanent_residence,
    "cn.resident-id-15": resident_id_15,
    "bank-card": bank_card,
    "payment-card": payment_card,
    "cn.uscc": uscc,
    "cn.organisation-code": organisation_code,
    "cn.passport": passport,
    "cn.passport.cue": passport,
    "cn.travel-permit": travel_permit,
    "hk.id": hkid,
    "hk.id.cue": hkid_typed,
    "tw.id": taiwan_id,
    "cn.plate": plate,
    "vin": vin,
    "imei": imei,
    "iban": iban,
    "us.ssn": social_security,
    "cn.driver-file": driver_file,
    "medical-record": record_number,
    "cn.social-security": record_number,
}
