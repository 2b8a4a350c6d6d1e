"""Programs that catch an error which is raised for some values and not for others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import linalg

import wengert as wg
from wengert.errors import UndefinedDerivativeError


def definite(A: Any, x: Any) -> Any:
    try:
        np.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        return -np.sum(x**2)
    return np.sum(x**2)


def inverted(A: Any, x: Any) -> Any:
    try:
        np.linalg.inv(A)
    except np.linalg.LinAlgError:
        return -np.sum(x**2)
    return np.sum(x**2)


def solved(A: Any, x: Any) -> Any:
    try:
        np.linalg.solve(A, A)
    except np.linalg.LinAlgError:
        return -np.sum(x**2)
    return np.sum(x**2)


def of_a_derivative(A: Any, x: Any) -> Any:
    try:
        wg.grad(lambda B: np.linalg.slogdet(B)[1])(A)
    except UndefinedDerivativeError:
        return -np.sum(x**2)
    return np.sum(x**2)


def definite_at_last(A: Any, x: Any) -> Any:
    for part in (np.eye(3), 0.0 * A + np.eye(3), A):
        try:
            np.linalg.cholesky(part)
        except np.linalg.LinAlgError:
            return -np.sum(x**2)
    return np.sum(x**2)


def to_a_power(exponents: Any, x: Any) -> Any:
    two = np.full_like(exponents, 2)
    try:
        (two + exponents) ** 2 * two**exponents
    except ValueError:
        return -np.sum(x**2)
    return np.sum(x**2)


def found(place: Any, x: Any) -> Any:
    try:
        x[place]
    except IndexError:
        return -np.sum(x**2)
    return np.sum(x**2)


def divided(divisor: Any, x: Any) -> Any:
    try:
        1.0 / divisor
    except ZeroDivisionError:
        return -np.sum(x**2)
    return np.sum(x**2)


def raised(exponent: Any, x: Any) -> Any:
    try:
        10.0**exponent
    except OverflowError:
        return -np.sum(x**2)
    return np.sum(x**2)


def written(place: Any, x: Any) -> Any:
    try:
        np.zeros(2)[place] = 1.0
    except IndexError:
        return -np.sum(x**2)
    return np.sum(x**2)


def gathered(place: Any, x: Any) -> Any:
    try:
        np.add.at(np.zeros(2), place, 1.0)
    except IndexError:
        return -np.sum(x**2)
    return np.sum(x**2)


def rooted(number: Any, x: Any) -> Any:
    try:
        return math.sqrt(number) * np.sum(x**2)
    except ValueError:
        return -np.sum(x**2)


def raised_to_e(number: Any, x: Any) -> Any:
    try:
        return math.exp(number) * np.sum(x**2)
    except OverflowError:
        return -np.sum(x**2)


def far(number: Any, x: Any) -> Any:
    try:
        return math.fsum([number, -number]) + np.sum(x**2)
    except (OverflowError, ValueError):
        return -np.sum(x**2)


def factored(A: Any, x: Any) -> Any:
    try:
        linalg.lu_factor(A)
    except ValueError:
        return -np.sum(x**2)
    return np.sum(x**2)


def unravelled(place: Any, x: Any) -> Any:
    try:
        np.unravel_index(place, (2, 3))
    except ValueError:
        return -np.sum(x**2)
    return np.sum(x**2)


def of_scipy(attempt: Any) -> Any:
    def attempted(A: Any, x: Any) -> Any:
        try:
            value = np.sum(attempt(A))
        except (ValueError, np.linalg.LinAlgError):
            return -np.sum(x**2)
        return value + np.sum(x**2)

    return attempted


SQUARE = np.array([[2.0, 0.5], [0.5, 3.0]])
INDEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
INFINITE = np.array([[np.inf, 1.0], [1.0, np.inf]])
# what SciPy refuses to compute of what is not finite, or not positive definite
OF_SCIPY = {
    "a determinant": (linalg.det, INFINITE),
    "an inverse": (linalg.inv, INFINITE),
    "a norm": (linalg.norm, INFINITE),
    "a solution": (lambda A: linalg.solve(A, A[0]), INFINITE),
    "a solution of a diagonal": (lambda A: linalg.solve(A, np.ones(2), assume_a="diagonal"), INFINITE),
    "a triangle": (lambda A: linalg.solve_triangular(A, np.ones(2)), INFINITE),
    "a triangle, many columns": (lambda A: linalg.solve_triangular(A, np.eye(2), lower=True), INFINITE),
    "a right-hand side": (lambda A: linalg.solve_triangular(np.eye(2) * 3.0, A), INFINITE),
    "eigenvalues": (linalg.eigvalsh, INFINITE),
    "singular values": (linalg.svdvals, INFINITE),
    "what is said to be definite": (lambda A: linalg.solve(A, np.ones(2), assume_a="pos"), INDEFINITE),
    "a factor": (lambda A: linalg.cho_solve(linalg.cho_factor(A), np.ones(2)), INDEFINITE),
}

SIZES = (3, 80)
CASES = {
    **{f"not definite, {n} rows": (definite, np.eye(n), -np.eye(n)) for n in SIZES},
    **{f"singular, inverted, {n} rows": (inverted, np.eye(n), np.ones((n, n))) for n in SIZES},
    **{f"singular, solved, {n} rows": (solved, np.eye(n), np.zeros((n, n))) for n in SIZES},
    **{f"no derivative, {n} rows": (of_a_derivative, np.eye(n), np.zeros((n, n))) for n in SIZES},
    "the last of three": (definite_at_last, np.eye(3), -np.eye(3)),
    "a negative power of whole numbers": (to_a_power, np.array([1, 2]), np.array([1, -2])),
    "a place outside": (found, np.array([0, 1]), np.array([0, 7])),
    "a place outside, written": (written, np.array([0, 1]), np.array([0, 7])),
    "a place outside, added to": (gathered, np.array([0, 1]), np.array([0, 7])),
    "a root of what is negative": (rooted, 2.0, -2.0),
    "an exponential that is too large": (raised_to_e, 2.0, 1000.0),
    "a sum of what is not finite": (far, 2.0, np.inf),
    "a factorisation of what is not finite": (factored, np.eye(3), np.full((3, 3), np.nan)),
    **{f"{name} of SciPy's": (of_scipy(attempt), SQUARE, raising) for name, (attempt, raising) in OF_SCIPY.items()},
    "a place outside, unravelled": (unravelled, np.array([0, 5]), np.array([0, 6])),
    "a place before all, unravelled": (unravelled, np.array([0, 5]), np.array([-1, 0])),
    "a number of Python's that is zero": (divided, 2.0, 0.0),
    "a number of Python's that is too large": (raised, 2.0, 400.0),
}


@pytest.mark.parametrize("function", [math.exp, math.sqrt, math.log], ids=lambda function: function.__name__)
def test_what_is_not_finite_and_what_is_too_large_are_told_apart(function: Any) -> None:
    def raises(number: Any, x: Any) -> Any:
        try:
            function(number)
        except (OverflowError, ValueError):
            return -x
        return x

    values = (np.nan, np.inf, -np.inf, 1000.0, -2.0, 2.0)
    for first in values:
        fast = wg.jit(raises)
        for value in (first, first, *values):
            assert fast(value, 3.0) == raises(value, 3.0)


@pytest.mark.parametrize("first", ["usual", "raising"])
@pytest.mark.parametrize("case", CASES)
def test_an_error_that_the_program_catches_is_raised_where_it_is_due(case: str, first: str) -> None:
    program, usual, raising = CASES[case]
    x = np.arange(1.0, 4.0)
    calls = [usual, raising, usual, raising]
    for transformed in (program, wg.grad(program, 1)):
        fast = wg.jit(transformed)
        for value in calls if first == "usual" else calls[::-1]:
            np.testing.assert_array_equal(fast(value, x), transformed(value, x))
