"""Arbitrary valid assessments for hypothesis, with hostile strings in every field."""

from __future__ import annotations

import math
from datetime import UTC, date

from hypothesis import strategies as st

from aigov import FrozenMap, Message, Quantity, Text
from aigov.model import (
    Agreement,
    ArtifactStatus,
    ArtifactSummary,
    Assessment,
    Bar,
    Bound,
    CheckSummary,
    Citation,
    Comparison,
    Control,
    Covers,
    Crashed,
    Evidence,
    Example,
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
    Raster,
    Rule,
    Run,
    Severity,
    Shade,
    Status,
    SubjectSummary,
    Table,
    Tier,
    Trace,
    Verdict,
    Verification,
    Waiver,
    WaiverState,
    WaiverUse,
)
from aigov.redact import public

HOSTILE = (
    "",
    "<script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "\"'><img src=x onerror=alert(3)>",
    "</title></bdi></code><svg onload=alert(4)>",
    "{{ 7 * 7 }}{% raw %}${7}{lang}{0.__class__}",
    "]]><!-- --><![CDATA[",
    "&amp;&#60;script&#62;",
    "\x00\x01\x1b[31mred\x1b[0m\x7f\x85",
    "\u202egnp.exe\u2066\u2069\u200b\ufeff",
    "lone \ud800 and \udfff surrogates",
    "\ufffe\uffff\U0001ffff\u2028\u2029",
    "[bold red]markup[/] [link=file:///etc/passwd]x[/link] :warning:",
    "../../etc/passwd",
    "//evil.example/x",
    "javascript:alert(5)",
    "C:\\tmp\\a b%20c#d?e",
    "-rf $(id) `id`; echo '\n'",
    "数据/维护日志 2025.jsonl",
    "x" * 5_000,
    "\u202e" * 3_000,
)
text = st.one_of(st.integers(0, len(HOSTILE) - 1).map(HOSTILE.__getitem__), st.text(max_size=12))
floats = st.one_of(st.sampled_from((0.0, 0.5, 1.0, math.nan, math.inf, -math.inf, 1e308, 5e-324)), st.floats())
whole = st.one_of(st.integers(-3, 300), st.integers(0, 2).map((10**400, -(10**4_000), 2**63).__getitem__))
small = st.integers(0, 10**12)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
digests = st.sampled_from(("a" * 64, "b" * 64, "c" * 64))
texts = st.builds(Text, text, text)


def few(strategy: st.SearchStrategy, most: int = 2) -> st.SearchStrategy:
    """Return tuples of at most `most` values."""
    return st.lists(strategy, max_size=most).map(tuple)


