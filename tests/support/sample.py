"""A realistic assessment for tests and for looking at reports by eye; every figure in it is invented."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

from aigov import FrozenMap, Message, Quantity, Text, clopper_pearson, count, flag, msg, ratio
from aigov.model import (
    Agreement,
    ArtifactStatus,
    ArtifactSummary,
    Assessment,
    Bound,
    CheckSummary,
    Citation,
    Comparison,
    Control,
    Covers,
    Crashed,
    Evidence,
    Figure,
    Finding,
    Interval,
    Location,
    Mapping,
    Measured,
    Measurement,
    NotPerformed,
    Observation,
    Occurrence,
    PolicySummary,
    Rule,
    Run,
    Severity,
    Status,
    SubjectSummary,
    Tier,
    Trace,
    Verdict,
    Verification,
    Waiver,
    WaiverState,
    WaiverUse,
)
from aigov.redact import Mask, mask

DIGEST = "7f3a9b51c4d2e8f60713a5b9c2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7c1"


def said(text: str) -> Message:
    """Return a message that says `text` by naming an id without words (unknown ids show themselves)."""
    return msg(text)


def assessment() -> Assessment:
    """Return the sample: one pass of each kind, fails with and without places, everything else once."""
    return Assessment(
        subject=_subject(),
        as_of=date(2026, 11, 28),
        policies=(
            _policy("baseline", "baseline requirements", "基线要求", 5),
            _policy("cn-ai-manufacturing-2026", "AI + manufacturing: security chapter", "“人工智能+制造”：安全护航", 3),
        ),
        findings=_findings(),
        observations=_observations(),
        checks=tuple(_check(id_, title) for id_, title in _CHECKS),
        waivers=_waivers(),
        run=Run(
            started=datetime(2026, 11, 28, 9, 0, 0, tzinfo=UTC),
            ended=datetime(2026, 11, 28, 9, 0, 41, tzinfo=UTC),
            aigov_version="0.1.0",
            python_version="3.11.9",
            platform="Linux x86_64",
            engine="local",
            seconds=FrozenMap({"data.pii#1": 12.5, "model.robustness#1": 24.25}),
        ),
    )


_CHECKS = (
    ("data.pii", "Personal data in data sets"),
    ("model.signature", "Signature of the model"),
    ("model.serialization", "Code in model files"),
    ("model.robustness", "Adversarial robustness"),
    ("record.claims", "Claims of the record against facts"),
    ("data.secrets", "Secrets in data sets"),
)


def _subject() -> SubjectSummary:
    return SubjectSummary(
        name="bearing-fault-classifier",
        version="1.2.0",
        title=Text("Bearing fault classifier", "轴承故障分类器"),
        owner=FrozenMap({"name": "Line 3 reliability team", "contact": "reliability@plant.example"}),
        context=FrozenMap({"sector": "machinery", "scenario": "predictive-maintenance", "acts_on_physical": "false"}),
        artifacts=(
            ArtifactSummary(
                "classifier", "model", "model/classifier.onnx", (("model/classifier.onnx", 158_112, DIGEST),)
            ),
            ArtifactSummary(
                "classifier",
                "signature",
                "model/classifier.onnx.sig",
                (("model/classifier.onnx.sig", 1_204, "a" * 64),),
            ),
            ArtifactSummary("train", "dataset", "data/train.parquet", (("data/train.parquet", 48_211_004, "b" * 64),)),
            ArtifactSummary(
                "maintenance-log",
                "dataset",
                "data/maintenance-log/*.jsonl",
                (
                    ("data/maintenance-log/2024.jsonl", 612_400_112, "c" * 64),
                    ("data/maintenance-log/2025.jsonl", 588_211_004, "d" * 64),
                ),
            ),
            ArtifactSummary(
                "record",
                "record",
                "transparency-record.yaml",
                (),
                said("The file transparency-record.yaml does not exist."),
            ),
        ),
        source="aigov.yaml",
    )


def _policy(id_: str, en: str, zh: str, controls: int) -> PolicySummary:
    return PolicySummary(
        id=id_,
        edition="2026-01",
        title=Text(en, zh),
        status="in-force",
        sha256="e" * 64,
        path=f"{id_}.yaml",
        applicable=True,
        reason=said("It applies to every subject."),
        controls=controls,
        rules=controls,
        issued=date(2026, 1, 7),
        issuer=Text("the issuing departments", "发布部门"),
    )


def _check(id_: str, title: str) -> CheckSummary:
    doc = {
        "what": f"The {title.lower()} of the subject.\n\nA second paragraph with `code` in it.",
        "why": "- first reason\n- second reason, which\n  goes on",
        "how": "By looking.",
        "limits": "What was not looked at is not known.",
        "references": "- A standard, clause 1",
    }
    return CheckSummary(id_, 1, title, FrozenMap(doc), "aigov", "0.1.0")


def _control(id_: str, en: str, zh: str, severity: Severity, *maps_to: Mapping) -> Control:
    citation = Citation("section 7, item unconfirmed", Verification.SECONDARY, date(2026, 11, 23), "outline only")
    return Control(id_, Text(en, zh), citation, severity, (), maps_to)


def _finding(control: Control, verdict: Verdict, sentence: str, rule: Rule, observation: str | None = None) -> Finding:
    policy = "cn-ai-manufacturing-2026" if control.id.startswith("s7") else "baseline"
    return Finding(policy, control, rule, verdict, said(sentence), observation)


def _findings() -> tuple[Finding, ...]:
    data = _control(
        "s7-training-data",
        "Training data protection",
        "训练数据保护",
        Severity.HIGH,
        Mapping("eu-ai-act", "art-10", "related"),
    )
    robust = _control(
        "s7-adversarial",
        "Protection against adversarial samples",
        "对抗样本防护",
        Severity.HIGH,
        Mapping("mitre-atlas@5.6.0", "AML.M0003", "supports"),
    )
    people = _control("s7-people", "Operators are informed", "告知操作人员", Severity.MEDIUM)
    claims = _control("claims", "The record says what is so", "记录与事实一致", Severity.MEDIUM)
    signed = _control(
        "integrity",
        "Integrity of model files",
        "模型文件完整性",
        Severity.HIGH,
        Mapping("iec-62443-4-1", "SM-6", "related"),
    )
    safe = _control("loading", "Loading the model runs no code", "加载模型不执行代码", Severity.CRITICAL)
    secrets = _control("secrets", "No secrets in data", "数据中无密钥", Severity.HIGH)
    public = _control("public", "Notice to the public", "公众告知", Severity.LOW)
    waived = _control("accuracy", "Sufficient accuracy", "准确率充足", Severity.LOW)
    remedy = Text(
        "Redact with `aigov redact data/maintenance-log`, or remove the fields.",
        "用 `aigov redact data/maintenance-log` 脱敏，或删除相应字段。",
    )
    bound = Bound("robust_accuracy", min=0.7, unit="ratio")
    return (
        _finding(
            data,
            Verdict.FAIL,
            "38 records of 120,000 hold personal data (0.032 %, interval 0.022–0.043 %); the policy allows 0.",
            Rule("no-pii", "data.pii", covers=Covers.FULL, remediation=remedy),
            "data.pii#1",
        ),
        _finding(
            robust,
            Verdict.INCONCLUSIVE,
            "Robust accuracy 74 % (68–79 %) against at least 70 %: 300 samples cannot decide; about 1,100 would.",
            Rule("robust-at-sensor-accuracy", "model.robustness", require=(bound,)),
            "model.robustness#1",
        ),
        _finding(
            people,
            Verdict.REVIEW,
            "Only a person can answer this.",
            Rule("informed", question=Text("Were the operators informed?", "是否已告知操作人员？")),
        ),
        _finding(
            claims,
            Verdict.FAIL,
            "The record declares an accuracy of 99.1 %; measured on the evaluation set it is 96.7 % (94–98.4 %).",
            Rule("accuracy-claim", "record.claims"),
            "record.claims#1",
        ),
        _finding(
            signed,
            Verdict.PASS,
            "The signature holds for 1 of 1 files.",
            Rule("signed", "model.signature", covers=Covers.FULL),
            "model.signature#1",
        ),
        _finding(
            safe,
            Verdict.PASS,
            "0 unsafe files; the policy allows 0.",
            Rule("no-code", "model.serialization", covers=Covers.FULL),
            "model.serialization#1",
        ),
        Finding(
            "baseline",
            safe,
            Rule("no-code-twice", "model.serialization"),
            Verdict.NOT_ASSESSED,
            msg("judge.not-assessed", reason=msg("extra.missing", module="onnx", extra="robustness")),
        ),
        _finding(
            secrets,
            Verdict.ERROR,
            "The check data.secrets broke.",
            Rule("no-secrets", "data.secrets"),
            "data.secrets#1",
        ),
        _finding(public, Verdict.NOT_APPLICABLE, "The subject is no public service.", Rule("notice", "record.claims")),
        Finding(
            "baseline",
            waived,
            Rule("accuracy", "model.robustness"),
            Verdict.FAIL,
            said("Clean accuracy 96 % (93–98 %) against at least 99 %."),
            "model.robustness#1",
            "W-1",
        ),
    )


def _observations() -> tuple[Observation, ...]:
    inputs = FrozenMap({"model/classifier.onnx": DIGEST})
    logs = FrozenMap({"data/maintenance-log/2024.jsonl": "c" * 64, "data/maintenance-log/2025.jsonl": "d" * 64})
    none: FrozenMap[str, str] = FrozenMap()
    signature = Measured(FrozenMap({"verified": flag(value=True)}), facts=FrozenMap({"key": "P-256 9c:41"}))
    return (
        Observation("data.pii#1", "data.pii", 1, FrozenMap({"locale": "zh", "seed": 0}), logs, _pii()),
        Observation("model.signature#1", "model.signature", 1, FrozenMap(), inputs, signature),
        Observation("model.serialization#1", "model.serialization", 1, FrozenMap(), inputs, _serialization()),
        Observation(
            "model.robustness#1",
            "model.robustness",
            1,
            FrozenMap({"budget": "sensor-accuracy", "norm": "linf", "confidence": 0.95}),
            inputs,
            _robustness(),
        ),
        Observation("record.claims#1", "record.claims", 1, FrozenMap(), none, _claims()),
        Observation(
            "data.secrets#1", "data.secrets", 1, FrozenMap(), logs, Crashed("ValueError: block 17 is not UTF-8")
        ),
        Observation(
            "data.secrets#2",
            "data.secrets",
            1,
            FrozenMap({"strict": True}),
            none,
            NotPerformed(said("The subject declares no data set.")),
        ),
    )


def _pii() -> Measured:
    path = "data/maintenance-log/2025.jsonl"
    number = mask("13812345521", Mask(3, 0))
    occurrences = tuple(
        Occurrence(
            "cn.mobile" if i % 3 else "cn.resident-id",
            Location(path, record=17 + i, line=18 + i, pointer="/note" if i % 2 else "/operator", start=4, end=15),
            said("A mobile number in free text" if i % 3 else "A resident ID with a valid check digit"),
            Tier.FORMAT if i % 3 else Tier.VERIFIED,
            "cn.mobile@1",
            number,
            references=("CWE-359",),
        )
        for i in range(38)
    )
    low, high = clopper_pearson(38, 120_000, 0.95)
    return Measured(
        FrozenMap(
            {
                "records_with_pii": Measurement(38 / 120_000, "ratio", Interval(low, high, 0.95), 120_000),
                "occurrences_total": count(38),
                "unread": Measurement(
                    0, "count", Interval(0, math.inf), limits=said("One file could not be read to its end.")
                ),
                "bytes_read": Measurement(1_200_611_116, "bytes"),
            },
        ),
        occurrences=occurrences,
        artifacts=(
            ArtifactStatus("data/maintenance-log/2024.jsonl", "JSONL", Status.CLEAN),
            ArtifactStatus(path, "JSONL", Status.UNSAFE, said("38 occurrences")),
        ),
        facts=FrozenMap({"detectors": "cn@1, intl@1", "blocks": 1201}),
        notes=(said("Names were looked for in Chinese and English only."),),
    )


def _serialization() -> Measured:
    status = ArtifactStatus("model/classifier.onnx", "ONNX", Status.CLEAN)
    return Measured(FrozenMap({"unsafe_files": count(0), "not_covered_files": count(0)}), artifacts=(status,))


def _robustness() -> Measured:
    clean, curve = ratio(290, 300), {0.0: 290, 0.0025: 262, 0.005: 222, 0.01: 146, 0.02: 54}
    proved = {0.0: 290, 0.0025: 255, 0.005: 213, 0.01: 112, 0.02: 6}
    points = {f"robust_accuracy[eps={eps:g}]": ratio(k, 300) for eps, k in curve.items()}
    points |= {f"certified_accuracy[eps={eps:g}]": ratio(k, 300) for eps, k in proved.items()}
    time = tuple(i / 200 for i in range(200))
    wave = tuple(math.sin(i / 7) + (0.8 if i % 43 < 3 else 0.0) for i in range(200))
    moved = tuple(v + (0.05 if i % 2 else -0.05) for i, v in enumerate(wave))
    window = Figure(
        said("One attacked window"),
        said("The two curves differ by at most half a percent of full scale; the model now says “outer race”."),
        said("time, s"),
        said("acceleration, g"),
        (Trace(said("as measured"), time, wave), Trace(said("attacked"), time, moved)),
    )
    return Measured(
        FrozenMap(
            {
                "clean_accuracy": clean,
                "robust_accuracy": ratio(222, 300),
                "certified_accuracy": ratio(213, 300),
                **points,
            }
        ),
        facts=FrozenMap(
            {
                "stages": "cascade 30 steps, ranked targets 2, score-based 1,000 queries",
                "seed": 0,
                "zero_gradient_share": 0.0,
            }
        ),
        figures=(window,),
        evidence=(Evidence("evidence/adversarial.npz", "f" * 64, "application/x-npz", said("The attacked windows")),),
    )


def _claims() -> Measured:
    where = Location("transparency-record.yaml", line=41, pointer="/models/0/metrics/0/value")
    rows = (
        (said("accuracy 99.1 %"), said("96.7 % (94.0–98.4 %, n = 300)"), Agreement.CONTRADICTS),
        (said("39,412 parameters"), said("39,412 initialiser elements"), Agreement.AGREES),
        (said("operators were informed"), said("cannot be measured"), Agreement.NOT_VERIFIABLE),
    )
    comparisons = tuple(Comparison(claim, found, agreement, where) for claim, found, agreement in rows)
    return Measured(
        FrozenMap({"contradictions": Measurement(Quantity(1, "count").value, "count")}), comparisons=comparisons
    )


def _waivers() -> tuple[WaiverUse, ...]:
    active = Waiver(
        "W-1",
        "baseline",
        "accuracy",
        None,
        (DIGEST,),
        "Retraining is under way.",
        "A. Approver",
        date(2026, 11, 1),
        date(2026, 12, 31),
    )
    lapsed = Waiver(
        "W-2",
        "baseline",
        "claims",
        None,
        (DIGEST,),
        "To be corrected.",
        "A. Approver",
        date(2026, 1, 1),
        date(2026, 6, 30),
    )
    return (
        WaiverUse(active, WaiverState.ACTIVE, said("It covers this model until 2026-12-31.")),
        WaiverUse(lapsed, WaiverState.EXPIRED, said("It ended on 2026-06-30.")),
    )
