"""Programs made at random: their gradients and Hessians are found, agree with the numbers, and print symmetric."""

import numpy as np
import pytest

from wengert.api.derive import derive
from wengert.calculus import algebra
from wengert.calculus.evaluation import evaluate

NUMBERS = np.random.default_rng(0)
ARRAYS = {
    "x": NUMBERS.uniform(0.5, 1.5, 5), "A": NUMBERS.normal(size=(5, 5)), "b": NUMBERS.normal(size=5),
    "S": np.eye(5) + 0.1,
}  # fmt: skip


def column(random, depth):
    """The source of an array of one axis."""
    if depth == 0:
        return random.choice(["x", "x", "x", "b", "A @ x", "S @ x", "A.T @ x", "(x - b)"])
    one, other = column(random, depth - 1), column(random, depth - 1)
    return random.choice(
        [
            f"({one} + {other})", f"({one} - {other})", f"{one} * {other}", f"A @ ({one})", f"A.T @ ({one})",
            f"np.exp(-0.1 * ({one}))", f"np.log1p(np.exp({one}))", f"np.tanh({one})",
            f"({number(random, 0)}) * ({one})",
            f"softmax({one})", f"np.diag(np.outer({one}, {other}))", f"np.outer({one}, {other}) @ b",
            f"(np.outer({one}, x) * A) @ ({other})", f"np.diag(A @ np.diag({one}) @ A)",
            f"({one}) / (2 + np.sum(x**2))",
        ]
    )  # fmt: skip


def number(random, depth):
    """The source of a number."""
    one, other = column(random, depth), column(random, depth)
    return random.choice(
        [
            f"({one}) @ ({other})", f"({one}) @ S @ ({other})", f"np.sum(({one})**2)", f"np.sum({one})",
            f"np.linalg.norm({one})", f"np.log(np.sum(np.exp({one})))", f"np.log1p(np.exp({one} @ b))",
            f"np.trace(np.outer({one}, {other}) @ A)", f"np.sqrt(1 + np.sum(({one})**2))",
            f"np.trace(A @ np.diag({one}) @ S @ np.diag({other}))", f"np.exp(-0.1 * np.sum(({one})**2))",
        ]
    )  # fmt: skip


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def form_of(seed, depth):
    random = np.random.default_rng(seed)
    source = f"{number(random, depth)} + np.sum(x**3)"
    names = ["x", *(name for name in "AbS" if name in source)]
    function = eval(f"lambda {', '.join(names)}: {source}", {"np": np, "softmax": softmax})
    assumed = {"S": "positive definite"} if "S" in names else None
    return source, derive(function, *[ARRAYS[name] for name in names], assume=assumed)


@pytest.mark.parametrize("seed", range(60))
def test_hessians_are_found_and_symmetric_as_printed(seed):
    source, form = form_of(seed, 1)
    hessian = form.hessian.expression
    assert algebra.transpose(hessian) is hessian, f"{source}: {form.hessian}"


@pytest.mark.parametrize("seed", range(100, 130))
def test_hessians_of_longer_programs_are_found_and_symmetric_by_value(seed):
    _, form = form_of(seed, 2)
    hessian = form.hessian.expression
    for one in form.instances:
        value = evaluate(hessian, form.values_at(one), one.sizes)
        np.testing.assert_allclose(value, value.T, rtol=1e-8, atol=1e-8 * np.abs(value).max())
