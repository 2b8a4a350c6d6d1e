"""Named values, such as the entries of a gradient: as lines to read and as data for machines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wengert.display.quantities import count, number, table
from wengert.graph import ArrayType, concrete_type

__all__ = ["Part", "figures", "part_lines", "plain"]

# larger arrays are summarised: in print beyond the first, as data beyond the second number of entries
MOST_PRINTED: Final = 8
MOST_LISTED: Final = 10_000
EDGE: Final = 3


@dataclass(frozen=True)
class Part:
    """A number, an array or another object, under the name by which the program calls it."""

    name: str
    value: Any
    note: str = ""

    @property
    def type(self) -> str:
        """Dtype and shape, or the class of what is no array."""
        kind = concrete_type(self.value)
        return repr(kind) if isinstance(kind, ArrayType) else type(self.value).__name__

    @property
    def numeric(self) -> bool:
        """Whether the value is a number or an array of numbers."""
        kind = concrete_type(self.value)
        return isinstance(kind, ArrayType) and kind.dtype.kind in "fciub"

    def statistics(self) -> dict[str, float]:
        """The norm, the range of a real array, and how many entries are NaN or infinite."""
        array = np.asarray(self.value)
        if not self.numeric or array.size == 0 or array.dtype.kind == "b":
            return {}
        # float32 and integers would overflow in the sum of squares
        wide = array.astype(np.result_type(array.dtype, np.float64)).ravel()
        lost = int(np.sum(~np.isfinite(wide)))
        found = {"norm": _norm(wide)} if array.ndim else {}
        if array.ndim and wide.dtype.kind != "c" and not lost:
            found.update(min=float(np.min(wide)), max=float(np.max(wide)))
        if lost:
            found["not_finite"] = lost
        return found

    def preview(self) -> str:
        """The value, or its first and last entries."""
        if not self.numeric:
            text = repr(self.value)
            return text if len(text) <= 60 else f"{text[:57]}..."
        array = np.asarray(self.value)
        if array.ndim == 0:
            return str(array[()])
        return np.array2string(
            array, threshold=MOST_PRINTED, edgeitems=EDGE, precision=6, separator=", ", max_line_width=100
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything for JSON; a large array only with its first and last entries."""
        kind = concrete_type(self.value)
        found: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.note:
            found["note"] = self.note
        if not isinstance(kind, ArrayType) or not self.numeric:
            return {**found, "text": self.preview()}
        found.update(shape=list(kind.shape), dtype=kind.dtype.name, **self.statistics())
        array = np.asarray(self.value)
        if array.size <= MOST_LISTED:
            found["values"] = array.tolist()
        else:
            flat = array.ravel()
            found.update(summary=True, first=flat[:EDGE].tolist(), last=flat[-EDGE:].tolist())
        return {key: plain(value) for key, value in found.items()}


def _norm(wide: np.ndarray[Any, Any]) -> float:
    """The Euclidean norm, without overflow in the squares."""
    largest = float(np.max(np.abs(wide)))
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.sum(np.abs(wide / largest) ** 2)))


def part_lines(parts: Sequence[Part], previews: bool = True) -> list[str]:
    """Name, type, figures and note of each value; with `previews`, some entries of each array too."""
    lines: list[str] = []
    heads = table([[part.name, part.type, figures(part), part.note] for part in parts])
    for head, part in zip(heads, parts, strict=True):
        lines.append(head)
        if previews and part.numeric and np.ndim(part.value):
            lines += [f"  {line}" for line in part.preview().splitlines()]
    return lines


def figures(part: Part) -> str:
    """The value of a number; norm and range of an array, and how many of its entries are not finite."""
    if not part.numeric or np.ndim(part.value) == 0:
        return part.preview()
    found = part.statistics()
    texts = [f"norm {number(found['norm'])}"] if "norm" in found else []
    if "min" in found:
        texts.append(f"from {number(found['min'])} to {number(found['max'])}")
    if "not_finite" in found:
        texts.append(f"{count(int(found['not_finite']), 'entry', 'entries')} NaN or infinite")
    return ", ".join(texts)


def plain(value: Any) -> Any:
    """The same with what JSON lacks written out: NaN and infinity as strings, complex numbers as two parts.

    >>> plain({"a": (1.0, float("nan")), "b": 2j})
    {'a': [1.0, 'nan'], 'b': {'real': 0.0, 'imag': 2.0}}
    """
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        # longdouble has no Python number of its own and would come back as itself
        item = value.item()
        return plain(float(item) if isinstance(item, np.floating) else item)
    if isinstance(value, complex):
        return {"real": plain(value.real), "imag": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
