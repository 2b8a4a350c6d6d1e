"""Rules that bring expressions nearer to the form in which a reader knows them."""

from wengert.calculus.rules import (
    centring,
    exponents,
    functions,
    hyperbolic,
    pieces,
    projections,
    regions,
    shifts,
    structure,
    sums,
    wholes,
)

__all__ = [
    "centring",
    "exponents",
    "functions",
    "hyperbolic",
    "pieces",
    "projections",
    "regions",
    "shifts",
    "structure",
    "sums",
    "wholes",
]
