"""Best polynomial approximations by Remez's exchange, in many digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath

__all__ = ["minimax"]

Function = Callable[[Any], Any]


def minimax(
    function: Function, low: Any, high: Any, degree: int, weight: Function = lambda x: 1
) -> tuple[list[Any], Any]:
    """The coefficients, lowest first, that make the largest |weight·(function - polynomial)| smallest, and that error.

    Remez's second algorithm on a grid of Chebyshev's points; see Cheney, Introduction to Approximation Theory, 3.8.
    """
    unknowns = degree + 2
    count = 24 * unknowns
    grid = [
        (mpmath.mpf(low) + high) / 2 + (mpmath.mpf(high) - low) / 2 * -mpmath.cos(mpmath.pi * i / (count - 1))
        for i in range(count)
    ]
    values = [function(x) for x in grid]
    weights = [weight(x) for x in grid]
    # not where the weight vanishes: there is no error to balance
    usable = [place for place, w in enumerate(weights) if abs(w) > 1e-6 * max(map(abs, weights))]
    reference = [usable[round(i * (len(usable) - 1) / (unknowns - 1))] for i in range(unknowns)]
    for _ in range(30):
        matrix, right = mpmath.matrix(unknowns, unknowns), mpmath.matrix(unknowns, 1)
        for row, place in enumerate(reference):
            for power in range(degree + 1):
                matrix[row, power] = grid[place] ** power
            matrix[row, degree + 1] = (-1) ** row / weights[place]
            right[row] = values[place]
        solution = mpmath.lu_solve(matrix, right)
        coefficients = [solution[power] for power in range(degree + 1)]
        errors = [w * (v - _value(coefficients, x)) for x, v, w in zip(grid, values, weights, strict=True)]
        largest = max(abs(error) for error in errors)
        if largest <= abs(solution[degree + 1]) * mpmath.mpf("1.01"):
            break
        reference = _exchanged(errors, unknowns)
    return coefficients, largest


def _value(coefficients: list[Any], x: Any) -> Any:
    """The polynomial at x, by Horner's scheme."""
    total = mpmath.mpf(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _exchanged(errors: list[Any], unknowns: int) -> list[int]:
    """The places of the largest error in each run of equal sign, as many as there are unknowns."""
    places: list[int] = []
    for place, error in enumerate(errors):
        if places and (error > 0) == (errors[places[-1]] > 0):
            if abs(error) > abs(errors[places[-1]]):
                places[-1] = place
        else:
            places.append(place)
    while len(places) > unknowns:
        places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
    if len(places) < unknowns:
        raise ArithmeticError(f"the error alternates {len(places)} times instead of {unknowns}: more digits are needed")
    return places
