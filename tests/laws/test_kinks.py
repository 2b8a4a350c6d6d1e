"""The tables of docs/reference/kinks.md, row by row: which value is taken where a function has no derivative.

Each row is tried in both modes and in their nestings, at one point and in a batch. What the tables do not show is
below: kinks in more than one variable, sweeps that must not warn, and the strict mode.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg

Function = Callable[[Any], Any]

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "kinks.md").read_text(encoding="utf-8")
NAMES: dict[str, Any] = {}
for _block in re.findall(r"```python\n(?!>>>)(.*?)```", PAGE, re.DOTALL):
    exec(_block, NAMES)


def function_of(cell: str) -> Function:
    function: Function = eval(f"lambda x: {cell.strip('`')}", NAMES)
    function.__name__ = cell.strip("`")
    return function


def number(cell: str) -> float | None:
    if cell == ".":
        return None
    return float(Fraction(cell)) if "/" in cell else float(cell)


def rows(columns: int) -> list[list[str]]:
    """The rows of the tables with so many columns, as cells."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if len(row) == columns]


# function, point, order, derivative
DERIVATIVES = [
    (function_of(cells[0]), float(cells[1]), order, value)
    for cells in rows(6)
    for order, value in enumerate(map(number, cells[2:5]), 1)
    if value is not None
]
# function, point, its value there, a function to write instead
UNDEFINED = [(function_of(a), float(x), float(value), function_of(b)) for a, x, value, _, b in rows(5)]


def forward(function: Function) -> Function:
    return lambda x: wg.jvp(function, (x,), (np.ones_like(x),))[1]


def reverse(function: Function) -> Function:
    return wg.grad(function)


MODES = {"F": forward, "R": reverse}
NESTINGS = {1: ["F", "R"], 2: ["FF", "FR", "RF", "RR"], 3: ["FFF", "FRF", "RFR", "RRR"]}

# a derivative that is constant is meant here
pytestmark = pytest.mark.filterwarnings("ignore::wengert.errors.IndependentOutputWarning")


def nested(function: Function, modes: str) -> Function:
    for mode in modes:
        function = MODES[mode](function)
    return function