def mapping(keys: st.SearchStrategy, values: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    """Return small frozen mappings."""
    return st.dictionaries(keys, values, max_size=most).map(FrozenMap)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """Return the strategy's values, or None."""
    return st.one_of(st.none(), strategy)


_scalars = st.one_of(
    text,
    whole,
    floats,
    st.booleans(),
    st.builds(Quantity, floats, st.sampled_from(("ratio", "count", "bytes", "g<b>"))),
    texts,
)
_ids = st.one_of(text, st.sampled_from(("extra.missing", "judge.fail", "judge.not-assessed", "report.score")))
_names = st.sampled_from(("reason", "extra", "module", "name", "value"))
messages = st.recursive(
    st.builds(Message, _ids, mapping(_names, _scalars, 2)),
    lambda inner: st.builds(Message, _ids, mapping(_names, st.one_of(inner, few(inner)), 2)),
    max_leaves=3,
)
intervals = st.builds(Interval, floats, floats, maybe(st.floats(0.01, 0.99)))
measurements = st.builds(
    Measurement,
    floats,
    st.sampled_from(("ratio", "count", "boolean", "bytes", "seconds", "number")),
    maybe(intervals),
    maybe(small),
    maybe(messages),
)
_measured_names = st.one_of(
    text,
    st.sampled_from(("robust_accuracy", "occurrences_total", "verified")),
    st.builds("robust_accuracy[eps={}]".format, st.sampled_from(("0", "0.01", "0.5", "nan", "1e999", "<b>", "-3"))),
)
locations = st.builds(
    Location,
    text,
    maybe(small),
    maybe(st.integers(-1, 99)),
    maybe(text),
    maybe(whole),
    maybe(whole),
    maybe(whole),
    maybe(whole),
)
occurrences = st.builds(
    Occurrence,
    text,
    locations,
    messages,
    st.sampled_from(Tier),
    text,
    maybe(text.map(public)),
    maybe(text),
    mapping(text, text, 1),
    few(text, 1),
)
statuses = st.builds(ArtifactStatus, text, text, st.sampled_from(Status), maybe(messages))
comparisons = st.builds(Comparison, messages, messages, st.sampled_from(Agreement), locations)
traces = st.builds(Trace, messages, few(floats, 5), few(floats, 5))
tables = st.builds(Table, messages, few(messages), few(few(messages)), st.integers(0, 10**6))
figures = st.builds(Figure, messages, messages, messages, messages, few(traces))
_cells = st.one_of(st.binary(max_size=40).map(bytes.hex), text)  # a report must stand what no check would write
rasters = st.builds(Raster, messages, st.integers(0, 5), st.integers(0, 5), st.sampled_from(Shade), _cells)
bars = st.builds(Bar, messages, floats, floats, floats, text)
examples = st.builds(Example, messages, few(messages), few(figures, 1), few(rasters), few(bars))
evidence = st.builds(Evidence, text, digests, text, messages)
_facts = st.one_of(text, whole, floats, st.booleans())
measured = st.builds(
    Measured,
    mapping(_measured_names, measurements, 5),
    few(occurrences, 3),
    few(statuses),
    mapping(text, _facts),
    few(comparisons, 1),
    few(figures, 1),
    few(evidence, 1),
    few(messages, 1),
    few(tables, 1),
    few(examples, 1),
)
outcomes = st.one_of(measured, st.builds(NotPerformed, messages), st.builds(Crashed, text))
_checks = st.one_of(st.sampled_from(("model.signature", "model.serialization", "data.pii")), text)
_keys = st.sampled_from(("k#1", "k#2", "k#3"))
observations = st.builds(
    Observation,
    _keys,
    _checks,
    st.integers(0, 9),
    mapping(text, st.one_of(_facts, st.none(), few(st.one_of(text, floats)))),
    mapping(text, digests),
    outcomes,
)
citations = st.builds(Citation, text, st.sampled_from(Verification), days, text)
bounds = st.builds(
    Bound, _measured_names, maybe(floats), maybe(floats), maybe(floats), maybe(st.sampled_from(("ratio", "count")))
)
rules = st.builds(
    Rule,
    text,
    maybe(_checks),
    mapping(text, _facts, 1),
    st.none(),
    few(bounds, 1),
    st.sampled_from(Covers),
    maybe(st.sampled_from(Severity)),
    maybe(texts),
    maybe(texts),
)
_mappings = st.builds(Mapping, text, text, st.one_of(text, st.sampled_from(("equal", "related"))))
controls = st.builds(Control, text, texts, citations, st.sampled_from(Severity), st.just(()), few(_mappings))
_policies = st.one_of(st.just("baseline"), text)
findings = st.builds(
    Finding, _policies, controls, rules, st.sampled_from(Verdict), messages, maybe(_keys), maybe(st.just("W-1"))
)
policies = st.builds(
    PolicySummary,
    _policies,
    text,
    texts,
    text,
    digests,
    text,
    st.booleans(),
    messages,
    small,
    small,
    maybe(days),
    maybe(texts),
    maybe(texts),
)
checks = st.builds(
    CheckSummary,
    _checks,
    st.integers(0, 9),
    text,
    mapping(st.sampled_from(("what", "why", "how", "limits")), text),
    text,
    text,
)
waivers = st.builds(
    Waiver,
    st.one_of(st.just("W-1"), text),
    text,
    text,
    maybe(text),
    few(digests),
    text,
    text,
    maybe(days),
    maybe(days),
    maybe(messages),
    maybe(small),
)
artifacts = st.builds(
    ArtifactSummary,
    text,
    st.one_of(st.sampled_from(("model", "dataset")), text),
    text,
    few(st.tuples(text, small, digests)),
    maybe(messages),
)
subjects = st.builds(
    SubjectSummary, text, text, maybe(texts), mapping(text, text, 2), mapping(text, text, 2), few(artifacts), text
)
moments = st.datetimes(timezones=st.just(UTC), allow_imaginary=False).map(lambda moment: moment.replace(fold=0))
runs = st.builds(Run, moments, moments, text, text, text, text, mapping(_keys, floats))
assessments = st.builds(
    Assessment,
    subjects,
    days,
    few(policies),
    few(findings, 4),
    st.lists(observations, max_size=3, unique_by=lambda observation: observation.key).map(tuple),
    few(checks),
    few(st.builds(WaiverUse, waivers, st.sampled_from(WaiverState), messages)),
    runs,
)
"""Arbitrary assessments."""
