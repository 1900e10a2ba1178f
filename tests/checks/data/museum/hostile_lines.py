"""Makes the hostile inputs of this museum: each entry once broke a scanner, or would break a careless one.

Entries are made, not stored, because most are large; the list only grows.
"""

import gzip

PHONE = "13812345678"
UNITS = {
    "long digit run": "1",
    "digits with spaces": "1 ",
    "digits in fours": "6222 ",
    "phone after phone": "1380013800-",
    "dotted numbers": "1.",
    "quotes": '"',
    "doubled quotes": '""',
    "quotes and commas": '","',
    "open objects": '{"a":',
    "escapes": "\\",
    "unicode escapes": "\\u0031",
    "at signs": "a@",
    "dots after an at sign": "@a.",
    "colons": "::",
    "surnames": "王",
    "roles": "操作员",
    "role and surname": "操作员王",
    "streets without a number": "上海路",
    "streets with a number": "上海路3号",
    "cues without a value": "工号：",
    "degrees": "GPS 31.2304,",
    "full-width digits": "１",
    "invisible characters": "1\u200b",
    "passwords without a value": "password=",
    "schemes": "a://b:c",
    "dates": "DOB 12/",
    "credit code letters": "91A",
    "hex groups": "2a0:",
    "OT cue": "plc opc ",
    "carriage returns": "1\r",
    "letters without end": "a",
    "letters before an at sign": "a" * 5000 + "@",
    "mobile numbers": "13812345678 ",
    "mobile numbers and addresses": "13812345678 a@b.cn ",
    "identity numbers": "11010519491231002X ",
    "names": "操作员：王建国 ",
    "odd characters": "１\u200b٣𝟏\u0301",
    "arrays without end": "[",
    "long keys": '{"' + "k" * 3000 + '": 1, ',
    "quotes that are never closed": '1,"open,2\n',
    "quotes in the middle": '5" pipe,',
    "empty lines": "\n",
    "private keys that never end": "-----BEGIN RSA PRIVATE KEY-----",
    "tokens": "eyJhbGciOiJIUzI1NiJ9.",
}


def line(name, size):
    """Return the entry, repeated to about `size` bytes; most are one line without a newline."""
    unit = UNITS[name]
    return unit * max(1, size // len(unit.encode()))


def truncated_gzip():
    """Return gzip that ends in the middle."""
    return gzip.compress((f"tel {PHONE}\n" * 5000).encode())[:-40]


def gzip_of_zeros(size):
    """Return a gzip file that unpacks to `size` bytes."""
    return gzip.compress(bytes(size), 9)
