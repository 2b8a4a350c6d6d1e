"""A sum of pieces at numbers: what it makes of an array, and of every unit array at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.calculus.expression import Expression
from wengert.calculus.linear_map.pieces import Piece

__all__ = ["Array", "At", "NumericSum"]

Array = Any
At = Callable[[Expression], Array]


class NumericSum:
    """Pieces whose matrices are arrays; their steps go over the last two axes of what they are applied to.

    Parameters
    ----------
    pieces
        Any number of them.
    at
        The array of two axes that an expression is.
    source, target
        The lengths of the axes of what comes in, and of what comes out.
    """

    def __init__(self, pieces: Sequence[Piece], at: At, source: tuple[int, int], target: tuple[int, int]) -> None:
        self.source, self.target = source, target
        self._pieces = [
            (float(np.reshape(at(piece.front), ())), [(step, step.held(at)) for step in piece.steps])
            for piece in pieces
        ]

    def __call__(self, m: Array) -> Array:
        """The sum, applied to an array."""
        whole: Any = np.zeros((*np.shape(m)[:-2], *self.target))
        for front, steps in self._pieces:
            found = m
            for step, matrices in steps:
                found = step.on(matrices, found)
            whole = whole + front * found
        return whole

    def dense(self) -> Array:
        """The array of four axes whose entry (i, j, k, l) is the change of (i, j) with (k, l)."""
        count = self.source[0] * self.source[1]
        columns = self(np.reshape(np.eye(count), (count, *self.source)))
        return np.reshape(np.moveaxis(columns, 0, -1), (*self.target, *self.source))
