"""Large arrays are not computed while a program is recorded: machine code will do it.

In the place of such a value stands room of the same kind in which nothing is written, and so it goes on with all that
depends on it. Where Python looks at one of them, the program is recorded once more with all values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from wengert.graph import REGISTRY, ArrayType, Literal, Primitive, Var

__all__ = ["FACTORING", "LARGE", "VIEWING", "Types", "factored", "is_postponed", "room"]

LARGE: Final = 1 << 12
"""Entries of an operand from which on its arithmetic is not done."""

# Besides what is computed entry by entry: fresh arrays in the order of their axes, whatever the operands hold.
_FRESH: Final = frozenset(
    {"all", "any", "concatenate", "matmul", "max", "min", "prod", "put_add", "replace", "scale_matmul", "sum"}
)
# Entry by entry as well, but perhaps the operand itself, a part of it, a number of Python's, or in another order.
_NOT_FRESH: Final = frozenset(
    {"constant", "imag", "number", "real", "spherical_in", "spherical_jn", "spherical_kn", "spherical_yn"}
    | {"stop_gradient"}
)
FACTORING: Final = frozenset(
    {"cholesky", "det", "inverse_of_regular", "lu_factor", "slogdet", "solve", "triangle", "triangular_solve"}
)
"""Factorisations, and what is computed from one: machine code has them fail where NumPy's fail."""
VIEWING: Final = frozenset({"broadcast_to", "imag", "real", "reshape", "take", "transpose"})
"""What looks into an array, or copies it, and never minds what it holds."""


def is_postponed(primitive: Primitive) -> bool:
    """Whether an operation need not be carried out to know what kind of value it gives."""
    found = _answers.get(primitive)
    if found is None:
        entrywise = primitive.elementwise and primitive.name not in _NOT_FRESH
        own = REGISTRY.get(primitive.name) is primitive and primitive.rule_maker is None
        found = own and primitive.outputs == 1 and bool(entrywise or primitive.name in _FRESH)
        _answers[primitive] = found
    return found


_answers: Final[dict[Primitive, bool]] = {}


class Types:
    """The types of results, each inferred once."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[ArrayType, ...]] = {}

    def of(
        self, primitive: Primitive, inputs: Sequence[Var | Literal], params: tuple[Any, ...]
    ) -> tuple[ArrayType, ...]:
        """The types of the results of an operation."""
        operands = tuple([atom.type if isinstance(atom.type, ArrayType) else atom.value for atom in inputs])
        try:
            found = self._known.get((primitive, operands, params))
        except TypeError:
            # an index need not hash
            return primitive.infer(operands, params)
        if found is None:
            found = self._known[primitive, operands, params] = primitive.infer(operands, params)
        return found


def room(primitive: Primitive, kind: ArrayType, operands: Sequence[Any]) -> Any:
    """A value of a type, whatever it holds; None where the order of its entries would be another one than usual."""
    if not kind.shape:
        return kind.dtype.type(1).item() if kind.weak else kind.dtype.type(1)
    if primitive.name in _BY_ROWS or all([_is_by_rows(x) for x in operands if x.__class__ is np.ndarray]):
        return np.empty(kind.shape, kind.dtype)
    return None


def factored(primitive: Primitive, kinds: tuple[ArrayType, ...]) -> tuple[Any, ...] | None:
    """Values of these types for one of `FACTORING`; None where they would lie in memory column by column."""
    if primitive.name == "solve" and kinds[0].shape[-1] != 1:
        return None
    # whole numbers are numbers of rows, with which LAPACK may be called for something else
    made = [np.ones(kind.shape, kind.dtype) if kind.kind == "i" else np.empty(kind.shape, kind.dtype) for kind in kinds]
    return tuple([value if value.shape else value.dtype.type(1) for value in made])


# whose results lie in memory row by row, however the operands do
_BY_ROWS: Final = frozenset({"matmul", "put_add", "scale_matmul"})


def _is_by_rows(array: Any) -> bool:
    """Whether the entries come in the order of the axes, with gaps between them or repeated."""
    if array.flags.c_contiguous:
        return True
    steps = [abs(step) for step, length in zip(array.strides, array.shape, strict=True) if step and length > 1]
    return all([one >= other for one, other in pairwise(steps)])
