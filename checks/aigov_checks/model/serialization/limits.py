"""How far every parser goes; what lies beyond is said, and is never clean."""

from __future__ import annotations

MAX_DEPTH = 6
"""Files inside files: a skops file in a tar in a gzip needs three; nothing honest needs seven."""
MAX_INFLATED = 1 << 29
"""Bytes that one file may become when decompressed, all members together (512 MiB; held in memory one at a time)."""
RATIO_FREE = 1 << 26
"""Bytes that a member may become whatever its ratio (64 MiB): arrays of zeros compress a thousand times."""
MAX_RATIO = 200
"""Output per byte of input beyond `RATIO_FREE`; deflate stops at 1,032, weights stay below 10."""
MAX_OPCODES = 5_000_000
"""Pickle opcodes a file: a vocabulary of a million words has 4 million; about ten seconds and 1 GB at worst."""
MAX_PROBE = 2_000
"""Opcodes looked at to see whether bytes that should be data could run as a pickle."""
MAX_NAME = 4_096
"""Bytes of a string that can still be the name of a class."""
MAX_LINE = 1 << 26
"""Bytes of an operand that ends with a line (64 MiB); protocol 0 keeps texts so."""
MAX_ITEMS = 65_536
"""Values of one list and keys of one dictionary that the symbolic machine keeps."""
MAX_MEMBERS = 100_000
"""Members of one archive; a torch checkpoint has one a tensor."""
MAX_JSON = 1 << 26
"""Bytes of a JSON document that is read (64 MiB); a safetensors header may have 100 MB and stays below in practice."""
MAX_SAFETENSORS_HEADER = 100_000_000
"""Bytes of a safetensors header; the reference implementation's own limit."""
MAX_NPY_HEADER = 10_000
"""Bytes of an npy header; numpy's own limit for files that it does not trust."""
MAX_FIELDS = 5_000_000
"""Protobuf fields a file; large models keep their weights in few, large fields."""
MAX_TOP_FIELDS = 100_000
"""Fields of the outermost protobuf message; an ONNX model has about ten."""
MAX_MESSAGES = 64
"""Messages inside messages; subgraphs of loops nest four deep in practice."""
MAX_TEXT = 1 << 24
"""Bytes of a text file that is read (16 MiB)."""
MAX_SOURCE = 1 << 18
"""Bytes of text that is tried as Python source (256 KiB)."""
MAX_NOTES = 200
"""Different occurrences kept a file; the status always comes from all of them."""
SHOWN = 160
"""Characters of a name out of a file that a message repeats."""
