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
    return f"{user}@{rng.choice(['163.com', 'qq.com', 'factory.com.cn', 'plant-works.de', 'mail.hanhai-works.cn'])}"


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


def landline(rng):
    area, local = rng.choice(["010", "021", "0512", "0755"]), rng.choice("2568") + digits(rng, 7)
    return rng.choice(
        [
            f"{area}-{local}",
            f"({area}) {local}",
            f"{area} {local[:4]} {local[4:]}",
            f"+86 {area[1:]} {local[:4]} {local[4:]}",
        ]
    )


def old_resident_id(rng):
    return rng.choice(REGIONS) + birthday(rng)[2:] + digits(rng, 3)


def hkid(rng):
    body = rng.choice("ABCDEGHKPRVYZ") + digits(rng, 6)
    total = 36 * 9 + sum(int(c, 36) * w for c, w in zip(body, range(8, 1, -1), strict=True))
    return f"{body}({'0123456789A'[-total % 11]})"


def taiwan_id(rng):
    letter, body = rng.choice("ABCDEFGH"), rng.choice("12") + digits(rng, 7)
    code = 10 + "ABCDEFGH".index(letter)
    total = code // 10 + code % 10 * 9 + sum(int(c) * (8 - i) for i, c in enumerate(body))
    return f"{letter}{body}{-total % 10}"


def street_zh(rng):
    place = rng.choice(["江苏省苏州市工业园区", "上海市浦东新区", "深圳市南山区", "北京市朝阳区", "成都市武侯区"])
    street = rng.choice(["星湖街", "张江路", "科技中二路", "建国路", "天府大道"])
    return f"{place}{street}{rng.randint(1, 999)}号" + rng.choice(
        ["", f"{rng.randint(1, 20)}栋{rng.randint(101, 1999)}室"]
    )


def street_en(rng):
    name = rng.choice(["Maple", "Oak Hill", "Victoria", "Station"])
    return f"{rng.randint(1, 9999)} {name} {rng.choice(['Street', 'Avenue', 'Road', 'Lane'])}, {rng.choice(['Springfield', 'Leeds'])}"


def born(rng):
    year, month, day = rng.randint(1950, 2004), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(
        [f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}", f"{day} March {year}", f"{year}{month:02}{day:02}"]
    )


def position(rng):
    return f"{rng.randint(20, 45)}.{digits(rng, 5)}1, {rng.randint(80, 125)}.{digits(rng, 5)}1"


