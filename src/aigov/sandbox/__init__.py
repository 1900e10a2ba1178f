"""Loading something untrusted in a process that can do nothing else.

`run(job)` starts a fresh interpreter, imports the frameworks, takes every right away that the kernel lets it give up,
and only then calls the job's entry; back come a JSON value and small files, bounded and read with suspicion.
"""

from aigov.sandbox.job import CONFINING, ChildError, Job, Layer, Layers, Limits, Returned, StoppedError
from aigov.sandbox.parent import probe, run
from aigov.sandbox.results import read_npz

__all__ = [
    "CONFINING",
    "ChildError",
    "Job",
    "Layer",
    "Layers",
    "Limits",
    "Returned",
    "StoppedError",
    "probe",
    "read_npz",
    "run",
]
