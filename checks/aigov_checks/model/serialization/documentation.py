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
XGBoost and LightGBM, against rules for CamelCase names. An unknown name is an occurrence that says itself, so that the
parameter `allow` can allow exactly it. Computed and dotted names, extension codes, calls of what is no name, and
states that change what an object does are unsafe; pickles kept as data are suspicious. Archives are read by local
header and by directory, and every difference is an occurrence. Each other format has a bounded parser: npy, npz,
joblib (also in zstd and lz4, with pyarrow), safetensors, skops, ONNX (operators, outside files, sizes), GGUF
(metadata, chat templates, places of tensors), HDF5 and Keras (links, external and virtual data, filters, layer
configurations), TensorFlow SavedModels and frozen graphs (operators that run code or touch files, unknown ones),
TFLite, programs of TorchScript and torch.export (operators, sizes and guards that loading evaluates), XGBoost (UBJSON,
JSON, old binary), LightGBM, CatBoost, PMML and OpenVINO (XML without document types or entities), Core ML,
PaddlePaddle and MindSpore. Raw data files are clean where the model beside them lists them. JSON, YAML and templates
are searched for what makes a loader import code; Python, shell, batch, PowerShell and VBScript files are suspicious.

Limits

rar, encrypted archives and rare packings of 7z, R and Julia files, BSON, Parquet and old joblib files are recognised
and not read; zstd and lz4 need the extra `archives`. HDF5 links and attributes in dense storage (more than eight in
the newest format) are not read and make the file not covered. Of Core ML, PaddlePaddle and MindSpore models the
operators are read that run code, touch files or come from elsewhere, not every parameter of every layer. Plain text
and JSON without such constructs are clean: they are not loaded as models. Two lines of plain words are also the start
of an old pickle that imports one of them; only a dotted module name tells them apart. Text in other encodings than
UTF-8 is not covered. What a known class does with the values that it is given (a broken tree, say) is not looked at,
nor whether weights were changed on purpose. A file cut where a shorter model would end (padding, one tensor less in a
list) cannot be told from that model. Every limit on size, depth and ratio that is hit is an occurrence, and never
clean.

References

CWE-502 Deserialization of Untrusted Data; CWE-829 Inclusion of Functionality from Untrusted Control Sphere; CWE-345
Insufficient Verification of Data Authenticity; CWE-20, CWE-73, CWE-94, CWE-400, CWE-611, CWE-776; CWE-354 Improper
Validation of Integrity Check Value; MITRE ATLAS AML.T0011.000. Formats: CPython Lib/pickle.py; PKWARE APPNOTE 6.3.10;
the format descriptions of numpy, safetensors, ONNX and skops; the sources that each parser names.
"""
