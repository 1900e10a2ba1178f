"""zstd and lz4 through pyarrow, within the same limits as every other stream; ADR 13."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aigov import MissingExtraError, need
from aigov_checks.model.serialization.inflate import STEP, Inflated, beyond

if TYPE_CHECKING:
    from aigov_checks.model.serialization.notes import Context

EXTRA = "archives"
MAGIC = {"zstd": b"\x28\xb5\x2f\xfd", "lz4": b"\x04\x22\x4d\x18"}
"""First bytes of a frame: RFC 8878 section 3.1.1; LZ4 frame format 1.6.4."""


def inflate_with_arrow(data: memoryview, codec: str, context: Context) -> Inflated | None:
    """Decompress every frame of a `zstd` or `lz4` file; None where pyarrow is not installed.

    Frames that follow each other are one stream, and frames that say that they are to be skipped are. What comes after
    the last frame and is no frame makes the stream `broken`, as does an end within one.
    """
    try:
        arrow = need("pyarrow", EXTRA)
    except MissingExtraError:
        return None
    pieces: list[bytes] = []
    total = 0
    try:
        stream: Any = arrow.CompressedInputStream(arrow.BufferReader(data), codec)  # pyarrow has no types
        with stream:
            while piece := stream.read(STEP):
                pieces.append(piece)
                total += len(piece)
                problem = beyond(len(piece), total, len(data), context)
                if problem:
                    return Inflated(memoryview(b"".join(pieces)), problem)
    except (arrow.ArrowException, OSError):
        return Inflated(memoryview(b"".join(pieces)), "broken")
    return Inflated(memoryview(b"".join(pieces)))
