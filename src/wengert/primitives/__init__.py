"""The operations that Wengert differentiates, one block each, one file a family."""

from wengert.primitives import (
    access,
    arithmetic,
    bessel,
    contraction,
    convolution,
    cumulative,
    elementwise,
    fourier,
    indexing,
    linalg,
    operators,
    ordering,
    reductions,
    shaping,
)

__all__ = [
    "access",
    "arithmetic",
    "bessel",
    "contraction",
    "convolution",
    "cumulative",
    "elementwise",
    "fourier",
    "indexing",
    "linalg",
    "operators",
    "ordering",
    "reductions",
    "shaping",
]
