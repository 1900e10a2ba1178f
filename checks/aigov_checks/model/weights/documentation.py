"""What a reader must know about the check `model.weights`."""

from __future__ import annotations

DOC = """
What it measures

Every tensor of a model: its name, type, shape, the SHA-256 of its raw little-endian bytes, minimum, maximum, mean and
how many values are NaN or infinite. `tensors` and `parameters` count them; `nonfinite_weights` counts values that are
no number; `low_bit_blocks` counts blocks of 256 KiB (65,536 weights of float32) whose lowest bits hold something else
than weights, out of `low_bit_blocks_tested`; `dead_rows` and `duplicate_rows` count rows of matrices that are zero or
equal to another, and `class_outliers` the rows of the last matrix whose norm stands out. The last three are hints for
a person.

Why it matters

A file's digest says that something changed; the digest of each tensor says what, and survives a change of format. One
NaN makes a controller's model silent. Weights have room for a payload in bits that no accuracy test sees.

How

Safetensors, torch (zip), ONNX with files beside it, GGUF, npz, npy, XGBoost (JSON, UBJSON), LightGBM and CatBoost
(without categories) are read by the parsers of `model.serialization`; nothing is unpickled, a torch file's pickle runs
on the symbolic machine. Each tensor's bytes are read once, in pieces of 256 KiB that are hashed and looked at while
they are in the cache. The low-bit test is Pearson's chi-square over the 256 values of the lowest mantissa byte of
float32 and float64 weights, block by block, without zeros: clean blocks stay below 1.3 a degree of freedom. A block is
counted above 3 if its weights hardly repeat (quantised weights do), and in a tensor whose lowest bytes are constant
(it was converted from a shorter type) if it alone is random. Each manifest is evidence: its digest is in the result,
and the same file always gives the same one.

Limits

Encrypted or otherwise uniform data in the lowest bits cannot be told from trained weights this way, nor can payloads
in float16, bfloat16, integer or quantised weights, in blocks with fewer than 8,192 weights that are not zero, or
spread thinly over many blocks. With `payload` set to sampled one block in eight is tested and the count is open.
Quantised GGUF blocks have a digest and no statistics. Rows are compared in matrices of up to 64 MiB. HDF5, Keras,
TensorFlow, pickle, TFLite, Core ML, Paddle, MindSpore, old XGBoost and old torch files are not covered. The
mean is given to nine digits.

References

Model-embedded payloads: arXiv 2310.01969, 2409.19310. MITRE ATLAS AML.T0018. K. Pearson, Phil. Mag. 50 (1900), 157.
"""
