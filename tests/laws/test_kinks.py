"""The values that are chosen where a function has no derivative, or where a branch that is not taken has none.

One row of the table: the function of one number, the point, and its derivatives there of order one and up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

Function = Callable[[Any], Any]

UP = np.array([1.0, 2.0])  # the direction of the rows that move a vector along a line


def guarded(inner: Function, safe: Function = np.square) -> Function:
    """`inner` where it is selected, otherwise a branch whose derivatives are known."""
    return lambda x: np.where(x > 0.5, inner(x), safe(x))


def sloped(x: Any) -> Any:
    return 3.0 * x


# (function, point, derivatives of order 1, 2, 3)
TABLE: dict[str, tuple[Function, float, list[float]]] = {
    # a kink takes the mean of its sides
    "abs at 0 is flat": (np.abs, 0.0, [0.0, 0.0, 0.0]),
    "a tie of maximum goes half to the left": (lambda x: np.maximum(x, 2.0), 2.0, [0.5, 0.0]),
    "a tie of maximum goes half to the right": (lambda x: np.maximum(2.0, x), 2.0, [0.5, 0.0]),
    "a tie of minimum goes half to the left": (lambda x: np.minimum(x, 2.0), 2.0, [0.5, 0.0]),
    "a tie of minimum goes half to the right": (lambda x: np.minimum(2.0, x), 2.0, [0.5, 0.0]),
    "maximum of a variable with itself": (lambda x: np.maximum(x, x), 2.0, [1.0, 0.0]),
    "relu at 0 has slope one half": (lambda x: np.maximum(x, 0.0), 0.0, [0.5, 0.0]),
    "max shares among two of three": (lambda x: np.max(np.stack([x, 2.0 + 0 * x, 1.0 + 0 * x])), 2.0, [0.5, 0.0]),
    "max shares among three": (lambda x: np.max(np.stack([x, 2.0 + 0 * x, 2.0 + 0 * x])), 2.0, [1 / 3, 0.0]),
    "min shares among two": (lambda x: np.min(np.stack([x, 2.0 + 0 * x])), 2.0, [0.5, 0.0]),
    # clip counts its edges as outside
    "clip at its lower edge is flat": (lambda x: np.clip(x, -1.0, 1.0), -1.0, [0.0, 0.0]),
    "clip at its upper edge is flat": (lambda x: np.clip(x, -1.0, 1.0), 1.0, [0.0, 0.0]),
    # lengths are flat at zero
    "hypot at (0, 0) is flat": (lambda x: np.hypot(x, 2.0 * x), 0.0, [0.0, 0.0]),
    "norm of the zero vector is flat": (lambda x: np.linalg.norm(x * UP), 0.0, [0.0, 0.0, 0.0]),
    "norm of a zero matrix is flat": (lambda x: np.linalg.norm(x * np.ones((2, 2))), 0.0, [0.0, 0.0]),
    "std of a constant is flat": (lambda x: np.std(x * UP), 0.0, [0.0]),
    # a branch that is not selected has no say, whatever it does there
    "sqrt at its edge, not selected": (guarded(np.sqrt), 0.0, [0.0, 2.0, 0.0]),
    "sqrt outside its domain, not selected": (guarded(np.sqrt), -1.0, [-2.0, 2.0, 0.0]),
    "log at its edge, not selected": (guarded(np.log), 0.0, [0.0, 2.0, 0.0]),
    "log outside its domain, not selected": (guarded(np.log), -1.0, [-2.0, 2.0, 0.0]),
    "a quotient by 0, not selected": (guarded(lambda x: 1.0 / x), 0.0, [0.0, 2.0, 0.0]),
    "0 / 0, not selected": (guarded(lambda x: x / x, sloped), 0.0, [3.0, 0.0, 0.0]),
    "a negative power of 0, not selected": (guarded(lambda x: x**-1.5), 0.0, [0.0, 2.0, 0.0]),
    "a power of a negative number, not selected": (guarded(lambda x: x**0.3), -1.0, [-2.0, 2.0, 0.0]),
    "a variable power at 0, not selected": (guarded(lambda x: x ** (x - 1.0)), 0.0, [0.0, 2.0, 0.0]),
    "arccos at its edge, not selected": (lambda x: np.where(x < 0.5, np.arccos(x), x**2), 1.0, [2.0, 2.0, 0.0]),
    "arccos outside its domain, not selected": (lambda x: np.where(x < 0.5, np.arccos(x), x**2), 2.0, [4.0, 2.0, 0.0]),
    "NaN, not selected": (guarded(lambda x: x * np.nan, sloped), 0.0, [3.0, 0.0, 0.0]),
    "sqrt, selected": (guarded(np.sqrt), 4.0, [1 / 4, -1 / 32, 3 / 256]),
    # products count what they lose
    "prod with one zero": (lambda x: np.prod(np.stack([x, 2.0 + 0 * x, 3.0 + 0 * x])), 0.0, [6.0, 0.0, 0.0]),
    "prod with two zeros": (lambda x: np.prod(np.stack([x, x, 3.0 + 0 * x])), 0.0, [0.0, 6.0, 0.0]),
    "prod with three zeros": (lambda x: np.prod(np.stack([x, x, x])), 0.0, [0.0, 0.0, 6.0]),
    # powers of and to zero
    "x**0 is constant": (lambda x: x**0, 0.0, [0.0, 0.0]),
    "x**0.0 is constant": (lambda x: x**0.0, 0.0, [0.0, 0.0]),
    "x**2 at 0": (lambda x: x**2, 0.0, [0.0, 2.0, 0.0]),
    "0**y is constant in y": (lambda y: 0.0**y, 2.0, [0.0, 0.0, 0.0]),
    # softplus neither overflows nor loses its derivative
    "softplus far right": (lambda x: np.logaddexp(0.0, x), 1000.0, [1.0, 0.0, 0.0]),
    "softplus far left": (lambda x: np.logaddexp(0.0, x), -1000.0, [0.0, 0.0, 0.0]),
    "softplus at 0": (lambda x: np.logaddexp(0.0, x), 0.0, [1 / 2, 1 / 4, 0.0]),
}
# rows of order two and up that are known to come out wrong, and why
ROWS = [(name, order) for name, (_, _, expected) in TABLE.items() for order in range(1, len(expected) + 1)]


def forward(function: Function) -> Function:
    return lambda x: wg.jvp(function, (x,), (np.ones_like(x),))[1]


def reverse(function: Function) -> Function:
    return wg.grad(function)


# a derivative that is constant is meant here
pytestmark = pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")

MODES = {"forward": forward, "reverse": reverse}


@pytest.mark.parametrize("batched", [False, True], ids=["single", "batched"])
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize(("name", "order"), ROWS, ids=[f"{name}, order {order}" for name, order in ROWS])
def test_the_chosen_derivative(name, order, inner, outer, batched):
    function, point, expected = TABLE[name]
    for level in range(order):
        function = MODES[inner if level == 0 else outer](function)
    with np.errstate(all="ignore"):
        if batched:
            found = wg.vmap(function)(np.array([point, point]))
        else:
            found = function(np.float64(point))
    np.testing.assert_allclose(found, np.full(np.shape(found), expected[order - 1]), rtol=1e-12, atol=1e-14)
