"""Functions of a vector or a matrix as a whole, which are more than a function of every entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wengert.calculus.dimension import Length
from wengert.calculus.expression import Expression

__all__ = ["NUMBERS", "OF_MATRICES", "OF_ROWS", "of_entries", "shape_of"]

Shape = tuple[Length, Length]

NUMBERS: Final = frozenset({
    "largest_eigenvalue", "logsumexp", "max", "nuclear_norm", "prod", "smallest_eigenvalue", "spectral_norm",
})  # fmt: skip
"""Those whose result is a number."""
OF_MATRICES: Final = frozenset({"cosm", "expm", "logm", "sinm", "sqrtm"})
"""Functions of square matrices in the sense of power series."""
OF_ROWS: Final = frozenset({"argmax_rows", "cholesky", "max_rows", "softmax_rows"})
"""Those that are not the same of the transpose, transposed."""
_SHAPES: Final[dict[str, Callable[[Expression], Shape]]] = {
    **dict.fromkeys(NUMBERS, lambda x: (1, 1)),
    "max_rows": lambda x: (x.rows, 1),
    "pinv": lambda x: (x.cols, x.rows),
}
_OTHERS: Final = frozenset({
    "argmax", "leading_pair", "leading_projector", "polar", "softmax", "trailing_projector", *OF_ROWS, *OF_MATRICES,
})  # fmt: skip


def shape_of(name: str, x: Expression) -> Shape:
    """The shape of a named function of an expression."""
    rule = _SHAPES.get(name)
    return x.shape if rule is None else rule(x)


def of_entries(name: str) -> bool:
    """Whether a named function acts on every entry by itself."""
    return name not in _SHAPES and name not in _OTHERS
