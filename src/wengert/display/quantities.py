"""Numbers with units, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["count", "duration", "memory", "number", "table"]

_TIMES: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def number(value: float) -> str:
    """Three digits, without an exponent where it can be helped: `0.0927`, `12.3`, `4570`.

    >>> number(0.092659), number(1234.5), number(1e-9)
    ('0.0927', '1230', '1e-09')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:.0f}" if 1000 <= abs(rounded) < 1e6 else f"{rounded:.3g}"


def duration(seconds: float) -> str:
    """A time in the unit that leaves one to three digits before the point.

    >>> duration(0.0000123), duration(2.5)
    ('12.3 µs', '2.5 s')
    """
    for size, unit in _TIMES:
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds * 1e9)} ns"


def memory(size: int) -> str:
    """A number of bytes in decimal units.

    >>> memory(848), memory(12_345)
    ('848 B', '12.3 kB')
    """
    for unit_size, unit in _SIZES:
        if size >= unit_size:
            return f"{number(size / unit_size)} {unit}"
    return f"{size} B"


def count(how_many: int, what: str = "", plural: str = "") -> str:
    """A whole number with its thousands apart, and what is counted.

    >>> count(38370), count(1, "entry", "entries")
    ('38,370', '1 entry')
    """
    if not what:
        return f"{how_many:,}"
    return f"{how_many:,} {what if how_many == 1 else plural or what + 's'}"


def table(rows: Sequence[Sequence[str]], right: bool = False) -> list[str]:
    """Rows of cells as lines with aligned columns; with `right`, all but the first column end in line.

    >>> table([["time", "1 s"], ["memory", "10 kB"]], right=True)
    ['time      1 s', 'memory  10 kB']
    """
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if right and column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
