"""Seeded text to time a scan on: number-dense logs full of look-alikes, and prose of maintenance reports."""

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
    return [
        f"2024-03-15 08:{i % 60:02}:{i % 59:02}.{i % 1000:03} line3 {line.text}" for i, line in enumerate(lines)
    ]


def prose() -> list[str]:
    """Return records of Chinese and English prose of about 290 bytes, about 1 % with something personal."""
    rng = random.Random(2)
    held = [line.text for line in _corpus().positives(2, 1 + int(RECORDS * SHARE) // 30)]
    personal = set(rng.sample(range(RECORDS), int(RECORDS * SHARE)))
    return [_record(rng, rng.choice(held) if index in personal else "") for index in range(RECORDS)]


def _record(rng: random.Random, personal: str) -> str:
    language = _SENTENCES[:10] if rng.random() < 0.5 else _SENTENCES[10:]  # noqa: PLR2004  # half of each
    sentences = rng.sample(language, 3)
    if personal:
        sentences.insert(rng.randint(0, 3), personal + rng.choice(["。", ". ", "，"]))
    return " ".join(sentences)


def _corpus() -> Any:  # a module of the tests, which are no package
    if "corpus" not in sys.modules:
        spec = importlib.util.spec_from_file_location("corpus", CORPUS)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(CORPUS)
        module = importlib.util.module_from_spec(spec)
        sys.modules["corpus"] = module
        spec.loader.exec_module(module)
    return sys.modules["corpus"]
