"""What the chain rule is written with, besides the notation of formulas: slopes, changes, adjoints, numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wengert.display.notation import Notation, Raised

__all__ = [
    "FEW", "Adjoint", "Chain", "Change", "Code", "Entries", "Heading", "Measured", "Shaped", "Slope", "Summary",
    "Value", "exchanged", "shape_text", "shown_number", "with_shapes",
]  # fmt: skip

# arrays of up to so many entries are written out
FEW = 6


@dataclass(frozen=True, eq=False)
class Value(Notation):
    """A value of the program, by its name there; `shape` is that of an array."""

    name: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Change(Value):
    """The change of a value along the direction of forward mode: dh, or δh where a value is called dh."""

    sign: str = "d"


@dataclass(frozen=True, eq=False)
class Adjoint(Value):
    """The derivative of the result by a value, in the shape of the value: h with a bar."""


@dataclass(frozen=True, eq=False)
class Slope(Notation):
    """The derivative of one value by another: dz/dw, or ∂z/∂w where nothing else moves."""

    of: str = ""
    by: str = ""
    partial: bool = False


@dataclass(frozen=True, eq=False)
class Chain(Notation):
    """Factors of the chain rule, with a point between them."""


@dataclass(frozen=True, eq=False)
class Measured(Notation):
    """A number, with four digits."""

    value: float = 0.0


@dataclass(frozen=True, eq=False)
class Entries(Notation):
    """A small array with its numbers; one of one axis is a column."""

    value: Any = None


@dataclass(frozen=True, eq=False)
class Summary(Notation):
    """What is said of an array that is too large to be written out: its shape, and its norm."""

    shape: tuple[int, ...] = ()
    norm: float | None = None


@dataclass(frozen=True, eq=False)
class Code(Notation):
    """What has no formula, as the Wengert list has it; `names` are those of values in it."""

    text: str = ""


@dataclass(frozen=True, eq=False)
class Heading(Notation):
    """The function of its parts, which are inputs, and the value of the last part where it has one."""

    name: str = ""
    valued: bool = False


@dataclass(frozen=True, eq=False)
class Shaped(Notation):
    """A factor with its shape under it."""

    shape: tuple[int, ...] = field(kw_only=True)


def shown_number(value: Any) -> Notation:
    """A number, a small array, or what is said of a larger one."""
    array = np.asarray(value)
    if array.dtype.kind == "c":
        return Code((), f"({array[()]:.4g})") if array.ndim == 0 else Summary((), array.shape, _norm(array))
    if array.dtype.kind == "b" and array.ndim == 0:
        return Code((), str(array[()]))
    if array.dtype.kind == "b" and array.size > FEW:
        return Summary((), array.shape)
    if array.ndim == 0:
        return Measured((), float(array))
    if array.size <= FEW and array.ndim <= 2 and array.size:
        return Entries((), array)
    return Summary((), array.shape, _norm(array))


def _norm(array: Any) -> float:
    # in double precision, since squares of large single ones overflow
    return float(np.linalg.norm(np.ravel(array).astype(complex if array.dtype.kind == "c" else float)))


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as on paper: 5×3, and (5) for a vector."""
    return f"({'×'.join(map(str, shape))})"


def exchanged(tree: Notation, found: Callable[[Notation], Notation | None]) -> Notation:
    """A notation with pieces exchanged, where `found` gives something for them."""
    new = found(tree)
    if new is not None:
        return new
    parts = tuple([exchanged(part, found) for part in tree.parts])
    return tree if all(map(_same, parts, tree.parts)) else replace(tree, parts=parts)


def _same(one: Notation, other: Notation) -> bool:
    return one is other


def with_shapes(tree: Notation) -> Notation:
    """A notation with the shapes of its arrays under them, those of transposed ones turned round."""

    def found(node: Notation) -> Notation | None:
        if isinstance(node, Value):
            return Shaped((node,), shape=node.shape) if node.shape else node
        if isinstance(node, Raised) and isinstance(node.parts[0], Value) and node.parts[0].shape:
            shape = node.parts[0].shape
            turned = (1, *shape) if len(shape) == 1 else shape[::-1]
            return Shaped((node,), shape=turned if node.transposed else shape)
        return None

    return exchanged(tree, found)