MAKERS_BY_CUE = {
    "cn.landline": (landline, ["电话{}转接", "fax {} busy", "联系{}，值班室"]),
    "cn.resident-id-15": (old_resident_id, ["身份证号{}（旧）", "证件号码：{}，退休"]),
    "hk.id": (hkid, ["访客{}入厂", "HKID {} checked"]),
    "tw.id": (taiwan_id, ["台湾身份证{}登记", "National ID {} copied"]),
    "cn.travel-permit": (lambda rng: rng.choice("HM") + digits(rng, 8), ["回乡证{}有效", "通行证号：{}，核对"]),
    "cn.military-id": (lambda rng: f"{rng.choice('军士武')}字第{digits(rng, 7)}号", ["军官证{}来访", "士兵证：{}登记"]),
    "imei": (lambda rng: luhn_complete("4901542032" + digits(rng, 4)), ["手持终端IMEI：{}绑定", "imei {} blocked"]),
    "cn.driver-licence": (lambda rng: "32" + digits(rng, 9) + "7", ["驾驶证号{}核验", "驾驶证档案编号：{}，槽车"]),
    "cn.social-security": (lambda rng: "A" + digits(rng, 7) + "3", ["社保卡号：{}，工伤", "医保号{}报销"]),
    "medical-record": (lambda rng: "ZY" + digits(rng, 6) + "9", ["工伤住院号：{}，复查", "MRN {} noted"]),
    "qq": (lambda rng: rng.choice("123456789") + digits(rng, 8), ["QQ:{}联系", "加QQ号{}发图纸"]),
    "wechat": (
        lambda rng: rng.choice(["zhang_wei88", "li-ming2020", "wxid_a8k2m4p6"]),
        ["微信号：{}，备件", "wechat: {} for photos"],
    ),
    "employee-id": (
        lambda rng: rng.choice(["A", "E", ""]) + digits(rng, 4) + "7",
        ["工号{}交班", "badge no. {} at gate 2", "employee ID: {}, shift B"],
    ),
    "birth-date": (born, ["出生日期：{}，体检", "DOB: {} on form"]),
    "coordinates": (position, ["GPS: {} fix", "经纬度：{}，罐车停靠"]),
    "address": (street_zh, ["送货到{}。", "住址：{}，紧急"]),
}
MAKERS |= MAKERS_BY_CUE
ENGLISH_ADDRESSES = ["home address: {}.", "lives at {}; night shift"]
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
    "regs 0001 0002 5312 4111 6222 4532 0151 1283 0366",
    "客服热线400-820-{d4}",
    "service 800-810-{d4} available",
    "拨打95588查询",
    "P/N 0512-{d2}-{d4} seal",
    "料号：021-{d8}",
    "0755-{d2} 规格",
    "图号0755-12.{d3}",
    "part A123456-{d2} in stock",
    "drawing B{d6}(R2) issued",
    "模块A{d9}已更换",
    "asset A1{d8} moved",
    "档案字第{d6}号归档",
    "京房权证字第{d7}号",
    "设备字第{d6}号铭牌",
    "IMEI: unknown",
    "firmware IMEI check skipped 3 times",
    "社保缴费3200元",
    "住院3天后返岗",
    "体检2024年完成",
    "门诊量1200人",
    "QQ群已解散",
    "QQ在线3次",
    "微信通知：enabled",
    "wechat: official",
    "微信：公众号推送",
    "工号待定",
    "badge reader offline 2201",
    "employee count 4821",
    "staff on site 1200",
    "出厂日期：2019年3月12日",
    "生产日期 2020-05-06",
    "有效期至：2026-08-01",
    "manufactured 12 March 2015",
    "坐标 X{d3}.{d3} Y{d3}.{d3}",
    "坐标：{d3}.{d4}, {d3}.{d4}",
    "G01 X31.2304 Y121.4737",
    "position 31.2304 121.4737 mm",
    "lat relay 31.2 ok",
    "latency 31.2304 ms",
    "上海电气路由器3号机柜",
    "北京生产线2号机组",
    "南京分厂东路2号变压器",
    "天津车间1区3号泵",
    "深圳3号仓库入库",
    "地址40001读取超时",
    "modbus address 40001 read",
    "address 0x{d8} fault",
    "IP地址未配置",
    "ship address pending",
    "客户：高新区项目部",
    "审核：已完成",
    "批准：同意",
    "校对：无误",
    "用户：管理员",
    "编制：质量部",
    "值班：夜班",
    "经理：出差",
    "处理人：待定",
    "assigned to Night Shift",
    "checked by Vision System",
    "Customer: General Motors plant",
    "supervisor: Control Room",
    "handled by Conveyor Unit",
    "token: expired",
    "secret: true",
    "api_key=YOUR_API_KEY_HERE",
    "token=xxxxxxxxxxxxxxxxxxxxxxxx",
    "app_secret: <app-secret>",
    "webhook: https://oapi.dingtalk.com/robot/send?access_token=<token>",
    "sk-learn pipeline saved",
    "task-abcdefghijklmnopqrstuvwxyzabcdefgh",
    "npm_config_cache=/tmp/npm",
    "PLC password changed",
    "HMI login password: required",
    "opc ua pin assignment: standard",
    "historian password policy is enforced",
    "控制器密码：未设置",
    "上位机口令已过期",
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
    lines += [labelled(rng, "address", street_en, rng.choice(ENGLISH_ADDRESSES)) for _ in range(each)]
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
    "webhook": [
        "https://oapi.dingtalk.com/robot/send?access_token=" + "4f8d0c7b2a" * 6 + "91e3",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx".replace(
            "7xxx", "7b2c-4bc4-97a0-0ec2sifa5aaa".replace("sif", "e1f")
        ),
        "https://open.feishu.cn/open-apis/bot/v2/hook/9f3c2b1a-77d0-4e5b-a1c2-d3e4f5061728",
    ],
    "volcengine-access-key": ["AKLT" + "ZmQ3M2E5YjQ2NzE4NDk2OGI3YzA0ZWE5ZTlhNjU1MzI"],
    "baidu-api-key": ["bce-v3/ALTAK-" + "Qm8xKv2Lp9Rt4Yw7ZnB3c/" + "1f3d5b7a9c" * 4],
    "npm-token": ["npm_" + "a8Kq2mVn9Rt4Yb1Lw8ZdXc7Jp3Hs6Gf5TyUo"],
    "pypi-token": ["pypi-AgEIcHlwaS5vcmcC" + "JDk4ZmQyYzE3LTRiM2EtNDg5MC1hZjE2LWMwZTdiOTFhMmQ1Zg"],
    "docker-token": ["dckr_pat_" + "Xq7Lm2Vn9Rt4Yb1Lw8ZdKc3Jp5H"],
    "model-service-key": [
        "sk-" + "proj-8Kq2mVn9Rt4Yb1Lw8ZdXc7Jp3Hs6Gf5TyUo",
        "hf_" + "aKqBmVnCRtDYbELwFZdGXcHJpIHsJGfKTy",
    ],
    "google-api-key": ["AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"],
}
SECRETS_BY_CUE = {
    "aws-secret-key": [("aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzKq82mLpT")],
    "cloud-secret-key": [("huaweicloud_secret_key: ", "kQ82mZxNcVbRt7Yp0LwErTyUiOpAsDfGh31jKlZx")],
    "connection-string": [
        ("dsn ", "postgres://historian:S3cure-Pw!9@db.plant.local/x"),
        ("opc ", "mysql://root:Pl4nt#2024@10.2.3.4:3306"),
    ],
    "password": [
        ("password=", "Xk9$mPq2vL"),
        ("密码：", "Plc@2024abc"),
        ("口令为", "s7-1500Adm"),
        ("db_password: ", "Tr0ub4dor&3x"),
    ],
    "control-system-password": [
        ("OPC UA password: ", "100200"),
        ("historian svc pwd=", "Pi-admin7"),
        ("PLC access password is ", "S7#1500"),
        ("上位机登录密码：", "8888abc"),
        ("实时库口令：", "pi@2023"),
    ],
    "bearer-token": [("Authorization: Bearer ", "mF_9.B5f-4.1JqM7kLp2Qr8sTuV")],
    "api-token": [
        ("api_key=", "9fK2mQ7xZt4LpW8vRb3N"),
        ("app_secret: ", "9fK2mQ7xZt4LpW8vRb3N"),
        ("token=", "9fK2mQ7xZt4LpW8vRb3N"),
    ],
}


def secret_lines():
    lines = [
        Line(f"cfg {value} end", ((4, 4 + len(value), type_),)) for type_, values in SECRETS.items() for value in values
    ]
    for type_, pairs in SECRETS_BY_CUE.items():
        for cue, value in pairs:
            lines.append(Line(cue + value, ((len(cue), len(cue) + len(value), type_),)))
    return lines
