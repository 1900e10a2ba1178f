"""The built-in checks of aigov; found by entry point, exactly as a third party's."""

from aigov_checks.data.pii import pii
from aigov_checks.data.poisoning import poisoning
from aigov_checks.data.secrets import secrets
from aigov_checks.model.detection import detection
from aigov_checks.model.extraction import extraction
from aigov_checks.model.faults import faults
from aigov_checks.model.membership import membership
from aigov_checks.model.memorised import memorised
from aigov_checks.model.robustness import robustness
from aigov_checks.model.serialization import serialization
from aigov_checks.model.signature import signature
from aigov_checks.model.weights import difference, weights
from aigov_checks.record.claims import claims
from aigov_checks.record.completeness import completeness

CHECKS = (
    pii,
    secrets,
    poisoning,
    serialization,
    signature,
    weights,
    difference,
    memorised,
    robustness,
    faults,
    membership,
    extraction,
    detection,
    completeness,
    claims,
)
