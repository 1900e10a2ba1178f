"""Payloads in the lowest bits of weights: a chi-square test of the lowest mantissa byte, block by block.

The lowest byte of trained weights is as good as uniform; compressed or plain data in its place is not, and in weights
that were converted from a shorter type it is constant. Source: the statistic is Pearson's; the block size and the
thresholds were measured on trained, converted and manipulated weights (see the limits of the check).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aigov_checks.model.weights.tensors import Tensor

BLOCK = {"float32": 65_536, "float64": 32_768}
"""Type to elements a block."""
_BYTES = {"float32": 4, "float64": 8}
_FEWEST = 8_192
"""Weights that are not zero and that a block must have: 32 a cell, for the statistic to be one."""
_CELLS = 256
SUSPICIOUS = 3.0
"""Chi-square a degree of freedom: clean blocks stay below 1.3 (255 degrees), compressed data reaches 20 and more.

It must hold over all lowest bytes and over the odd ones alone: numbers on a grid, such as uniform random ones, are
uneven only in how many of their lowest bits are zero.
"""
_UNIFORM, _FEW = 1.5, 16
"""Statistic of a clean block; different lowest bytes of weights that came from a shorter type."""
_DISTINCT = 0.5
"""Share of different weights in a block: quantised weights repeat, whatever their lowest bytes look like."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its statistic, how many lowest bytes are different, and whether its weights hardly repeat."""

    start: int
    statistic: float
    different: int
    continuous: bool


@dataclass(slots=True)
class Blocks:
    """Collects the blocks of tensors; `step` 1 takes every block, n one in n."""

    numpy: ModuleType
    step: int = 1
    tested: int = 0
    tensors: dict[str, list[Block]] = field(default_factory=dict)

    def add(self, tensor: Tensor, offset: int, numbers: Any) -> None:  # a numpy array of whole blocks
        """Test the blocks of a piece that starts `offset` bytes into a tensor."""
        size, width = BLOCK[tensor.dtype], _BYTES[tensor.dtype]
        words = numbers.view(f"<u{width}")
        for start in range(0, len(words), size):
            if (offset // width + start) // size % self.step:
                continue
            block = self._test(words[start : start + size], offset + start * width)
            if block is not None:
                self.tested += 1
                self.tensors.setdefault(tensor.name, []).append(block)

    def _test(self, words: Any, start: int) -> Block | None:  # a numpy array of unsigned numbers
        kept = words if words.all() else words[words != 0]
        if len(kept) < _FEWEST:
            return None
        lowest = kept.view("u1")[:: kept.dtype.itemsize]
        counts = self.numpy.bincount(lowest, minlength=_CELLS)
        statistic, odd = _chi_square(counts), _chi_square(counts[1::2])
        different = int((counts > 0).sum())
        strange = min(statistic, odd) > SUSPICIOUS and different > _FEW
        return Block(start, round(statistic, 3), different, strange and self._continuous(kept))

    def _continuous(self, words: Any) -> bool:  # a numpy array of unsigned numbers
        return len(self.numpy.unique(words)) > _DISTINCT * len(words)

    def flagged(self) -> list[tuple[str, Block]]:
        """Return the blocks that hold something else than the lowest bits of weights, with their tensors."""
        return [(name, block) for name, blocks in self.tensors.items() for block in _odd(blocks)]


def _chi_square(counts: Any) -> float:  # a numpy array
    """Return Pearson's statistic against equal counts, a degree of freedom; 0 where there are too few."""
    total = int(counts.sum())
    if total < _FEWEST // 2:
        return 0.0
    expected = total / len(counts)
    return float(((counts - expected) ** 2).sum() / expected) / (len(counts) - 1)


def _odd(blocks: list[Block]) -> list[Block]:
    """Return blocks that are not uniform although their weights hardly repeat, or alone among constant ones are."""
    constant = sum(block.different <= _FEW for block in blocks)
    mostly_constant = constant > len(blocks) / 2
    return [
        block
        for block in blocks
        if (block.statistic > SUSPICIOUS and block.continuous)
        or (mostly_constant and block.different > _CELLS // 2 and block.statistic < _UNIFORM)
    ]
