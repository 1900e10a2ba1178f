"""The check `data.pii`: personal data in data sets, with exact places and no value shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aigov import Json, Measured, NotPerformed, Part, Split, Subject, Unit, split_check
from aigov_checks.data import manual
from aigov_checks.data.combinations import combination
from aigov_checks.data.evidence import with_evidence
from aigov_checks.data.measures import PERSONAL, require_edition
from aigov_checks.data.presidio import DEFAULT
from aigov_checks.data.redact import REDACTOR
from aigov_checks.data.sampling import drawn
from aigov_checks.data.scan import scan_unit
from aigov_checks.data.split import units
from aigov_checks.data.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """
What it measures

How many records of the data sets hold personal data, and where: Chinese resident identity numbers (with those of
residents of Hong Kong, Macau and Taiwan), identity cards of Hong Kong and Taiwan, permanent residence cards, mobile
and landline numbers, passports, travel permits, military cards, driving licences, social security and medical record
numbers, employee numbers, unified social credit and organisation codes, plates and vehicle identification numbers;
bank and payment cards, IBANs; e-mail and public IP addresses, IMEI, QQ and WeChat accounts; dates of birth,
coordinates and postal addresses; US social security numbers; names of people that a word or a column announces; and
what Presidio's recognizers with a check digit know.
`records_affected` and `occurrences` are exact for the files that were scanned. `affected_share` is their ratio with a
Clopper-Pearson interval for the process that produced the data. Both are also given for each type
(`records_affected[type=cn.mobile]`) and for each category that the standard chosen by `edition` puts types into
(`affected_share[category=sensitive]`); `occurrences` for each type and tier. `records_combined` counts records that
hold several kinds of identifiers, by default a name, an identity number and a way to reach the person; such a record
counts as sensitive too. `occurrences_per_million` is the density, `worst_column_share` the share of records affected in
the column where that is most; a table has the columns. Every place is in a file of evidence beside the report.

Why it matters

Training data keeps what operators, drivers and customers typed into it, models repeat it, and processing it needs a
legal ground under the Personal Information Protection Law and the GDPR. Maintenance logs are where it is forgotten.

How

Every byte is scanned with patterns that have ASCII boundaries (a digit after a Chinese character is found), by
Vectorscan where it is installed and by Python's `re` otherwise, with the same result. Candidates are validated:
MOD 11-2 and a calendar date, Luhn and issuer prefix, mod 31, mod 97, the check digit of a VIN. Words that announce
serial, batch and order numbers, counters or versions reject the weaker formats. Full-width digits, invisible
characters, JSON escapes and quoted CSV are undone, with offsets into the original. Each occurrence has a tier:
`verified` (check digit and structure), `format` (structure alone), `context` (the words around it).
Keys of JSON are looked at like values, and an occurrence in one says so; its pointer is that of the member, in which
keys that hold something are masked.
UTF-8, UTF-16 and GB18030 text, JSONL, JSON, CSV (these also in gzip and zstd), Parquet, Arrow and Feather, NumPy
arrays, SQLite databases and XLSX workbooks are read. Byte offsets are given for uncompressed UTF-8, places in
characters always.
In `mode: sample` a seeded draw of at least `sample_share` of the corpus is scanned, 10 % by default, as the technical
check of TC260-003 and GB/T 45654-2025 has it, which asks that 98 % pass (`affected_share` at most 0.02; their manual
check, 4,000 items of which 96 % pass, needs people: `manual_records` draws records for them). Clusters of records, up
to 64 kB each, are drawn from all text, JSONL and large CSV files together, and slices of 256 rows from Parquet; other
formats are scanned whole. The interval is that of Korn and Graubard: Clopper and Pearson's with the sample size that
the variance between clusters allows; where nothing was seen the clusters count, because what stands together may be
missed together. Numbers of records are then estimates for the corpus, and a sample never shows that there is nothing.

Limits

