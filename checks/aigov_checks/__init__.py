"""The built-in checks of aigov; found by entry point, exactly as a third party's.

Each is imported when it is asked for: `aigov check` of one does not wait for the others.
"""

CHECKS = {
    "data.pii": "aigov_checks.data.pii:pii",
    "data.secrets": "aigov_checks.data.secrets:secrets",
    "data.poisoning": "aigov_checks.data.poisoning:poisoning",
    "model.serialization": "aigov_checks.model.serialization:serialization",
    "model.signature": "aigov_checks.model.signature:signature",
    "model.weights": "aigov_checks.model.weights:weights",
    "model.difference": "aigov_checks.model.weights:difference",
    "model.memorised-data": "aigov_checks.model.memorised:memorised",
    "model.robustness": "aigov_checks.model.robustness:robustness",
    "model.faults": "aigov_checks.model.faults:faults",
    "model.membership": "aigov_checks.model.membership:membership",
    "model.extraction": "aigov_checks.model.extraction:extraction",
    "model.adversarial-detection": "aigov_checks.model.detection:detection",
    "record.completeness": "aigov_checks.record.completeness:completeness",
    "record.claims": "aigov_checks.record.claims:claims",
}
