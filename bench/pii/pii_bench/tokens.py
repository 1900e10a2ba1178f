"""True values: keys of further clouds and services, passwords of controllers and historians; none was ever valid."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

from .credentials import password, plain_password
from .draw import ALNUM, UPPER_ALNUM

if TYPE_CHECKING:
    from .draw import Draw

LOWER_HEX = string.hexdigits[:16]


def volcengine_key(draw: Draw) -> str:
    """Return an access key id of Volcengine, whose prefix tells it."""
    return "AKLT" + draw.chars(ALNUM, 43)


def baidu_key(draw: Draw) -> str:
    """Return an access key id of Baidu Cloud, whose prefix tells it."""
    return "ALTAK" + draw.chars(ALNUM, 21)


def huawei_key(draw: Draw) -> str:
    """Return an access key id of Huawei Cloud: twenty capital letters and digits, which only a word announces."""
    return draw.chars(UPPER_ALNUM, 20)


def registry_token(draw: Draw) -> str:
    """Return a token of a registry of packages, images or models, whose prefix tells it."""
    return draw.one(
        "npm_" + draw.chars(ALNUM, 36),
        "pypi-AgEIcHlwaS5vcmc" + draw.chars(ALNUM + "-_", 100) + draw.one(*ALNUM),
        "dckr_pat_" + draw.chars(ALNUM, 27),
        "hf_" + draw.chars(string.ascii_letters, 34),
    )


def service_token(draw: Draw) -> str:
    """Return a token of another service whose prefix tells it."""
    return draw.one(
        "sk-proj-" + draw.chars(ALNUM, 48),
        "sk_live_" + draw.chars(ALNUM, 24),
        f"SG.{draw.chars(ALNUM, 22)}.{draw.chars(ALNUM, 43)}",
        "glsa_" + draw.chars(ALNUM, 32) + "_" + draw.chars(LOWER_HEX, 8),
        "hvs." + draw.chars(ALNUM, 24),
        "dop_v1_" + draw.chars(LOWER_HEX, 64),
    )


def store_token(draw: Draw) -> str:
    """Return a token of a time-series store or a model service, which only a word announces."""
    return draw.one(
        base64.urlsafe_b64encode(draw.rng.randbytes(64)).decode(),
        "sk-" + draw.chars(LOWER_HEX, 32),
        draw.chars(LOWER_HEX, 32),
    )


def control_password(draw: Draw) -> str:
    """Return a password of a controller, a panel or a historian: short, often digits alone."""
    return draw.one(
        draw.digits(6), draw.digits(4) + draw.digits(4), password(draw), password(draw), draw.chars(ALNUM, 8)
    )


def database(draw: Draw) -> str:
    """Return a connection string of ODBC, JDBC, ADO.NET, a broker or a storage account, with its password."""
    user, secret, host = draw.word("accounts"), plain_password(draw), draw.word("hosts")
    name = draw.word("databases")
    return draw.one(
        f"Driver={{ODBC Driver 17 for SQL Server}};Server={host};Database={name};Uid={user};Pwd={secret};",
        f"Data Source={host},1433;Initial Catalog={name};User ID={user};Password={secret}",
        f"jdbc:sqlserver://{host}:1433;databaseName={name};user={user};password={secret}",
        f"jdbc:mysql://{host}:3306/{name}?user={user}&password={secret}",
        f"redis://:{secret}@{host}:6379/0",
        f"amqps://{user}:{secret}@{host}:5671/{name}",
        f"mqtt://{user}:{secret}@{host}:1883",
        f"mongodb+srv://{user}:{secret}@{host}/{name}",
        f"oracle+cx_oracle://{user}:{secret}@{host}:1521/{name}",
        f"DefaultEndpointsProtocol=https;AccountName={_letters(name)}01;AccountKey={_storage_key(draw)};"
        "EndpointSuffix=core.windows.net",
    )


def _letters(name: str) -> str:
    return name.lower().replace("_", "")


def _storage_key(draw: Draw) -> str:
    return base64.b64encode(draw.rng.randbytes(64)).decode()


def robot(draw: Draw) -> str:
    """Return the address of a chat robot of Teams, Discord, Slack, WeCom, DingTalk or Feishu."""
    first, second, third = ("-".join(draw.chars(LOWER_HEX, n) for n in (8, 4, 4, 4, 12)) for _ in range(3))
    teams = f"https://{_letters(draw.word('databases'))}.webhook.office.com/webhookb2/{first}@{second}"
    slack = "/".join(f"{letter}{draw.chars(UPPER_ALNUM, 10)}" for letter in "TB")
    return draw.one(
        f"{teams}/IncomingWebhook/{draw.chars(LOWER_HEX, 32)}/{third}",
        f"https://discord.com/api/webhooks/{draw.digits(18)}/{draw.chars(ALNUM + '-_', 67)}a",
        f"https://oapi.dingtalk.com/robot/send?access_token={draw.chars(LOWER_HEX, 64)}",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={first}",
        f"https://open.feishu.cn/open-apis/bot/v2/hook/{first}",
        f"https://hooks.slack.com/services/{slack}/{draw.chars(ALNUM, 24)}",
    )


MAKERS = {
    "cn-cloud-key.volcengine": volcengine_key,
    "cn-cloud-key.baidu": baidu_key,
    "huawei-key": huawei_key,
    "registry-token": registry_token,
    "service-token": service_token,
    "store-token": store_token,
    "control-password": control_password,
    "database": database,
    "robot": robot,
}
