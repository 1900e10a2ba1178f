"""True values: secrets. None was ever valid; formats and check sums are those of the issuers."""

from __future__ import annotations

import base64
import json
import string
import zlib

from .draw import ALNUM, UPPER_ALNUM, Draw

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
LOWER_HEX = string.hexdigits[:16]
PEM_KINDS = ("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY")
PEM_WIDTH = 64


def pem(draw: Draw) -> str:
    """Return a private key in PEM: random bytes in the armour."""
    kind = draw.one(*PEM_KINDS)
    head = "b3BlbnNzaC1rZXktdjEA" if kind.startswith("OPENSSH") else "MIIEvQIBADANBgkqhkiG"
    body = head + base64.b64encode(draw.rng.randbytes(150)).decode()
    lines = [body[place : place + PEM_WIDTH] for place in range(0, len(body), PEM_WIDTH)]
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"))


def aws_key(draw: Draw) -> str:
    """Return an AWS access key id."""
    return draw.one("AKIA", "AKIA", "ASIA") + draw.chars(string.ascii_uppercase + "234567", 16)


def cloud_secret(draw: Draw) -> str:
    """Return a secret of 40 characters as AWS and Huawei Cloud give it."""
    return draw.chars(ALNUM + "+/", 39) + draw.one(*ALNUM)


def aliyun_key(draw: Draw) -> str:
    """Return an access key id of Alibaba Cloud."""
    return "LTAI5t" + draw.chars(ALNUM, 18)


def tencent_key(draw: Draw) -> str:
    """Return a SecretId of Tencent Cloud."""
    return "AKID" + draw.chars(ALNUM, 32)


def short_secret(draw: Draw) -> str:
    """Return a secret of 30 or 32 letters and digits, as Alibaba and Tencent Cloud give it."""
    return draw.chars(ALNUM, draw.rng.choice((30, 32)))


def github(draw: Draw) -> str:
    """Return a GitHub token; the classic one ends with the CRC-32 of its random part in base 62."""
    if draw.chance(0.4):
        return f"github_pat_{draw.chars(ALNUM, 22)}_{draw.chars(ALNUM, 59)}"
    random = draw.chars(ALNUM, 30)
    rest, check = zlib.crc32(random.encode()), ""
    for _ in range(6):
        rest, place = divmod(rest, 62)
        check = BASE62[place] + check
    return draw.one("ghp_", "gho_", "ghs_") + random + check


def gitlab(draw: Draw) -> str:
    """Return a personal access token of GitLab."""
    return "glpat-" + draw.chars(ALNUM + "-_", 19) + draw.one(*ALNUM)


def slack(draw: Draw) -> str:
    """Return a token of Slack."""
    return f"{draw.one('xoxb', 'xoxp')}-{draw.digits(12)}-{draw.digits(12)}-{draw.chars(ALNUM, 24)}"


def google(draw: Draw) -> str:
    """Return an API key of Google."""
    return "AIza" + draw.chars(ALNUM + "-_", 34) + draw.one(*ALNUM)


def jwt(draw: Draw) -> str:
    """Return a JSON web token."""
    claims = {
        "sub": draw.digits(6),
        "scope": draw.one("historian", "mes", "scada"),
        "exp": draw.between(1_700_000_000, 1_800_000_000),
    }
    parts = (json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), draw.rng.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def password(draw: Draw) -> str:
    """Return a password as people in plants choose it."""
    word = draw.word("password_words")
    strong = draw.chars(ALNUM, draw.between(6, 10)) + draw.one(*"!@#%") + draw.one(*string.digits)
    dated = f"{word.capitalize()}{draw.one('@', '#', '_', '')}{draw.between(2015, 2026)}"
    return draw.one(
        strong, strong, dated, dated, f"{word}{draw.between(1, 999)}", f"{word}{draw.one(*'!#')}{draw.digits(2)}"
    )


def plain_password(draw: Draw) -> str:
    """Return a password without signs that a URI would have to escape."""
    return draw.one(
        draw.chars(ALNUM, draw.between(8, 14)), f"{draw.word('password_words').capitalize()}{draw.digits(4)}"
    )


def connection(draw: Draw) -> str:
    """Return a connection string that holds a password."""
    user, secret, host = (
        draw.word("accounts"),
        plain_password(draw),
        f"10.{draw.between(1, 99)}.{draw.between(1, 99)}.7",
    )
    scheme = draw.one("postgresql", "mysql", "mongodb", "redis", "amqp", "mysql+pymysql", "ftp")
    return draw.one(
        f"{scheme}://{user}:{secret}@{host}:{draw.between(1024, 9999)}/{draw.one('mes', 'scada', 'trend')}",
        f"{scheme}://{user}:{secret}@{draw.word('hosts')}/{draw.one('mes', 'scada', 'trend')}",
        f"Server={host};Database={draw.one('Runtime', 'MES')};User Id={user};Password={secret};",
    )


def bearer(draw: Draw) -> str:
    """Return an opaque token of RFC 6750."""
    return draw.one(draw.chars(ALNUM, 40), draw.chars(LOWER_HEX, 48), draw.chars(ALNUM + "-_", 43) + "A")


def webhook(draw: Draw) -> str:
    """Return the address of a chat robot, whose key is in it."""
    uuid = "-".join(draw.chars(LOWER_HEX, length) for length in (8, 4, 4, 4, 12))
    slack_path = f"T{draw.chars(UPPER_ALNUM, 8)}/B{draw.chars(UPPER_ALNUM, 8)}/{draw.chars(ALNUM, 24)}"
    return draw.one(
        f"https://oapi.dingtalk.com/robot/send?access_token={draw.chars(LOWER_HEX, 64)}",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={uuid}",
        f"https://open.feishu.cn/open-apis/bot/v2/hook/{uuid}",
        f"https://hooks.slack.com/services/{slack_path}",
    )


MAKERS = {
    "private-key": pem,
    "aws-access-key": aws_key,
    "aws-secret-key": cloud_secret,
    "aliyun-access-key": aliyun_key,
    "tencent-secret-id": tencent_key,
    "cloud-secret-key": short_secret,
    "github-token": github,
    "gitlab-token": gitlab,
    "slack-token": slack,
    "google-api-key": google,
    "jwt": jwt,
    "password": password,
    "connection-string": connection,
    "bearer-token": bearer,
    "webhook": webhook,
}
