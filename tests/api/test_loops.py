"""Loops with a recorded body against the same loops of Python's, in both modes, at orders 0 to 3, eager and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree

RNG = np.random.default_rng(7)


def plain_scan(step: Any, first: Any, steps: Any = None, *, length: Any = None, reverse: bool = False) -> Any:
    """What `wengert.scan` says that it does."""
    leaves, nesting = tree.flatten(steps)
    count = len(leaves[0]) if leaves else length
    carry, kept = first, []
    for number in reversed(range(count)) if reverse else range(count):
        carry, y = step(carry, nesting.unflatten([leaf[number] for leaf in leaves]))
        kept.append(y)
    kept = kept[::-1] if reverse else kept
    if not kept:
        return carry, None
    rows = [tree.flatten(y)[0] for y in kept]
    return carry, tree.flatten(kept[0])[1].unflatten([np.stack(list(column)) for column in zip(*rows, strict=True)])


def recurrent_network(scan: Any, W: Any, h: Any, X: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = np.tanh(W @ h + x)
        return h, np.sum(h**2)

    last, kept = scan(step, h, X)
    return np.sum(last * np.arange(3.0)) + np.sum(kept**2)


def with_kept_values(scan: Any, x: Any, a: Any) -> Any:
    last, kept = scan(lambda c, t: (c * a + np.sin(t), {"c": c, "both": (c * t, t)}), x[0], x)
    return last * np.sum(kept["c"] * kept["both"][0]) + np.sum(kept["both"][1])


def scan_in_scan(scan: Any, x: Any, a: Any) -> Any:
    def outer(c: Any, row: Any) -> Any:
        inner, kept = scan(lambda d, t: (np.sin(d + t * c * a), d * t), c, row)
        return inner + 0.1 * c, np.sum(kept) * inner

    last, kept = scan(outer, a, np.reshape(x, (2, -1)))
    return last + np.sum(kept**2)


def closure_of_traced_values(scan: Any, x: Any, a: Any) -> Any:
    scaled, weights = np.exp(a), np.cos(x)

    def step(c: Any, t: Any) -> Any:
        return c * scaled * 0.5 + np.sum(weights * t), c**2 * x[1]

    last, kept = scan(step, 0.3, x)
    return last * np.sum(kept)


def counted(scan: Any, x: Any, a: Any) -> Any:
    def step(carry: Any, _: Any) -> Any:
        number, c = carry
        return (number + 1, c * np.sin(a + number) + np.exp(x[number])), number * c

    (number, last), kept = scan(step, (0, 1.0), length=4)
    return last + number * np.sum(kept)


def backward_in_time(scan: Any, x: Any, a: Any) -> Any:
    last, kept = scan(lambda c, t: (a * c + t**3, c * np.sin(t)), 0.0, x, reverse=True)
    return last + np.sum(kept * np.arange(4.0))


def choice_in_the_body(scan: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = np.where(t > 0.3, np.sqrt(np.abs(t)) * c, c * a + t)
        return c, np.maximum(c, t)

    last, kept = scan(step, a, x)
    return last * np.sum(kept)


def nothing_carried(scan: Any, x: Any, a: Any) -> Any:
    _, kept = scan(lambda c, t: (c, np.sin(t * a)), (), x)
    return np.sum(kept**2)


def written_in_the_body(scan: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        row = np.zeros(3)
        row[0] = t * c[1]
        row[1:] = np.sin(c[:2]) * a
        row[2] += t
        return row, row[0]

    last, kept = scan(step, np.array([0.1, 0.2, 0.3]), x)
    return np.sum(last**2) + np.sum(kept)


def gradient_in_the_body(scan: Any, x: Any, a: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = c - 0.1 * wg.grad(lambda c: np.sum(np.sin(c * t) ** 2) + a * np.sum(c**2))(c)
        return c, None

    last, _ = scan(step, x, x)
    return np.sum(last * x)


def of_one_step(scan: Any, x: Any, a: Any) -> Any:
    last, kept = scan(lambda c, t: (c * np.cos(t), c**2), a, x[:1])
    return last * np.sum(kept)


def matrices(scan: Any, x: Any, a: Any) -> Any:
    M = np.outer(x, x) + 3.0 * np.eye(4)
    last, kept = scan(lambda c, t: (np.linalg.solve(M, c) * t + x, c[0] * a), x, x)
    return np.sum(last) + np.sum(kept)


def in_single_precision(scan: Any, x: Any, a: Any) -> Any:
    last, kept = scan(lambda c, t: (np.float32(0.5) * c + np.sin(t), c), np.float32(0.25), x.astype(np.float32))
    return a * (last.astype(np.float64) + np.sum(kept.astype(np.float64)))


VECTOR = RNG.uniform(0.2, 0.9, 4)
BODIES = {
    "a recurrent network": (recurrent_network, (RNG.normal(size=(3, 3)) / 2, RNG.normal(size=3), RNG.normal(size=(5, 3)))),
    **{
        body.__name__.replace("_", " "): (body, (VECTOR, 0.7))
        for body in (
            with_kept_values,
            scan_in_scan,
            closure_of_traced_values,
            counted,
            backward_in_time,
            choice_in_the_body,
            nothing_carried,
            written_in_the_body,
            gradient_in_the_body,
            of_one_step,
            matrices,
            in_single_precision,
        )
    },
}  # fmt: skip


def along(f: Any, order: int) -> Any:
    """The derivative of this order along a direction, forward only."""
    if not order:
        return f
    inner = along(f, order - 1)
    return lambda *args: wg.jvp(inner, args, tuple(np.cos(np.asarray(arg) * 3)[()] for arg in args))[1]


def backward(f: Any, order: int) -> Any:
    """The gradient of this order in the first argument, contracted with fixed weights to a number each time."""
    if not order:
        return f
    inner = backward(f, order - 1)

    def contracted(*args: Any) -> Any:
        found = wg.grad(inner)(*args)
        return np.sum(found * np.sin(np.arange(found.size, dtype=float)).reshape(found.shape))

    return contracted


def mixed(f: Any, order: int) -> Any:
    """Forward over reverse, alternating."""
    return along(backward(f, (order + 1) // 2), order // 2)


LAWS = {
    "value": lambda f: f,
    "gradient": lambda f: wg.grad(f, argnums=(0, 1)),
    "tangent": lambda f: along(f, 1),
    "second tangent": lambda f: along(f, 2),
    "third tangent": lambda f: along(f, 3),
    "second gradient": lambda f: backward(f, 2),
    "third gradient": lambda f: backward(f, 3),
    "mixed third": lambda f: mixed(f, 3),
    "jacobian of gradient": lambda f: wg.jacobian(wg.grad(f)),
    "hessian": lambda f: wg.hessian(f),
    "batch": lambda f: wg.vmap(f, in_axes=(0, None)),
    "batch of gradients": lambda f: wg.vmap(wg.grad(f), in_axes=(0, None)),
    "gradient of a batch": lambda f: wg.grad(lambda *args: np.sum(wg.vmap(f, in_axes=(0, None))(*args) ** 2)),
}


def arguments(args: Any, law: str) -> Any:
    if "batch" not in law:
        return args
    return (np.stack([args[0], args[0] * 0.9, args[0] + 0.05]), *args[1:])


def agree(found: Any, expected: Any, slack: float = 1e-11) -> None:
    parts, others = tree.flatten(found)[0], tree.flatten(expected)[0]
    assert len(parts) == len(others)
    for part, other in zip(parts, others, strict=True):
        assert np.shape(part) == np.shape(other)
        assert np.asarray(part).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(part, other, rtol=slack, atol=slack * max(1.0, np.max(np.abs(other), initial=0.0)))


def of(body: Any, loop: Any, args: Any) -> Any:
    """The body as a function of its arguments alone, with a third one closed over."""
    if len(args) > 2:
        return lambda x, a: body(loop, x, a, *args[2:])
    return lambda x, a: body(loop, x, a)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", BODIES)
def test_scan_is_the_python_loop(name: str, law: str) -> None:
    body, args = BODIES[name]
    if "single" in name and "third" in law:
        pytest.skip("single precision leaves no digits at the third order")
    slack = 2e-5 if "single" in name else 1e-11
    given = arguments(args[:2], law)
    found = LAWS[law](of(body, wg.scan, args))(*given)
    expected = LAWS[law](of(body, plain_scan, args))(*given)
    agree(found, expected, slack)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", BODIES)
def test_compiled_scan_is_the_python_loop(name: str, law: str) -> None:
    body, args = BODIES[name]
    if "single" in name and "third" in law:
        pytest.skip("single precision leaves no digits at the third order")
    slack = 2e-5 if "single" in name else 1e-11
    given = arguments(args[:2], law)
    fast = wg.jit(LAWS[law](of(body, wg.scan, args)))
    expected = LAWS[law](of(body, plain_scan, args))(*given)
    for _ in range(2):
        agree(fast(*given), expected, slack)
    assert "left to NumPy" not in fast.explain()