Names in free text without a word that announces them are only partly found: common surnames and first names between
marks or before what people do. The rest needs a language model that the parameter `ner` names; without one their
count is open. It and Presidio's recognizers by country are asked about lines that hold a candidate. Postal addresses
need a region of China that is in the list, or an announcing word. Accounts, dates of birth, coordinates, employee,
licence, insurance and record numbers, and identity numbers of 15 digits need a word or a column that announces them;
their tier is `context` or says which check digit held. Addresses and domains reserved for documentation do not count.
Coordinates in floating-point columns of Parquet and arrays are not read. Other archives, PDF, office documents but
XLSX, and images are reported as not covered, and open the intervals of the counts; so do lines that cannot be
decoded, files that change while they are read, and compressed files that are truncated or unpack to far more than
their size. The write-ahead log of a database and virtual tables are not read; sheets are named by their file.
Internal IP and hardware addresses are device data and count only where `types` names them. A mobile number has no
check digit: an eleven-digit counter without a telling word may be taken for one.
In a sample, places have bytes but no record and line. In a key of JSON that is a single word nothing announces a value,
so that names and accounts in such keys are not found. Names of columns in other formats are masked where they look like
a value, and not counted.

References

GB 11643-1999, GB 32100-2015, GB 11714-1997, GB 16735, ISO/IEC 7812-1, ISO 13616, ISO 7064;
Personal Information Protection Law of the PRC, art. 28; Clopper and Pearson, Biometrika 26 (1934), 404-413;
Korn and Graubard, Survey Methodology 24 (1998), 193-201; TC260-003 (2024) and GB/T 45654-2025, whose figures were read
in secondary sources.
"""


@dataclass(frozen=True, slots=True)
class PiiParams:
    """Parameters that a policy may set."""

    types: tuple[str, ...] = ()
    """Types that count, such as `cn.resident-id`; empty for all."""
    datasets: tuple[str, ...] = ()
    """Names or purposes of the data sets to scan; empty for all."""
    min_tier: str = "context"
    """Least sure tier that counts: `context`, `format` or `verified`."""
    edition: str = "GB/T 45574-2025"
    """Standard by whose categories records are counted, such as `GB/T 35273-2020`; empty for none."""
    combination: str = "name-identity-contact"
    """Rule by which a record combines identifiers: also `name-and-number`, `any-three`; empty for none."""
    presidio: tuple[str, ...] = DEFAULT
    """Entities of Presidio's pattern recognizers, such as `UK_NHS`; empty to do without Presidio."""
    presidio_countries: tuple[str, ...] = ()
    """Countries, such as `us` or `de`, whose recognizers of Presidio with a check digit or a rule run too."""
    presidio_phone_regions: tuple[str, ...] = ()
    """Regions, such as `CN`, for which Presidio's telephone recognizer runs too."""
    ner: str = ""
    """Model that finds names in free text, `spacy:NAME-OR-PATH` or `transformers:NAME-OR-PATH`; never downloaded."""
    ner_scope: str = "candidates"
    """Text that the model sees: `candidates` (what may hold a name) or `full`."""
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


def _split(subject: Subject, params: PiiParams) -> Sequence[Unit]:
    require_edition(params.edition)
    combination(params.combination)
    return with_evidence(subject, drawn(params, units(subject, params)))


def _unit(unit: Unit, params: PiiParams) -> Json:
    manual.draw("pii", unit, params)
    return scan_unit("pii", unit, params)


def _combine(subject: Subject, params: PiiParams, parts: Sequence[Part]) -> Measured | NotPerformed:
    return summarise("data.pii", subject, params, parts)


pii = split_check(
    id="data.pii",
    title="Personal data in data sets",
    inputs=("dataset",),
    measures=PERSONAL,
    params=PiiParams,
    extras=("pii",),
    version=4,
    parts=Split(_split, _unit, _combine),
    redactor=REDACTOR,
    doc=_DOC,
)
