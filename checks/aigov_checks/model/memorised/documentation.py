"""What a reader must know about the check `model.memorised-data`."""

from __future__ import annotations

DOC = """
What it measures

What the files of a model carry of the data that it was trained on. `personal_strings` and `secret_strings` count the
values that the detectors of `data.pii` and `data.secrets` find among its `strings_scanned`: names, metadata, doc
strings, labels, categories, vocabularies, attributes and paths, and user names in paths of home folders.
`rows_memorised` counts the training rows that stand bit for bit in any of the files, of the `rows_checked`;
`memorised_share` is their ratio.
Where a file was not read whole (`files_not_covered`), the counts are open upwards; where no training data is at hand,
those of rows are. Of an occurrence of a row, `record` is its number in the training data.

Why it matters

Whoever receives the model receives this data with it, and no deletion from the training set reaches it. A
nearest-neighbour model is its training set; support vector machines and Gaussian processes keep rows, one-hot encoders
and vectorisers keep values such as telephone numbers, and exports keep the paths and names of whoever made them.

How

Nothing is loaded. Pickles are read by the symbolic machine of `model.serialization`, with the arrays of joblib and
numpy in them; ONNX, safetensors, GGUF, npy, npz, skops, torch archives, JSON, UBJSON, SentencePiece, tar and compressed
streams (LZ4 and zstd with pyarrow, the extra `archives`) by a bounded reader each; other text line by line. Each string
is a value of its own, so words beside each other in a vocabulary announce nothing; whole numbers of ten digits and more
count as strings, where they fill a column.
Rows are looked for as 32-bit and 64-bit floating-point numbers and in the type of the data, in both byte orders, at
every byte offset of the file and of everything unpacked from it; in arrays by columns whose shape is known, and in
numbers that pickles, JSON and ONNX attributes hold one by one. A table of hashed 8-byte words finds candidates, which
are then compared whole. A row that chance could make is not counted: its distinct values must have 64 significant bits
together, or be 8 or more in an order that takes 64 bits, and be no arithmetic progression; so rows that are zero,
constant, one-hot or made of a few small whole numbers are left out, and their number is said.

Limits

Rows that were scaled, encoded or rounded before the model kept them, or of which it kept some columns only, are not
found (columns of text are left out of a table that declares no features); nor are rows in half precision, in quantised
or sparse form, or by columns in a file that does not say their shape
(torch, GGUF, legacy formats). What a network has learnt without keeping it is not measured here. HDF5, TFLite,
CatBoost and 7z are recognised and not read, though the bytes of the file itself are searched for rows. User
names are told from names of machine accounts by a list. Every limit on size, depth, ratio and number that is hit makes
a file not covered. Models that are objects in memory are not assessed.

References

CWE-212 Improper Removal of Sensitive Information Before Storage or Transfer; CWE-798 Use of Hard-coded Credentials;
Personal Information Protection Law of the PRC, art. 47; Regulation (EU) 2016/679, art. 17.
"""
