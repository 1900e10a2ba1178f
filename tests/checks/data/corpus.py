"""A seeded generator of labelled industrial text, written apart from the detectors: it shares no code with them."""
# ruff: noqa: S311  # data must be the same every time

import random
from dataclasses import dataclass

REGIONS = ["110105", "310115", "440305", "330106", "510107", "420111", "210203", "610113", "370202", "320582"]
GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "建国",
    "志强",
    "秀英",
    "海燕",
    "国庆",
    "玉兰",
    "晓东",
    "文博",
    "子涵",
    "雨桐",
]
FAMILY = [
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "赵",
    "黄",
    "周",
    "吴",
    "徐",
    "孙",
    "胡",
    "朱",
    "高",
    "林",
    "何",
    "郭",
    "马",
    "罗",
    "欧阳",
    "诸葛",
]
FIRST = ["John", "Mary", "Robert", "Linda", "James", "Susan", "Peter", "Anna", "Thomas", "Julia"]
LAST = ["Smith", "Miller", "Johnson", "Brown", "Wilson", "Taylor", "Schmidt", "Rossi", "Keller", "Martin"]


@dataclass(frozen=True)
class Line:
    text: str
    spans: tuple[tuple[int, int, str], ...]


def digits(rng, n):
    return "".join(rng.choice("0123456789") for _ in range(n))


def birthday(rng):
    return f"{rng.randint(1950, 2005)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"


def resident_id(rng):
    body = rng.choice([*REGIONS, "810000", "820000", "830000"]) + birthday(rng) + digits(rng, 3)
    # ISO 7064 MOD 11-2 as the pure recursive method
    product = 0
    for symbol in body:
        product = (product + int(symbol)) * 2 % 11
    check = (12 - product) % 11
    return body + ("X" if check == 10 else str(check))


def mobile(rng):
    number = "1" + rng.choice("3456789") + digits(rng, 9)
    a, b, c = number[:3], number[3:7], number[7:]
    return rng.choice(
        [number, number, f"{a}-{b}-{c}", f"{a} {b} {c}", f"+86 {number}", f"+86-{a}-{b}-{c}", f"0086{number}"]
    )


