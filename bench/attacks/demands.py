"""What the figures must reach, and whether they do."""

from __future__ import annotations

from attacks import ours, peers, toolbox
from attacks.clock import Failed, Timed
from attacks.models import DEFENDED, VIBRATION

Rows = dict[str, Timed | Failed]
_TORCHATTACKS, _ART, _FAST = 0.65, 1 / 40, 1 / 1000
"""Parts of the CPU seconds of torchattacks' and of ART's AutoAttack."""
_POINT, _MASKED = 0.01, 0.03
_FOREST, _AUDIT = 2.0, 60.0
"""CPU seconds."""


def printed(tables: dict[str, Rows], masked: set[str], speed: dict[str, float], samples: int) -> int:
    """Print each demand with its figure and return how many are missed; what was not measured is missed."""
    found = [*_defended(tables.get(DEFENDED, {}), 1 / samples), *_vibration(tables.get(VIBRATION, {}))]
    found += [_masked(title, tables[title]) for title in sorted(masked)]
    found += [
        ("150 rows of a forest of 50 trees, exact, CPU s", speed.get("forest"), _FOREST),
        ("whole audit of the vibration CNN, CPU s", speed.get("audit"), _AUDIT),
    ]
    print("\nDemands: figure, at most")
    missed = 0
    for name, figure, most in found:
        held = figure is not None and most is not None and figure <= most + 1e-9
        missed += not held
        values = "not measured" if figure is None or most is None else f"{figure:10.4f} {most:10.4f}"
        print(f"  {'met   ' if held else 'MISSED'} {name:<64} {values}")
    return missed


Demand = tuple[str, float | None, float | None]


def _defended(rows: Rows, one: float) -> list[Demand]:
    best, whole, fast = _strongest(rows), rows.get(ours.WHOLE), rows.get(ours.FAST)
    torchattacks, art = _cpu(rows.get(peers.TORCHATTACKS)), _cpu(rows.get(toolbox.AUTO))
    return [
        ("adversarially trained: robust accuracy, strongest + one sample", _value(whole), _plus(best, one)),
        ("adversarially trained: part of torchattacks' AutoAttack time", _part(whole, torchattacks), _TORCHATTACKS),
        ("adversarially trained: part of ART's AutoAttack time", _part(whole, art), _ART),
        ("fast cascade: robust accuracy, strongest + one point", _value(fast), _plus(best, _POINT)),
        ("fast cascade: part of ART's AutoAttack time", _part(fast, art), _FAST),
    ]


def _vibration(rows: Rows) -> list[Demand]:
    pgd = [row.value for name, row in rows.items() if "PGD" in name and isinstance(row, Timed)]
    below = min(pgd) - 1e-6 if pgd else None
    return [("vibration CNN: robust accuracy, below the best PGD", _value(rows.get(ours.WHOLE)), below)]


def _masked(title: str, rows: Rows) -> Demand:
    return f"{title}: strongest + 3 points", _value(rows.get(ours.WHOLE)), _plus(_strongest(rows), _MASKED)


def _strongest(rows: Rows) -> float | None:
    """Return the least robust accuracy that another package found; None without one of the AutoAttacks."""
    others = {name: row.value for name, row in rows.items() if "aigov" not in name and isinstance(row, Timed)}
    return min(others.values()) if peers.ORIGINAL in others else None


def _value(row: Timed | Failed | None) -> float | None:
    return row.value if isinstance(row, Timed) else None


def _cpu(row: Timed | Failed | None) -> float | None:
    return row.cpu if isinstance(row, Timed) else None


def _part(row: Timed | Failed | None, of: float | None) -> float | None:
    return row.cpu / of if isinstance(row, Timed) and of else None


def _plus(value: float | None, more: float) -> float | None:
    return None if value is None else value + more
