"""Numbers for the symbols of a formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from display.formulas import symbols_of
from display.operators import K, M, N
from wengert.calculus.dimension import Dim
from wengert.calculus.expression import Expression

SIZES: tuple[dict[Dim, int], ...] = ({N: 3, M: 4, K: 2}, {N: 5, M: 3, K: 7})


def instance(*formulas: Expression, sizes: dict[Dim, int] = SIZES[0]) -> dict[str, Any]:
    """Arrays of two axes, positive, and as their symbols are assumed to be."""
    random = np.random.default_rng(7)
    lengths = {**sizes, 1: 1}
    values = {}
    for name, node in symbols_of(*formulas).items():
        value = random.uniform(0.2, 0.9, (lengths[node.rows], lengths[node.cols]))
        if node.properties & {"symmetric", "positive definite", "invertible"}:
            value = (value + value.T) / 4 + np.eye(len(value))
        if node.properties == {"invertible"}:
            value = value + np.triu(value, 1)
        values[name] = value
    return values
