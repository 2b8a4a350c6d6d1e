"""The operations that Wengert differentiates, one block each, one file a family."""

from wengert.primitives import (
    access,
    arithmetic,
    contraction,
    elementwise,
    indexing,
    linalg,
    operators,
    reductions,
    shaping,
)

__all__ = [
    "access",
    "arithmetic",
    "contraction",
    "elementwise",
    "indexing",
    "linalg",
    "operators",
    "reductions",
    "shaping",
]
