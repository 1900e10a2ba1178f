"""True values: how people are called, reached and told apart at work."""

from __future__ import annotations

import ipaddress
import string

from .draw import FULL_WIDTH, Draw

MOBILE_HEADS = (*range(130, 140), *range(150, 154), *range(155, 160), *range(176, 179), *range(180, 190))
MOBILE_HEADS += (145, 147, 166, 173, 191, 193, 195, 198, 199)
AREAS = ("010", "020", "021", "022", "023", "024", "025", "027", "028", "029", "0512", "0755", "0571", "0532", "0411")
PLAIN = str.maketrans({"'": "", "ü": "u"})
FULL_NAMES = 0.05
LATIN_NAMES = 0.1
"""Share of names of minorities, and of Chinese names in Latin letters or with the family name first."""


def mobile(draw: Draw) -> str:
    """Return a Chinese mobile number in one of the ways in which people write it."""
    number = f"{draw.rng.choice(MOBILE_HEADS)}{draw.chars(string.digits, 8)}"
    if draw.chance(0.6):
        return number
    parts = (number[:3], number[3:7], number[7:])
    grouped = draw.one(" ", "-", " ", "-", ".").join(parts)
    country = draw.one("+86", "+86 ", "+86-", "0086", "86-", "(+86)") + draw.one(
        number, "-".join(parts), " ".join(parts)
    )
    return draw.one(grouped, grouped, country, number.translate(FULL_WIDTH))


def landline(draw: Draw) -> str:
    """Return a Chinese fixed-line number, some with an extension."""
    area = draw.one(*AREAS)
    local = draw.one(*"2345678") + draw.chars(string.digits, 7)
    plain = draw.one(f"{area}-{local}", f"{area}-{local}", f"({area}){local}", f"{area} {local}", f"（{area}）{local}")
    extended = f"{area}-{local}{draw.one('-', '转')}{draw.digits(3)}"
    return draw.one(plain, plain, plain, extended, f"+86 {area[1:]} {local[:4]} {local[4:]}")


def email(draw: Draw) -> str:
    """Return an e-mail address of a person."""
    given, family = (draw.word(name).lower().translate(PLAIN) for name in ("given_en", "family_en"))
    pinyin = draw.word("pinyin")
    local = draw.one(
        f"{given}.{family}",
        f"{given[0]}{family}",
        pinyin,
        f"{pinyin}{draw.between(1, 99)}",
        f"{pinyin}_{draw.between(80, 99)}",
        f"{given}+{draw.word('email_tags')}",
        draw.digits(9),
    )
    domain = draw.word("domains")
    return f"{local}@{domain.upper() if draw.chance(0.05) else domain}"


def ipv4(draw: Draw) -> str:
    """Return a public IPv4 address."""
    while True:
        address = ipaddress.IPv4Address(draw.rng.getrandbits(32))
        octets = str(address).split(".")
        if address.is_global and not address.is_multicast and all(len(octet) > 1 for octet in octets):
            return str(address)


def ipv6(draw: Draw) -> str:
    """Return a global IPv6 address, some compressed."""
    groups = [draw.one("2408", "240e", "2409", "2a02", "2620"), *(f"{draw.between(1, 65535):x}" for _ in range(7))]
    if draw.chance(0.5):
        return ":".join(groups)
    return ":".join(groups[:3]) + "::" + groups[-1]


def name_zh(draw: Draw) -> str:
    """Return a Chinese name."""
    if draw.chance(FULL_NAMES):
        return draw.word("names_zh_full")
    return draw.word("family_zh") + draw.word("given_zh")


def name_en(draw: Draw) -> str:
    """Return a name in Latin letters."""
    if draw.chance(LATIN_NAMES):
        return draw.word("names_latin")
    return f"{draw.word('given_en')} {draw.word('family_en')}"


def address_zh(draw: Draw) -> str:
    """Return a Chinese postal address."""
    street = f"{draw.word('cities')}{draw.word('roads')}{draw.between(1, 2000)}号"
    flat = f"{draw.between(1, 30)}{draw.one('栋', '号楼', '幢')}{draw.between(101, 2804)}{draw.one('室', '')}"
    estate = f"{draw.word('estates')}{draw.between(1, 40)}-{draw.between(1, 4)}-{draw.between(101, 1802)}"
    return street + draw.one("", flat, estate)


def address_en(draw: Draw) -> str:
    """Return a street address in English."""
    return f"{draw.between(10, 9800)} {draw.word('streets')}, {draw.word('towns')}"


def birth_date(draw: Draw) -> str:
    """Return a date of birth."""
    year, month, day = draw.birth()
    return draw.one(
        f"{year}-{month:02}-{day:02}",
        f"{year}年{month}月{day}日",
        f"{year}/{month}/{day}",
        f"{year}.{month:02}.{day:02}",
        f"{year}{month:02}{day:02}",
    )


def birth_date_en(draw: Draw) -> str:
    """Return a date of birth as written in English."""
    year, month, day = draw.birth()
    return draw.one(f"{month:02}/{day:02}/{year}", f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}")


def employee(draw: Draw) -> str:
    """Return a number of an employee or a badge."""
    return draw.one(draw.digits(6), f"E{draw.digits(5)}", f"{draw.word('badge_heads')}{draw.digits(5)}", draw.digits(8))


def wechat(draw: Draw) -> str:
    """Return a WeChat name."""
    return draw.one(
        "wxid_" + draw.chars(string.ascii_lowercase + string.digits, 14),
        f"{draw.word('pinyin')}{draw.between(1970, 2004)}",
        f"{draw.word('pinyin')}_{draw.digits(3)}",
    )


def qq(draw: Draw) -> str:
    """Return a QQ number."""
    return draw.digits(draw.between(7, 10))


MAKERS = {
    "cn.mobile": mobile,
    "cn.landline": landline,
    "email": email,
    "ip-address.v4": ipv4,
    "ip-address.v6": ipv6,
    "person-name.zh": name_zh,
    "person-name.en": name_en,
    "person-name.zh.bare": name_zh,
    "person-name.en.bare": name_en,
    "address.zh": address_zh,
    "address.en": address_en,
    "address.zh.bare": address_zh,
    "address.en.bare": address_en,
    "birth-date.zh": birth_date,
    "birth-date.en": birth_date_en,
    "employee-number": employee,
    "wechat": wechat,
    "qq": qq,
}
