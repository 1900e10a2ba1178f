"""What announces a value, what says that a number is something else, and values that run over several lines."""
# ruff: noqa: S311  # data must be the same every time

import base64
import json
import random
import re

import pytest
from data_scans import places

from aigov_checks.data import gate
from aigov_checks.data.detectors import load
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.recognise import EVERY, Recogniser

BODY = [base64.b64encode(random.Random(line).randbytes(48)).decode() for line in range(12)]
KEY = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *BODY, "-----END RSA PRIVATE KEY-----"])
LOCKED = KEY.replace(BODY[0], f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n{BODY[0]}")


def values(measured, text):
    return [(text[o.location.start : o.location.end], o.type, o.tier.value) for o in measured.occurrences]


@pytest.mark.parametrize("key", [KEY, LOCKED, KEY.replace("\n", "\r\n"), "\n".join(KEY.split("\n")[:9])])
def test_a_private_key_in_a_cell_is_marked_to_its_last_line(scan, key):
    for name, content in {
        "k.jsonl": json.dumps({"note": f"key {key} kept"}),
        "k.json": json.dumps([{"note": f"key {key} kept"}]),
    }.items():
        assert places(scan.secrets(content, name))[0][4:] == (4, 4 + len(key))
    if "\r" not in key:
        assert places(scan.secrets(f'id,note\n1,"key {key} kept"\n', "k.csv"))[0][4:] == (4, 4 + len(key))


def test_a_private_key_with_escaped_line_ends_is_marked_whole(scan):
    key = KEY.replace("\n", "\\n")
    assert places(scan.secrets(f'PEM = "{key}" # done'))[0][4:] == (7, 7 + len(key))


def test_a_private_key_over_lines_of_text_is_one_occurrence_to_its_end(scan):
    text = f"one\nkey {KEY}\nuser 令牌：aK3x9Qm2Zt7Lp5Vw8Rb1\n"
    measured = scan.secrets(text)
    first, second = measured.occurrences
    data = text.encode()
    assert data[first.location.byte_start : first.location.byte_end].decode() == KEY
    assert (first.location.record, first.location.line) == (1, 2)
    assert (second.type, second.location.record) == ("api-token", 15)
    assert measured.measurements["records"].value == text.count("\n")


def test_a_key_without_an_end_does_not_take_the_rest_of_the_file(scan):
    text = "-----BEGIN PRIVATE KEY-----\n" + "status ok\n" * 4000
    (only,) = scan.secrets(text).occurrences
    assert (only.location.byte_start, only.location.byte_end) == (0, 27)


REFERENCES = [
    "password: os.environ['HMI_PW']",
    'password=os.getenv("HMI_PW")',
    "pwd = settings.db_password",
    "passwd: ${PLC_PASSWORD}",
    "password=<password>",
    "password: change_me_now1",
    "密码：********",
    "PLC password: !vault plc/main",
]

NOTHING = [
    "pyModbusTCP==12.44.71.9",
    "asyncua ~= 20.31.7.4",
    "charge 13866012345 tapped",
    "heat no. 15912340001",
    "event id 13812340002 raised",
    "seq=18900001234",
    "炉号：13712345678",
    "事件号 15800001111",
    "ops@example.com",
    "anna.k@mail.example.net or x1@plc.test or bob@scada.invalid",
    "hosts 192.0.2.17 198.51.100.8 203.0.113.99 2001:db8::1:7",
    "amqp://svc:${BROKER_PW}@10.0.0.8/plant",
    "postgres://svc:Gh7-zz19@db.hanhai-works.cn/x",
    "型号A123456789",
    "pallet 71234567-0",
    "机器人 高速，",
    "施工人员安全，",
    "加工 时间：5 min",
    "全长：米尺",
    "检修人员全撤，",
    "操作员 明火，",
    "供应商经理 苏州",
    "ack by Night Shift",
    "owner: Siemens Electric",
    "contact Normally Open",
    "5 Spindle Drive, Axis 3",
    "3 Main Drive, Motor 12345 rpm",
]


@pytest.mark.parametrize("text", NOTHING)
def test_pins_counters_and_documentation_are_no_personal_data(scan, text):
    assert scan.pii(text).occurrences == ()


@pytest.mark.parametrize("text", REFERENCES)
def test_references_in_code_are_no_secrets(scan, text):
    assert scan.secrets(text).occurrences == ()


FOUND = [
    ("外包人员陈国庆，进厂", "陈国庆", "person-name", "context"),
    ("设备主管 何雨桐 已签字", "何雨桐", "person-name", "context"),
    ("接口人：邓超；", "邓超", "person-name", "context"),
    ("操作员 方可欣，", "方可欣", "person-name", "context"),
    ("焊工 罗勇，三班", "罗勇", "person-name", "context"),
    ("alarm 7 acknowledged by Linda Brown | 12", "Linda Brown", "person-name", "context"),
    ('AUTH name="Julia Rossi" ok', "Julia Rossi", "person-name", "context"),
    ("signed off by Jan van der Berg.", "Jan van der Berg", "person-name", "context"),
    ("机构代码证：11223344-X", "11223344-X", "cn.organisation-code", "verified"),
    ("vendor 11223344-X ok", "11223344-X", "cn.organisation-code", "verified"),
    ("永居证931840198709156601号", "931840198709156601", "cn.permanent-residence", "verified"),
    ("永久居留证：USA110105870901", "USA110105870901", "cn.permanent-residence", "context"),
    ("老身份证号（15位）：110105670401123。", "110105670401123", "cn.resident-id-15", "context"),
    ("见A123456789，复印", "A123456789", "tw.id", "format"),
    ("visitor (badge 301772)", "301772", "employee-id", "context"),
    ("LOGIN operator=K40771 ok", "K40771", "employee-id", "context"),
    ("client 47.110.8.9:502 refused, fw 2.1.3.4", "47.110.8.9", "ip-address", "format"),
    ("filter ip.addr == 47.110.8.9", "47.110.8.9", "ip-address", "format"),
    ("加我微信 lina_77，", "lina_77", "wechat", "context"),
    ("寄 12 Oak Road, Leeds LS1 4AB today", "12 Oak Road, Leeds LS1 4AB", "address", "context"),
    ("住址：南京市玄武区珠江路88号3栋1204，", "南京市玄武区珠江路88号3栋1204", "address", "context"),
]


@pytest.mark.parametrize(("text", "value", "type_", "tier"), FOUND)
def test_a_word_before_the_value_announces_it(scan, text, value, type_, tier):
    assert values(scan.pii(text), text) == [(value, type_, tier)]


SECRETS = [
    ("触摸屏密码改成Kx7@line了", "Kx7@line", "control-system-password"),
    ("口令已改为Kx7@line。", "Kx7@line", "password"),
    ('connect(host, password="Mill4_2021")', "Mill4_2021", "password"),
    ("访问令牌：9fK2mQ7xZt4LpW8vRb3N9fK2mQ7xZt4LpW8vRb3N", "9fK2mQ7xZt4LpW8vRb3N9fK2mQ7xZt4LpW8vRb3N", "api-token"),
    (
        'secret_key = "aB3/dE5+gH7iJ9kL1mN2oP4qR6sT8uV0wX2yZ4aB"',
        "aB3/dE5+gH7iJ9kL1mN2oP4qR6sT8uV0wX2yZ4aB",
        "aws-secret-key",
    ),
    (
        "dsn=postgres://svc:Gh7-zz19@db.hanhai-works.cn/x, ok",
        "postgres://svc:Gh7-zz19@db.hanhai-works.cn/x",
        "connection-string",
    ),
]


@pytest.mark.parametrize(("text", "value", "type_"), SECRETS)
def test_a_secret_is_marked_without_what_closes_it(scan, text, value, type_):
    assert [row[:2] for row in values(scan.secrets(text), text)] == [(value, type_)]


def test_columns_of_people_hold_names_in_both_scripts(scan):
    table = "id,name,assigned_to,org_code\n1,Mary Wilson,郭涛,11223344X\n2,Cooling Pump,Night Shift,112233445\n"
    assert {(type_, record, column) for type_, record, _, column, *_ in places(scan.pii(table, "t.csv"))} == {
        ("person-name", 0, "name"),
        ("person-name", 0, "assigned_to"),
        ("cn.organisation-code", 0, "org_code"),
    }


@pytest.mark.parametrize("family", ["pii", "secrets"])
def test_every_pattern_compiles_for_both_engines_in_every_format(family):
    detectors = load(family, DEFAULT if family == "pii" else ())
    for shape in ("text", "csv", "jsonl"):
        for item in gate.expressions(detectors, shape):
            re.compile(item.fallback)
        for engine in ("vectorscan", "re"):
            assert gate.lines(gate.make(detectors, shape, engine), b"load 40 %\n") == []


@pytest.mark.parametrize("family", ["pii", "secrets"])
def test_neither_engine_loses_what_was_announced_however_it_is_cut(family):
    rng = random.Random(9)
    known = [*NOTHING, *REFERENCES, *(row[0] for row in FOUND), *(row[0] for row in SECRETS), KEY.replace("\n", "\\n")]
    lines = list(known)
    for _ in range(6000):
        first, second = rng.choice(known), rng.choice(known)
        lines.append(first[rng.randint(0, 9) : rng.randint(1, 60)] + rng.choice(["", " ", "：", "é"]) + second)
    recogniser = Recogniser(load(family, DEFAULT if family == "pii" else ()))
    block = "\n".join(lines).encode()
    everything = [recogniser.find(line.encode(), "", EVERY) for line in lines]
    for engine in ("vectorscan", "re"):
        found = gate.lines(gate.make(recogniser.detectors, "text", engine), block)
        masks = {start: mask for start, _, mask in found}
        position = 0
        for line, expected in zip(lines, everything, strict=True):
            mask = masks.get(position, 0)
            assert (recogniser.find(line.encode(), "", mask) if mask else []) == expected, (engine, line)
            position += len(line.encode()) + 1
