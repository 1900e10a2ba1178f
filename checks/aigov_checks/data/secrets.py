"""The check `data.secrets`: keys, tokens and passwords in data sets, with exact places and nothing of a value shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aigov import Json, Measured, NotPerformed, Part, Split, Subject, Unit, split_check
from aigov_checks.data import manual
from aigov_checks.data.evidence import with_evidence
from aigov_checks.data.measures import MEASURES
from aigov_checks.data.redact import REDACTOR
from aigov_checks.data.sampling import drawn
from aigov_checks.data.scan import scan_unit
from aigov_checks.data.split import units
from aigov_checks.data.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """
What it measures

How many records of the data sets hold a secret, and where: private keys in PEM, access keys of AWS, Alibaba Cloud,
Tencent Cloud, Volcengine and Baidu Cloud, secret keys that a word announces (Huawei Cloud and others), tokens of
GitHub, GitLab, Slack, npm, PyPI, Docker and model services, Google API keys, webhooks (DingTalk, WeCom, Feishu, Slack
and others), JSON web tokens, connection strings with a password, passwords of control systems and historians,
passwords and tokens after a word or in a column that announces them, in Chinese and English.
The measurements and modes are those of `data.pii`, without categories and combinations.

Why it matters

Whoever receives a data set or can make a model repeat it gets the access that the secret gives. In a plant that may
be a historian, a cloud account or a controller.

How

The engine of `data.pii` with its own detectors. Formats with a fixed prefix need no context; everything else needs a
word that announces it, at least two classes of characters, and must not be a placeholder. Entropy alone is never
enough, because serial numbers have it too.

Limits

A secret without prefix and without a word that announces it is not found. A private key over several lines of plain
text is marked to its end up to 16 KiB; where it is longer or has no end, its first line.
Whether a secret is still valid is not tried: nothing is sent anywhere. Formats that are not read are
reported as not covered.

References

CWE-798; RFC 7468 (PEM); RFC 7519 (JSON web tokens); RFC 6750 (bearer tokens).
"""


@dataclass(frozen=True, slots=True)
class SecretsParams:
    """Parameters that a policy may set."""

    types: tuple[str, ...] = ()
    """Types that count, such as `private-key`; empty for all."""
    datasets: tuple[str, ...] = ()
    """Names or purposes of the data sets to scan; empty for all."""
    min_tier: str = "context"
    """Least sure tier that counts: `context`, `format` or `verified`."""
    max_listed: int = 1000
    """Occurrences listed; the totals count all of them."""
    mode: Literal["full", "sample"] = "full"
    """`full` looks at everything; `sample` at a seeded draw."""
    sample_share: float = 0.1
    """Share of the corpus that a sample takes, of what can be cut."""
    manual_records: int = 0
    """Records of text and JSONL drawn for people to check, as evidence beside the report; 4,000 for TC260-003."""
    seed: int = 0
    """Seed of both draws."""


def _split(subject: Subject, params: SecretsParams) -> Sequence[Unit]:
    return with_evidence(subject, drawn(params, units(subject, params)))


def _unit(unit: Unit, params: SecretsParams) -> Json:
    manual.draw("secrets", unit, params)
    return scan_unit("secrets", unit, params)


def _combine(subject: Subject, params: SecretsParams, parts: Sequence[Part]) -> Measured | NotPerformed:
    return summarise("data.secrets", subject, params, parts)


secrets = split_check(
    id="data.secrets",
    title="Secrets in data sets",
    inputs=("dataset",),
    measures=MEASURES,
    params=SecretsParams,
    extras=("pii",),
    version=4,
    parts=Split(_split, _unit, _combine),
    redactor=REDACTOR,
    doc=_DOC,
)