def luhn_complete(body):
    for check in "0123456789":
        total = 0
        for index, symbol in enumerate(reversed(body + check)):
            value = int(symbol) * (2 if index % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return body + check
    raise AssertionError


def bank_card(rng):
    prefix, length = rng.choice(
        [("622848", 19), ("621700", 19), ("622588", 16), ("4532", 16), ("5412", 16), ("3714", 15)]
    )
    number = luhn_complete(prefix + digits(rng, length - 1 - len(prefix)))
    if length == 16 and rng.random() < 0.3:
        return " ".join(number[i : i + 4] for i in range(0, 16, 4))
    return number


def uscc(rng):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    organisation = "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(8))
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    value = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    rest = 11 - sum(value[c] * w for c, w in zip(organisation, weights, strict=True)) % 11
    organisation += {10: "X", 11: "0"}.get(rest, str(rest))
    body = rng.choice(["91", "92", "12", "52"]) + rng.choice(REGIONS) + organisation
    total, weight = 0, 1
    for symbol in body:
        total += alphabet.index(symbol) * weight
        weight = weight * 3 % 31
    return body + alphabet[-total % 31]


def vin(rng):
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    value = dict(
        zip(
            "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
            [*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)],
            strict=True,
        )
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    start = rng.choice(["LSV", "LFV", "WVW", "1HG", "LGB"]) + "".join(rng.choice(letters) for _ in range(5))
    end = "".join(rng.choice(letters) for _ in range(4)) + digits(rng, 4)
    total = sum(value[c] * w for c, w in zip(start + "0" + end, weights, strict=True))
    return start + "0123456789X"[total % 11] + end


def plate(rng):
    province = rng.choice("京津沪粤苏浙鲁川渝豫湘")
    letter = rng.choice("ABCDEFGH")
    tail = rng.choice(
        [
            "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(5)),
            rng.choice("DF") + rng.choice("ABCDEFGHJK0123456789") + digits(rng, 4),
            digits(rng, 5) + rng.choice("DF"),
        ]
    )
    return province + letter + rng.choice(["", "", "·"]) + tail


def email(rng):
    user = rng.choice(["zhang.wei", "li_ming", "j.smith", "wang-fang88", "op3", "maria+shift"])
    return f"{user}@{rng.choice(['163.com', 'qq.com', 'factory.com.cn', 'plant-works.de', 'mail.example.org'])}"


def public_ip(rng):
    return f"{rng.choice([8, 47, 59, 114, 180, 203])}.{rng.randint(110, 250)}.{rng.randint(1, 254)}.{rng.randint(1, 254)}".replace(
        "203.0.113", "203.1.114"
    )


def iban(rng):
    country, length = rng.choice([("DE", 22), ("NL", 18), ("FR", 27)])
    body = {"NL": "ABNA"}.get(country, "")
    body += digits(rng, length - 4 - len(body))
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    text = f"{country}{98 - number % 97:02}{body}"
    return rng.choice([text, " ".join(text[i : i + 4] for i in range(0, length, 4))])


def ssn(rng):
    return f"{rng.randint(100, 665):03}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def passport(rng):
    return rng.choice(["E" + digits(rng, 8), "G" + digits(rng, 8), "E" + rng.choice("ABCDFGH") + digits(rng, 7)])


def chinese_name(rng):
    return rng.choice(FAMILY) + rng.choice(GIVEN)


def english_name(rng):
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


MAKERS = {
    "cn.resident-id": (resident_id, ["身份证{}已登记", "ID {} verified at gate", "访客身份证号：{}，入厂", "{}"]),
    "cn.mobile": (mobile, ["电话{}联系", "call {} after repair", "联系方式：{}；夜班", "手机号为{}"]),
    "bank-card": (bank_card, ["卡号{}退款", "refund to card {} done", "打款至{}（工行）"]),
    "cn.uscc": (uscc, ["供应商统一社会信用代码{}", "vendor code {} active"]),
    "vin": (vin, ["叉车车架号{}入库", "chassis {} arrived"]),
    "cn.plate": (plate, ["车辆{}进厂", "槽车车牌{}，卸料"]),
    "email": (email, ["发送至{}确认", "mail {} for access", "邮箱{}"]),
    "ip-address": (public_ip, ["远程登录来自{}端口", "remote access from {} accepted", "IP为{}"]),
    "iban": (iban, ["pay to {} by friday", "账户{}"]),
    "us.ssn": (ssn, ["employee record {} on file", "SSN: {}"]),
    "cn.passport": (passport, ["外籍工程师护照{}", "passport no. {} checked"]),
    "person-name": (chinese_name, ["报修人：{}，停机", "操作员 {} 交班", "由检修人：{}处理", "司机:{} 离厂"]),
}
ENGLISH_NAMES = ["operator: {} on shift", "reported by {}, line 3", "Technician: {}."]

NEGATIVES = [
    "序列号{d18}，出厂",
    "S/N {d17} spindle",
    "订单号62{d17}已发货",
    "P/N {d3}-{d2}-{d4} bearing",
    "批次{d11}合格",
    "counter 13{d9} pulses",
    "timestamp 17{d8}{d3} ms",
    "t=17{d8} value={d2}.{d5}",
    "OID 1.3.6.1.4.1.2021.10.1.3",
    "snmp .1.3.6.1.2.1.1.5.0 = PLC7",
    "firmware 4.12.118.207 loaded",
    "固件版本8.114.20.33升级完成",
    "v2.14.3.1 released",
    "gateway 192.168.10.25 up",
    "plc at 10.20.30.40 and 172.16.5.9",
    "frame 01 03 13 88 00 0A 45 6C",
    "FF FE 13 91 23 45 67 89",
    "N10 G01 X138.123 Y45.678 Z-12.500 F1500",
    "X13812.345678 Y1",
    "register 40001..40125 = 0",
    "DB10.DBW{d2} := {d5}",
    "uuid 550e8400-e29b-41d4-a716-4466{d8}",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "tag LT_13812345678_PV quality 192",
    "2024-03-15T08:30:00.123456+08:00 INFO start",
    "20240315083000123 event",
    "length 138-1234-56 mm",
    "part 6205-2RS C3 qty 120",
    "motor 3~ 400V 50Hz 7.5kW 1450rpm",
    "IMG_20240315_083000.png saved",
    "icon@2x.png loaded",
    "git clone git@github.com:acme/plc.git",
    "npm i left-pad@1.3.0",
    "root@localhost login",
    "流水号20240315{d8}",
    "工单号{d13}关闭",
    "设备号E{d8}已巡检",
    "order E{d8} packed",
    "模具G{d8}入库",
    "checksum 0x{d8}{d8}",
    "晋升A类设备",
    "新A区泵房压力正常",
    "压力0.13812345678MPa",
    "累计运行13{d9}次",
    "编码器读数18{d9}",
    "操作员站温度高",
    "司机室玻璃破损",
    "操作员界面：启动",
    "operator: Cooling Station offline",
    "contact: Normally Open",
    "Name: Pump Station",
    "engineer: on call",
    "barcode 69{d11}",
    "waybill 13{d9}",
    "ratio 1.13912345678 ok",
    "密码：已修改",
    "password: ********",
    "password=${DB_PASS}",
    "bearing token ring 5",
    "api_key: null",
    "key fob 42 returned",
    "pwd is required",
    "MAC 00:1B:44:11:3A:B7",
    "a::b = c::d",
    "time 12:34:56:78",
    "token bucket full",
    "12:30-13:45 138 1234",
    "serial 1HGCM82633A{d6}",
    "CAN 0x18FEF100 [8] 12 34",
]


def labelled(rng, type_, maker, template):
    value = maker(rng)
    before, after = template.split("{}")
    return Line(before + value + after, ((len(before), len(before) + len(value), type_),))


def positives(seed, each):
    rng = random.Random(seed)
    lines = [
        labelled(rng, type_, maker, rng.choice(templates))
        for type_, (maker, templates) in MAKERS.items()
        for _ in range(each)
    ]
    lines += [labelled(rng, "person-name", english_name, rng.choice(ENGLISH_NAMES)) for _ in range(each)]
    rng.shuffle(lines)
    return lines


def negatives(seed, each):
    rng = random.Random(seed)
    return [fill(rng, template) for template in NEGATIVES for _ in range(each)]


def fill(rng, template):
    parts = template.replace("${", "$\0").split("{")
    out = parts[0]
    for part in parts[1:]:
        size, _, rest = part.partition("}")
        out += digits(rng, int(size[1:])) + rest
    return out.replace("$\0", "${")


def mixed(seed, lines, share=0.05):
    """Return a number-dense log of which about `share` of the lines hold something personal."""
    rng = random.Random(seed)
    wanted = int(lines * share)
    held = positives(seed, max(1, wanted // (len(MAKERS) + 1)))
    plain = [Line(fill(rng, rng.choice(NEGATIVES)), ()) for _ in range(lines - len(held))]
    every = held + plain
    rng.shuffle(every)
    return every


SECRETS = {
    "private-key": [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
    ],
    "aws-access-key": ["AKIA" + "QYLPMN5HFIQR7XYA"],
    "aliyun-access-key": ["LTAI5tGh8kQw2mZxNcVbRt7Y"],
    "tencent-secret-id": ["AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA"],
    "github-token": ["ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    "gitlab-token": ["glpat-x7Kq2mVn9Rt4Yb1Lw8Zd"],
    "slack-token": ["xoxb-241" + "7839105-Qz8Lm2Xw7Rk4"],
    "google-api-key": ["AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"],
}
SECRETS_BY_CUE = {
    "aws-secret-key": [("aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzKq82mLpT")],
    "cloud-secret-key": [("huaweicloud_secret_key: ", "kQ82mZxNcVbRt7Yp0LwErTyUiOpAsDfGh31jKlZx")],
    "connection-string": [("dsn postgres://historian:", "S3cure-Pw!9"), ("opc mysql://root:", "Pl4nt#2024")],
    "password": [
        ("password=", "Xk9$mPq2vL"),
        ("密码：", "Plc@2024abc"),
        ("口令为", "s7-1500Adm"),
        ("db_password: ", "Tr0ub4dor&3x"),
    ],
    "bearer-token": [("Authorization: Bearer ", "mF_9.B5f-4.1JqM7kLp2Qr8sTuV")],
    "api-token": [("api_key=", "9fK2mQ7xZt4LpW8vRb3N")],
}
AFTER = {"connection-string": "@db.plant.local/x"}


def secret_lines():
    lines = [
        Line(f"cfg {value} end", ((4, 4 + len(value), type_),)) for type_, values in SECRETS.items() for value in values
    ]
    for type_, pairs in SECRETS_BY_CUE.items():
        for cue, value in pairs:
            lines.append(Line(cue + value + AFTER.get(type_, ""), ((len(cue), len(cue) + len(value), type_),)))
    return lines
