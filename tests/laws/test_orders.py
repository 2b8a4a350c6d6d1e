"""Derivatives of higher order: all ways to nest the modes agree, with one another and with differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

Function = Callable[..., Any]

# the higher derivatives of linear operations are constant
pytestmark = pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")


def weighted(smooth: Any) -> Function:
    """A real function of the active operands: the results, weighted by constants and summed up."""
    weights = smooth.cotangents(11)

    def function(*operands: Any) -> Any:
        results = smooth.evaluate(smooth.filled(operands))
        return sum(np.sum(np.real(weight * result)) for weight, result in zip(weights, results, strict=True))

    return function


def forward(function: Function, tangents: Any) -> Function:
    """The derivative in a direction, by pushing it forward."""
    return lambda *operands: wg.jvp(function, operands, tangents)[1]


def reverse(function: Function, tangents: Any) -> Function:
    """The same derivative, by pulling back a one and pairing with the direction."""

    def derivative(*operands: Any) -> Any:
        gradient = wg.grad(function, argnums=tuple(range(len(operands))))(*operands)
        parts = zip(gradient, tangents, strict=True)
        # the gradient of a real function of a complex variable is the conjugate of what pairs with the direction
        return sum(np.sum(np.real(np.conj(part) * tangent)) for part, tangent in parts)

    return derivative


MODES = {"F": forward, "R": reverse}
NESTINGS = {1: ["F", "R"], 2: ["FF", "FR", "RF", "RR"], 3: ["FFF", "FRF", "RFR", "RRR"]}


def nested(function: Function, modes: str, directions: Any) -> Function:
    """The mixed derivative in several directions; the last letter is the innermost mode."""
    for mode, tangents in zip(reversed(modes), directions, strict=False):
        function = MODES[mode](function, tangents)
    return function


@pytest.mark.parametrize("order", [1, 2, 3])
def test_all_nestings_agree_with_differences(double, order, difference):
    function = weighted(double)
    operands = [double.args[i] for i in double.active]
    directions = [double.tangents(seed) for seed in (21, 22, 23)][:order]
    below = nested(function, "F" * (order - 1), directions)

    def along(step: float) -> Any:
        moved = [x + step * t for x, t in zip(operands, directions[-1], strict=True)]
        return (below(*moved),)

    [(slope, error)] = difference(along)
    values = {modes: nested(function, modes, directions)(*operands) for modes in NESTINGS[order]}
    first = values["F" * order]
    for modes, value in values.items():
        assert value == pytest.approx(first, rel=1e-9, abs=1e-9), modes
    assert first == pytest.approx(slope, rel=1e-12, abs=error)


@pytest.mark.parametrize("modes", ["FR", "RF"])
def test_a_batch_of_second_derivatives_is_the_stack(double, modes):
    other = type(double)(double.name, double.number, seed=3)
    if other.types != double.types or other.params != double.params:
        other = double
    directions = [double.tangents(21), double.tangents(22)]
    derivative = nested(weighted(double), modes, directions)
    operands = [[one.args[i] for i in one.active] for one in (double, other)]
    expected = [derivative(*each) for each in operands]
    found = wg.vmap(derivative)(*(np.stack(parts) for parts in zip(*operands, strict=True)))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


# the value of a function of y, by a transform in y, though it depends on x alone
VALUES_INSIDE: dict[str, Function] = {
    "value_and_grad": lambda f: wg.value_and_grad(f)(1.0)[0],
    "auxiliary": lambda f: wg.grad(lambda y: (y**2, f(y)), has_aux=True)(1.0)[1],
    "jvp": lambda f: wg.jvp(f, (1.0,), (1.0,))[0],
    "vjp": lambda f: wg.vjp(f, 1.0)[0],
    "linearize": lambda f: wg.linearize(f, 1.0)[0],
    "jacobian": lambda f: wg.jacobian(lambda y: (1.0 * y, f(y)), has_aux=True)(1.0)[1],
    "vmap": lambda f: wg.vmap(f)(np.ones(1))[0],
    "checkpoint": lambda f: wg.value_and_grad(lambda y: f(wg.checkpoint(np.sin)(y)))(1.0)[0],
}


@pytest.mark.parametrize("outer", [wg.grad, wg.derivative, wg.hessian, wg.jacobian])
@pytest.mark.parametrize("inside", VALUES_INSIDE)
def test_a_value_inside_keeps_the_derivative_of_a_transform_further_out(inside: str, outer: Function) -> None:
    found = outer(lambda x: VALUES_INSIDE[inside](lambda y: x**3))(2.0)
    assert found == pytest.approx(12.0)
