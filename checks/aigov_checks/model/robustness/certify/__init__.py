"""Proofs that no perturbation within a budget changes the class: linear bounds, propagated backwards."""

from aigov_checks.model.robustness.certify.certificate import Certifier, certifier_of
from aigov_checks.model.robustness.certify.graph import UncertifiableError

__all__ = ["Certifier", "UncertifiableError", "certifier_of"]
