"""The graph optimiser: the same values by fewer and cheaper operations.

An optimised graph is for running, not for differentiating: what only a derivative looks at is gone. Every rule keeps
shapes, dtypes and weak types, and the values up to a few roundings; what is not kept is said where the rule stands.
"""

from __future__ import annotations

from wengert.compiler.optimise import (
    contraction,
    diagonals,
    elementwise,
    factoring,
    indexing,
    moving,
    nothing,
    ordering,
    placing,
    powers,
    products,
    pullbacks,
    reducing,
    separating,
    sparse,
    sparse_products,
)
from wengert.compiler.optimise.passes import Optimised, optimised

__all__ = [
    "Optimised",
    "contraction",
    "diagonals",
    "elementwise",
    "factoring",
    "indexing",
    "moving",
    "nothing",
    "optimised",
    "ordering",
    "placing",
    "powers",
    "products",
    "pullbacks",
    "reducing",
    "separating",
    "sparse",
    "sparse_products",
]
