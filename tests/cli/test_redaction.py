"""No value that was planted, of any type and in any format, is in anything that the tool writes or says."""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "checks/data"))

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
FORMATS = ("html", "json", "sarif", "junit")
KEYED = '{"13812345678": {"tel": "13987654321"}, "wei@163.com": "call 13712345678"}\n'
KEYED_VALUES = ["13812345678", "13987654321", "wei@163.com", "13712345678"]


@pytest.fixture
def aigov(tmp_path, monkeypatch, capsys):
    """Run `aigov ARGUMENTS` in this process, where the detectors are loaded already."""
    from aigov.cli import run

    monkeypatch.chdir(tmp_path)
    for name, value in {"COLUMNS": "300", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)

    def call(*arguments, lang="en"):
        capsys.readouterr()
        engine = ["--engine", "serial"] if arguments[0] in {"audit", "check"} else []
        run([*map(str, arguments), "--lang", lang, *engine])
        return capsys.readouterr()

    return call


def shapes(value):
    """Return a value in every form in which a writer might have hidden it."""
    plain = value.encode()
    yield from (value, json.dumps(value)[1:-1], html.escape(value), value.translate(WIDE), quote(value))
    yield from (base64.b64encode(plain).decode().rstrip("=")[:-1], plain.hex(), repr(value)[1:-1])


def pattern_of(value):
    every = "|".join(re.escape(shape) for shape in sorted(set(shapes(value)), key=len, reverse=True))
    return re.compile(rf"(?<![0-9A-Za-z])(?:{every})(?![0-9A-Za-z])".encode())


def write_project(folder, texts):
    import planted

    data = folder / "data"
    data.mkdir(parents=True)
    planted.write_all(data, texts)
    (data / "keyed.jsonl").write_text(KEYED if len(texts) > 1 else "{}\n", encoding="utf-8")
    (folder / "aigov.yaml").write_text(
        "apiVersion: aigov/v1\nkind: Subject\nmetadata: {name: s, version: 1.0.0}\ncontext: {markets: [CN]}\n"
        "datasets: [{name: d, role: train, path: data}]\npolicies: [baseline, cn-ai-manufacturing-2026]\n",
        encoding="utf-8",
    )


def said(aigov, folder):
    """Return every byte that the tool writes about a project, by where it wrote it."""
    outputs = {}

    def keep(name, done):
        outputs[f"{name} stdout"], outputs[f"{name} stderr"] = (text.encode() for text in done)

    formats = [word for format_ in FORMATS for word in ("--format", format_)]
    keep("audit", aigov("audit", folder, *formats, "--output", folder / "out"))
    keep("report", aigov("report", folder / "out", "--format", "html", "--output", folder / "out/zh", lang="zh-CN"))
    for check in ("data.pii", "data.secrets"):
        for format_ in ("table", "json", "jsonl"):
            keep(f"{check} {format_}", aigov("check", check, folder / "data", "--format", format_, lang="zh-CN"))
    for method in ("mask", "fake"):
        keep(f"redact {method}", aigov("redact", folder, "--output", folder / f"copy-{method}", "--method", method))
        outputs[f"redact {method} file"] = (folder / f"copy-{method}/redaction.json").read_bytes()
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            outputs[path.relative_to(folder).as_posix()] = path.read_bytes()
    return outputs


@pytest.mark.slow
def test_no_planted_value_is_in_anything_that_is_written(aigov, tmp_path):
    import planted

    lines = planted.planted()
    values = sorted({line.text[a:b] for line in lines for a, b, _ in line.spans if b - a > 1} | set(KEYED_VALUES))
    write_project(tmp_path / "clean", ["nothing here"])
    write_project(tmp_path / "planted", planted.texts_of(lines))
    common = b"\n".join(said(aigov, tmp_path / "clean").values())
    outputs = said(aigov, tmp_path / "planted")
    assert {"out/report.html", "out/assessment.json", "out/zh/report.html", "audit stderr"} <= set(outputs)
    assert len([name for name in outputs if name.startswith("out/evidence/")]) == 2
    assert sum(len(outputs[name].splitlines()) for name in outputs if name.startswith("out/evidence/")) > 1000
    looked_for = {value: pattern_of(value) for value in values}
    looked_for = {value: pattern for value, pattern in looked_for.items() if not pattern.search(common)}
    assert len(looked_for) > 0.95 * len(values)
    left = [(name, value) for name, text in outputs.items() for value, p in looked_for.items() if p.search(text)]
    assert left == []
