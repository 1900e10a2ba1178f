"""Hard negatives: what a plant writes that looks like personal data or a secret and is neither."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

from . import checkdigits, near_misses
from .draw import UPPER_ALNUM, Draw

if TYPE_CHECKING:
    from collections.abc import Callable

LOWER_HEX = string.hexdigits[:16]
CARD_HEADS = ("34", "37", "4", "5", "62")


def order(length: int) -> Callable[[Draw], str]:
    """Return a maker of order, batch and serial numbers of that many digits; none is a valid card or identity."""

    def make(draw: Draw) -> str:
        while True:
            head = draw.one("20240315", "20250611", "1", "3", "7", "8", "13", "45", "9")
            number = head + draw.chars(string.digits, length - len(head))
            if not _valid(number):
                return number

    return make


def _valid(number: str) -> bool:
    card = number.startswith(CARD_HEADS) and checkdigits.luhn(number[:-1]) == number[-1]
    identity = len(number) == len("110105199001010000") and checkdigits.resident(number[:17]) == number[17]
    return card or identity


def part(draw: Draw) -> str:
    """Return a part number."""
    head = draw.word("part_heads")
    return draw.one(
        f"{head}{draw.digits(3)}-{draw.digits(1)}{draw.chars(UPPER_ALNUM, 4)}-0{draw.chars(UPPER_ALNUM, 3)}",
        f"{head}{draw.digits(4)}-2RS/C3",
        f"{draw.chars(string.ascii_uppercase, 3)}-{draw.digits(4)}-{draw.digits(3)}{draw.one('A', 'B', 'R2')}",
    )


def serial(draw: Draw) -> str:
    """Return a serial number of letters and digits, of 17 characters half of the time."""
    if draw.chance(0.5):
        return "SN" + draw.chars(UPPER_ALNUM, draw.between(9, 14))
    return draw.one(*"KQT") + draw.chars("IOQ" + UPPER_ALNUM, 15) + draw.one("O", "I", "Q")


def serial_letter(draw: Draw) -> str:
    """Return a serial number shaped like a passport or an identity card, a letter and digits."""
    while True:
        letter, digits = draw.one("E", "G", "H", "S", "A", "M"), draw.digits(draw.between(7, 9))
        checks = (checkdigits.hong_kong(letter, digits[:6]), checkdigits.taiwan(letter, digits[:8].ljust(8, "0")))
        if digits[-1] not in checks:
            return letter + digits


def epoch(draw: Draw) -> str:
    """Return a Unix time in seconds, milliseconds or microseconds."""
    return f"{draw.between(1_640_000_000, 1_760_000_000)}{draw.one('', draw.chars(string.digits, 3), '000000')}"


def oid(draw: Draw) -> str:
    """Return an object identifier."""
    return f"1.3.6.1.{draw.one('2.1', '4.1')}.{draw.between(1, 9999)}.{draw.between(1, 40)}.{draw.between(0, 9)}"


def frame(draw: Draw) -> str:
    """Return a Modbus frame in hexadecimal."""
    separator = draw.one(" ", "", "-")
    return separator.join(f"{draw.between(0, 255):02X}" for _ in range(draw.between(8, 16)))


def tag(draw: Draw) -> str:
    """Return the address of a variable in a controller."""
    return draw.one(
        f"DB{draw.between(1, 400)}.DBX{draw.between(0, 99)}.{draw.between(0, 7)}",
        f"%MW{draw.between(100, 9999)}",
        f"ns=2;s={draw.word('tag_paths')}_{draw.between(1, 40)}",
        f"{draw.one('TIC', 'FIC', 'PT', 'LSH')}-{draw.between(100, 9999)}.PV",
    )


def firmware(draw: Draw) -> str:
    """Return a version of four numbers, which reads as an IP address."""
    return ".".join(str(draw.between(0, top)) for top in (12, 40, 99, 255))


def counter(draw: Draw) -> str:
    """Return a counter of operations, pulses or bytes."""
    return draw.digits(draw.rng.choice((7, 8, 9, 10, 12, 13)))


def counter_11(draw: Draw) -> str:
    """Return a counter or flow number of eleven digits that begins like a mobile number."""
    return draw.one("13", "15", "17", "18", "19", "14") + draw.chars(string.digits, 9)


def path(draw: Draw) -> str:
    """Return a block of a tool path in millimetres."""
    x, y, z = (draw.between(-99_999, 999_999) / 1000 for _ in range(3))
    return f"G1 X{x:.3f} Y{y:.3f} Z{z:.3f} F{draw.between(100, 9000)}"


def axes(draw: Draw) -> str:
    """Return machine coordinates in millimetres within the range of latitude and longitude."""
    return f"{draw.between(-89_000, 89_000) / 1000:.4f}, {draw.between(-179_000, 179_000) / 1000:.4f}"


def uuid(draw: Draw) -> str:
    """Return a UUID."""
    return "-".join(draw.chars(LOWER_HEX, length) for length in (8, 4, 4, 4, 12))


def commit(draw: Draw) -> str:
    """Return the hash of a git commit, whole or short, or of a file."""
    return draw.chars(LOWER_HEX, draw.rng.choice((8, 40, 40, 64)))


def blob(draw: Draw) -> str:
    """Return bytes in base 64."""
    return base64.b64encode(draw.rng.randbytes(draw.between(24, 60))).decode()


def gs1(draw: Draw) -> str:
    """Return a GS1 element string or an EAN-13."""
    return draw.one(
        f"(01)0{draw.digits(13)}(17){draw.digits(6)}(10){draw.chars(UPPER_ALNUM, 6)}", "69" + draw.digits(11)
    )


def iso_time(draw: Draw) -> str:
    """Return a date with time, basic or extended."""
    day = f"2025-{draw.between(1, 12):02}-{draw.between(1, 28):02}"
    clock = f"{draw.between(0, 23):02}:{draw.between(0, 59):02}:{draw.between(0, 59):02}"
    extended = draw.one(f"{day}T{clock}+08:00", f"{day} {clock}.{draw.chars(string.digits, 3)}")
    return draw.one(extended, f"{day}T{clock}Z".replace("-", "").replace(":", ""))


def readings(draw: Draw) -> str:
    """Return measured values with many places."""
    return f"{draw.between(1, 300)}.{draw.chars(string.digits, draw.between(9, 14))}"


def service_phone(draw: Draw) -> str:
    """Return a public service number."""
    return draw.one("400", "800") + f"-{draw.digits(3)}-{draw.digits(4)}"


def public_pem(draw: Draw) -> str:
    """Return the armour of something public."""
    kind = draw.one("CERTIFICATE", "PUBLIC KEY")
    body = base64.b64encode(draw.rng.randbytes(96)).decode()
    return "\n".join((f"-----BEGIN {kind}-----", body[:64], body[64:], f"-----END {kind}-----"))


MAKERS = {
    **{f"order-{length}": order(length) for length in (11, 12, 14, 15, 16, 18, 19, 20)},
    "part": part,
    "serial": serial,
    "serial-letter": serial_letter,
    "epoch": epoch,
    "oid": oid,
    "modbus-frame": frame,
    "plc-tag": tag,
    "firmware": firmware,
    "counter": counter,
    "counter-11": counter_11,
    "tool-path": path,
    "axes": axes,
    "uuid": uuid,
    "git-hash": commit,
    "base64": blob,
    "gs1": gs1,
    "iso-time": iso_time,
    "float": readings,
    **near_misses.MAKERS,
    "service-phone": service_phone,
    "public-pem": public_pem,
}