def warns(function: Function, point: float) -> bool:
    """Whether NumPy warns of the value itself."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(np.float64(point))
    return bool(caught)


def test_the_tables_are_read():
    assert len(DERIVATIVES) > 250
    assert len(UNDEFINED) > 5
    assert len(rows(6)) + len(rows(5)) == len(re.findall(r"^\| `", PAGE, re.MULTILINE))


@pytest.mark.parametrize("batched", [False, True], ids=["single", "batched"])
@pytest.mark.parametrize(
    ("function", "point", "order", "expected"),
    DERIVATIVES,
    ids=[f"{f.__name__} at {x}, {n}" for f, x, n, _ in DERIVATIVES],
)
def test_the_derivative_of_the_table(function, point, order, expected, batched):
    # what does not warn in its value does not warn in its derivatives
    with np.errstate(all="ignore") if warns(function, point) else nullcontext():
        for modes in NESTINGS[order]:
            derivative = nested(function, modes)
            found = wg.vmap(derivative)(np.array([point, point])) if batched else derivative(np.float64(point))
            np.testing.assert_allclose(found, np.full(np.shape(found), expected), rtol=1e-12, atol=1e-14, err_msg=modes)


@pytest.mark.parametrize(
    ("function", "point", "value", "instead"), UNDEFINED, ids=[row[0].__name__ for row in UNDEFINED]
)
def test_what_stays_undefined_says_so_and_can_be_written_otherwise(function, point, value, instead):
    with np.errstate(all="ignore"):
        np.testing.assert_equal(float(function(np.float64(point))), value)
        assert np.isnan(wg.grad(function)(np.float64(point)))
        assert np.isfinite(wg.grad(instead)(np.float64(point)))
        assert np.isfinite(wg.grad(wg.grad(instead))(np.float64(point)))


# several variables: the function, the point, the gradient, the Hessian
SEVERAL: dict[str, tuple[Function, Any, Any, Any]] = {
    "shares of a maximum": (np.max, [1.0, 3.0, 3.0], [0, 0.5, 0.5], np.zeros((3, 3))),
    "shares of a minimum in rows": (
        lambda x: np.sum(np.min(np.reshape(x, (2, 2)), axis=1)),
        [1.0, 1.0, 2.0, 0.0], [0.5, 0.5, 0, 1], np.zeros((4, 4)),
    ),
    "a length at zero": (np.linalg.norm, [0.0, 0.0], [0, 0], np.zeros((2, 2))),
    "a deviation of equal numbers": (np.std, [2.0, 2.0, 2.0], [0, 0, 0], np.zeros((3, 3))),
    "a variance of equal numbers": (np.var, [2.0, 2.0], [0, 0], [[0.5, -0.5], [-0.5, 0.5]]),
    "a length beside a smooth term": (
        lambda x: np.hypot(x[0], x[1]) + x[0] * x[1], [0.0, 0.0], [0, 0], [[0, 1], [1, 0]],
    ),
    "one zero in a product": (np.prod, [0.0, 2.0, 3.0], [6, 0, 0], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    "two zeros in a product": (np.prod, [0.0, 0.0, 3.0], [0, 0, 0], [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    "x**y at (0, 0)": (lambda z: z[0] ** z[1], [0.0, 0.0], [0, 0], np.zeros((2, 2))),
    "x**y at (0, 1)": (lambda z: z[0] ** z[1], [0.0, 1.0], [1, 0], np.zeros((2, 2))),
    "x**y at (0, 2)": (lambda z: z[0] ** z[1], [0.0, 2.0], [0, 0], [[2, 0], [0, 0]]),
    "x**y at (0, 1/2)": (lambda z: z[0] ** z[1], [0.0, 0.5], [np.inf, 0], [[-np.inf, 0], [0, 0]]),
    "entropy with a certain outcome": (
        lambda p: -np.sum(np.where(p > 0, p * np.log(p), 0)), [1.0, 0.0], [-1, 0], [[-1, 0], [0, 0]],
    ),
    "selected by a Boolean index": (
        lambda x: np.sum(np.sqrt(x[x > 0])), [0.0, 4.0], [0, 0.25], [[0, 0], [0, -1 / 32]],
    ),
    "a sparse matrix times vertical functions": (
        lambda x: (np.array([[0, 1], [2, 0]]) @ np.sqrt(x))[0], [0.0, 4.0], [0, 0.25], [[0, 0], [0, -1 / 32]],
    ),
    "the same as an Einstein sum": (
        lambda x: np.einsum("ij,j->i", np.array([[0, 1], [2, 0]]), np.sqrt(x))[0],
        [0.0, 4.0], [0, 0.25], [[0, 0], [0, -1 / 32]],
    ),
    "an honest infinity beside a branch not taken": (
        lambda x: np.sum(np.sqrt(x) + np.where(x > 0, np.log(x), 0)),
        [0.0, 1.0], [np.inf, 1.5], [[-np.inf, 0], [0, -1.25]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "point", "gradient", "hessian"), SEVERAL.values(), ids=SEVERAL)
def test_gradients_and_hessians_at_kinks_of_several_variables(function, point, gradient, hessian):
    x = np.array(point)
    close = {"rtol": 1e-13, "atol": 1e-14}
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(wg.grad(function)(x), gradient, **close)
        np.testing.assert_allclose(wg.jacobian(function, mode="forward")(x), gradient, **close)
        np.testing.assert_allclose(wg.hessian(function)(x), hessian, **close)
        np.testing.assert_allclose(wg.jacobian(wg.grad(function), mode="reverse")(x), hessian, **close)
        np.testing.assert_allclose(wg.vmap(wg.grad(function))(np.stack([x, x])), [gradient, gradient], **close)


# random programs for a branch that is not taken: singular, overflowing, outside their domains
ONE: list[tuple[str, Function]] = [
    (text, function_of(f"`{text}`"))
    for text in (
        "np.sqrt(x)", "np.log(x)", "1 / x", "x ** 0.3", "x ** -1.5", "np.cbrt(x)", "np.arcsin(x)", "np.arccosh(x)",
        "np.log1p(x)", "np.exp(x)", "np.expm1(9 * x)", "abs(x)", "x ** 3", "np.tanh(x)", "np.arctan(x)", "x / abs(x)",
        "0 * x", "np.linalg.norm(v * x)", "np.where(x > 0, np.sqrt(x), x)", "np.clip(x, 0, 1)",
    )
]  # fmt: skip
TWO = [np.add, np.multiply, np.divide, np.power, np.maximum, np.hypot, np.arctan2, np.logaddexp]


def program(rng: np.random.Generator, depth: int) -> tuple[str, Function]:
    """A random program of so many nested operations, and its text."""
    if not depth:
        return "x", lambda x: x
    text, inner = program(rng, depth - 1)
    if rng.random() < 0.7:
        name, outer = ONE[rng.integers(len(ONE))]
        return name.replace("x", f"({text})"), lambda x: outer(inner(x))
    other_text, other = program(rng, int(rng.integers(depth)))
    both = TWO[rng.integers(len(TWO))]
    return f"{both.__name__}({text}, {other_text})", lambda x: both(inner(x), other(x))


@pytest.mark.parametrize("seed", range(8))
def test_no_program_in_a_branch_not_taken_has_a_say(seed):
    rng = np.random.default_rng(seed)
    for _ in range(40):
        text, inner = program(rng, int(rng.integers(1, 4)))
        point = rng.choice([0.0, -1.0, -1000.0])

        def guarded(x: Any, inner: Function = inner) -> Any:
            return np.where(x > 0, inner(x), x**2)

        with np.errstate(all="ignore"):
            for modes, expected in [("F", 2 * point), ("R", 2 * point), *((modes, 2.0) for modes in NESTINGS[2])]:
                assert nested(guarded, modes)(point) == expected, f"{text} at {point}, {modes}"


# the strict mode: what the tables give by annihilation is NaN there; what rules choose at kinks is not touched
ANNIHILATED = ["np.where(x > 0, np.sqrt(x), 0)", "0 * np.sqrt(x)", "np.sqrt(x) ** 2"]
CHOSEN = {
    "abs(x)": 0.0,
    "np.linalg.norm(v * x)": 0.0,
    "np.maximum(x, 0)": 0.5,
    "np.hypot(x, 2 * x)": 0.0,
    "x ** 0": 0.0,
}


@pytest.mark.parametrize("kind", [float, np.float64, np.array], ids=["float", "float64", "array"])
@pytest.mark.parametrize("text", ANNIHILATED)
def test_the_strict_mode_lets_a_zero_meet_an_infinity(text, kind):
    function = function_of(f"`{text}`")
    with wg.ieee():
        assert np.isnan(wg.grad(function)(kind(0.0)))
    assert wg.grad(function)(kind(0.0)) == 0.0


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("modes", ["F", "R"])
def test_the_strict_mode_reaches_all_modes_and_orders(modes, order):
    function = nested(lambda x: x**0.5 * np.sqrt(x), modes * order)
    with wg.ieee():
        assert np.isnan(function(0.0))
        assert np.isnan(function(np.float64(0)))
        assert np.all(np.isnan(wg.vmap(function)(np.zeros(2))))
        assert np.all(np.isnan(wg.jacobian(lambda x: np.sqrt(x) ** 2, mode={"F": "forward", "R": "reverse"}[modes])(
            np.zeros(2)
        )))  # fmt: skip


@pytest.mark.parametrize("text", CHOSEN)
def test_the_strict_mode_keeps_what_rules_choose(text):
    function = function_of(f"`{text}`")
    with wg.ieee():
        for derivative in (forward(function), reverse(function)):
            assert derivative(np.float64(0)) == CHOSEN[text]


def test_the_strict_mode_ends_with_its_block_and_stays_in_its_thread():
    slope = wg.grad(function_of("`0 * np.sqrt(x)`"))
    strict = wg.ieee()(slope)
    with ThreadPoolExecutor(1) as other, wg.ieee():
        assert other.submit(slope, 0.0).result() == 0.0
        assert np.isnan(slope(0.0))
    assert slope(0.0) == 0.0
    assert np.isnan(strict(0.0))
    with pytest.raises(ValueError, match="on purpose"), wg.ieee():
        raise ValueError("on purpose")
    assert slope(0.0) == 0.0
