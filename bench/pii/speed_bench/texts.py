"""Seeded text to time a scan on: number-dense logs full of look-alikes, and prose of maintenance reports."""
# ruff: noqa: S311  # data must be the same every time

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[3] / "tests" / "checks" / "data" / "corpus.py"
RECORDS = 20_000
SHARE = 0.01
"""Share of records with something personal."""
_OPENINGS = (
    "2024年{month}月{day}日{hour}时，{line}号线{asset}号设备点检记录。",
    "{month}月{day}日 {hour}:{minute} 维修记录，工单{order}，{line}号线。",
    "Report of 2024-{month}-{day}, {hour}:{minute}, line {line}, machine M{asset}.",
    "Shift report {day}/{month}/2024, work order {order}, unit {asset}.",
)
_READINGS = (
    "当前温度{a}.{b}℃，振动{b}.{a}毫米每秒。",
    "累计运行{order}小时，压力0.{a}兆帕。",
    "Temperature {a}.{b} C, vibration {b}.{a} mm/s.",
    "Running hours {order}, pressure 0.{a} MPa.",
)
_SENTENCES = (
    "夜班巡检时发现三号冷却水泵振动偏大，轴承侧温度比平时高出几度，已降低转速观察。",
    "更换密封圈后重新试车，噪声明显减小，各项参数恢复到正常范围之内。",
    "液压站油位偏低，补油后压力稳定，建议下次检修时检查回油管路有没有渗漏。",
    "本批产品表面有轻微划痕，经质检复核后判定为可用，已通知下道工序注意搬运。",
    "输送带跑偏的原因是托辊磨损不均，临时调整后可以继续生产，备件已经申请。",
    "主控画面多次弹出通讯中断的提示，检查后确认是交换机电源接触不良所致。",
    "炉膛温度曲线在升温段出现小幅波动，重新整定控制参数以后趋于平稳。",
    "操作规程要求开机之前先确认安全门关闭，但现场有人把联锁开关短接了。",
    "变频器散热风扇积灰严重，清理之后故障没有再出现，纳入每月点检项目。",
    "仓库反馈这一型号的滤芯已经停产，采购正在寻找可以替代的产品。",
    "The night shift reported a rattling noise from the gearbox and reduced the speed until the end of the batch.",
    "After the seal was replaced the pump ran quietly again and the pressure stayed within its normal range.",
    "Operators should not bypass the interlock, even when the door switch is known to stick in cold weather.",
    "The drift of the sensor was traced to a loose shield, which had been left open after the last calibration.",
    "We recommend that the filter be checked every week while the new supplier is on trial.",
    "Cooling water was slightly below the set temperature, so the controller opened the bypass for a few minutes.",
    "Surface defects on the first parts came from residue in the nozzle and disappeared after cleaning.",
    "The conveyor stopped twice because the light barrier was dirty; it was cleaned and aligned by the shift.",
    "Vibration of the fan rose slowly over the week, which points to dust on the blades rather than to the bearing.",
    "No further action is needed at the moment, but the trend should be reviewed together with the next report.",
)


def dense() -> list[str]:
    """Return lines of a number-dense log, each of them a look-alike, about 1 % with something personal."""
    lines = _corpus().mixed(1, RECORDS, share=SHARE)
    return [f"2024-03-15 08:{i % 60:02}:{i % 59:02}.{i % 1000:03} line3 {line.text}" for i, line in enumerate(lines)]


def prose() -> list[str]:
    """Return maintenance reports in Chinese and English of about 290 bytes, about 1 % with something personal.

    Each has a date, a machine and a reading, as reports have; the rest is prose.
    """
    rng = random.Random(2)
    held = [line.text for line in _corpus().positives(2, 1 + int(RECORDS * SHARE) // 30)]
    personal = set(rng.sample(range(RECORDS), int(RECORDS * SHARE)))
    return [_report(rng, rng.choice(held) if index in personal else "") for index in range(RECORDS)]


def numberless() -> list[str]:
    """Return prose without a single digit, which Presidio's slowest recognizer skips."""
    rng = random.Random(3)
    return [" ".join(rng.sample(_language(rng)[0], 3)) for _ in range(RECORDS)]


def _report(rng: random.Random, personal: str) -> str:
    sentences, openings, readings = _language(rng)
    told = [rng.choice(openings), *rng.sample(sentences, 2), rng.choice(readings)]
    numbers = {
        "month": f"{rng.randint(1, 12):02}",
        "day": f"{rng.randint(1, 28):02}",
        "hour": f"{rng.randint(0, 23):02}",
        "minute": f"{rng.randint(0, 59):02}",
        "line": rng.randint(1, 9),
        "asset": rng.randint(100, 999),
        "order": rng.randint(10_000, 999_999),
        "a": rng.randint(10, 99),
        "b": rng.randint(1, 9),
    }
    text = [sentence.format_map(numbers) for sentence in told]
    if personal:
        text.insert(rng.randint(1, 3), personal + rng.choice(["。", ". ", "，"]))
    return " ".join(text)


def _language(rng: random.Random) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    if rng.random() < 0.5:  # noqa: PLR2004  # half of each
        return _SENTENCES[:10], _OPENINGS[:2], _READINGS[:2]
    return _SENTENCES[10:], _OPENINGS[2:], _READINGS[2:]


def _corpus() -> Any:  # a module of the tests, which are no package
    if "corpus" not in sys.modules:
        spec = importlib.util.spec_from_file_location("corpus", CORPUS)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(CORPUS)
        module = importlib.util.module_from_spec(spec)
        sys.modules["corpus"] = module
        spec.loader.exec_module(module)
    return sys.modules["corpus"]
