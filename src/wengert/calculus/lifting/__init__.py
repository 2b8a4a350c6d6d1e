"""From a recorded program to matrix algebra: what each operation is on matrices of symbolic shape.

A program is recorded at sizes that are distinct primes, one for each symbolic length, so that every length in it says
which one it is. An array of one axis becomes a column.
"""

from __future__ import annotations

from wengert.calculus.lifting import (
    arithmetic,
    choices,
    contractions,
    decompositions,
    kronecker,
    kronecker_sums,
    reductions,
    shapes,
    spectra,
)
from wengert.calculus.lifting.lifted import LIFTS, Lifted
from wengert.calculus.lifting.program import lift

__all__ = ["LIFTS", "Lifted", "lift"]

# importing them declares what operations are
_RULES = (arithmetic, choices, contractions, decompositions, kronecker, kronecker_sums, reductions, shapes, spectra)
