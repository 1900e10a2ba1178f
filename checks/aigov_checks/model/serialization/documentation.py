"""What a reader must know about the check `model.serialization`."""

from __future__ import annotations

DOC = """
What it measures

The status of every file of a model, by its content and never by its name: `clean`, `suspicious` (something that an
honest writer does not write, or a class that nobody here knows), `unsafe` (something runs or reaches out of the file
when it is loaded) or `not-covered` (not read, or not read whole). `files`, `files_clean`, `files_suspicious`,
`files_unsafe` and `files_not_covered` count them; `covered_share` is the share of files that are not `not-covered`.
Where files were not covered, the other counts are intervals: each such file might be any of them.

Why it matters

Many model formats are programs. A pickle runs what it names while it is loaded, with the rights of whoever loads it.
That is how a model file takes over a training server or a controller's engineering station.

How

Nothing is ever loaded. Pickles run on a symbolic machine with a real stack and memo, protocols 0 to 5: every class or
function that would be looked up is held against an exact list and, for classes of scikit-learn, SciPy, PyTorch,
XGBoost and LightGBM, against rules for CamelCase names. An unknown name is an occurrence that says itself, so that
the parameter `allow` can allow exactly it. Computed and dotted names, extension codes, calls of what is no name, and
states that change what an object does are unsafe; pickles kept as data are suspicious. Archives are read by local
header and by directory, and every difference is an occurrence. npy, npz, joblib, safetensors, skops and ONNX have a
bounded parser each; ONNX operators outside the known domains and files outside the folder are occurrences. JSON,
YAML and templates are searched for what makes a loader import code; Python and shell files are suspicious.

Limits

HDF5, Keras, GGUF, TFLite, SavedModel, CatBoost, LightGBM text, UBJSON, PMML and other XML, 7z, zstd and lz4 are
recognised and not read. TorchScript archives are not covered, because the program in them is not read; their pickles
are. Plain text and JSON without such constructs are clean: they are not loaded as models; a shell script without its
first line `#!` looks like text. Text in other encodings than UTF-8 is not covered. What a known class does with the
values that it is given (a broken tree, say) is not looked at, nor whether weights were changed on purpose. A data
file of an ONNX model is clean as raw numbers if it has no other known format. Every limit on size, depth and ratio
that is hit is an occurrence, and never clean.

References

CWE-502 Deserialization of Untrusted Data; CWE-829 Inclusion of Functionality from Untrusted Control Sphere; CWE-345
Insufficient Verification of Data Authenticity; CWE-354 Improper Validation of Integrity Check Value; MITRE ATLAS
AML.T0011.000. Formats: CPython Lib/pickle.py; PKWARE APPNOTE 6.3.10; the format descriptions of numpy, safetensors,
ONNX and skops.
"""
