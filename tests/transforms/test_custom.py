"""Rules of the user's own, recomputation, and primitives: one rule serves every mode, order and batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp
from wengert.errors import RuleError, TracingError
from wengert.graph import REGISTRY


def plain(x: Any, y: Any) -> Any:
    """The function that all rules here are for: an array and a scalar or array in, an array out."""
    return np.sin(x) * y


def by_differential() -> Any:
    @wg.custom_rule
    def f(x, y):
        return plain(x, y)

    f.differential(lambda out, x, y: (lambda dx: np.cos(x) * y * dx, lambda dy: np.sin(x) * dy))
    return f


def by_jvp() -> Any:
    @wg.custom_rule
    def f(x, y):
        return plain(x, y)

    @f.jvp
    def rule(out, args, tangents):
        (x, y), (dx, dy) = args, tangents
        return (0.0 if dx is None else np.cos(x) * y * dx) + (0.0 if dy is None else np.sin(x) * dy)

    return f


def by_vjp() -> Any:
    @wg.custom_rule
    def f(x, y):
        return plain(x, y)

    @f.vjp
    def rule(out, args, g):
        x, y = args
        dy = np.sin(x) * g
        return np.cos(x) * y * g, dy if np.ndim(y) else np.sum(dy)

    return f


def by_jvp_and_vjp() -> Any:
    f = by_jvp()
    f.vjp(lambda out, args, g: (np.cos(args[0]) * args[1] * g, _like(np.sin(args[0]) * g, args[1])))
    return f


def _like(cotangent: Any, argument: Any) -> Any:
    return cotangent if np.ndim(argument) else np.sum(cotangent)


def by_recomputation() -> Any:
    return wg.checkpoint(plain)


RULES = (by_differential, by_jvp, by_vjp, by_jvp_and_vjp, by_recomputation)
each_rule = pytest.mark.parametrize("make", RULES, ids=lambda make: make.__name__)
each_shape = pytest.mark.parametrize("shape", [(), (3,)], ids=["scalar factor", "factor per entry"])
x3 = np.array([0.3, -0.8, 1.2])
X = np.array([[0.3, -0.8, 1.2], [0.1, 0.9, -0.4], [1.5, 0.2, 0.7], [-1.0, 0.5, 0.6]])


def factor(shape: tuple[int, ...], *batch: int) -> Any:
    return np.random.default_rng(1).uniform(0.5, 1.5, (*batch, *shape))[()]


def assert_same(found: Any, expected: Any) -> None:
    for one, other in zip(wg.tree.flatten(found)[0], wg.tree.flatten(expected)[0], strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@each_rule
@each_shape
def test_values_and_first_derivatives(make, shape):
    f, y = make(), factor(shape)
    assert_same(f(x3, y), plain(x3, y))
    for transform in (
        lambda f: wg.jvp(f, (x3, y), (x3 + 1, y - 2)),
        lambda f: wg.vjp(f, x3, y)[0],
        lambda f: wg.vjp(f, x3, y)[1](x3**2),
        lambda f: wg.linearize(f, x3, y)[1](x3, y),
        lambda f: wg.jacobian(f, (0, 1), mode="forward")(x3, y),
        lambda f: wg.jacobian(f, (0, 1), mode="reverse")(x3, y),
        lambda f: wg.jvp(lambda y: f(x3, y), (y,), (y,)),
        lambda f: wg.grad(lambda x: np.sum(f(x, y) ** 2))(x3),
        lambda f: wg.grad(lambda x: np.sum(f(x, x) ** 2))(x3),
    ):
        assert_same(transform(f), transform(plain))


@each_rule
@each_shape
def test_higher_orders(make, shape):
    f, y = make(), factor(shape)

    def scalar(f: Any) -> Callable[..., Any]:
        return lambda x, y: np.sum(f(x, y) ** 3)

    for transform in (
        lambda f: wg.hessian(f, (0, 1))(x3, y),
        lambda f: wg.jacobian(wg.grad(f), mode="reverse")(x3, y),
        lambda f: wg.jacobian(wg.hessian(f), mode="forward")(x3, y),
        lambda f: wg.jacobian(wg.hessian(f), mode="reverse")(x3, y),
        lambda f: wg.derivative(lambda s: f(s * x3, s * y), order=3)(0.7),
        lambda f: wg.hvp(lambda x: f(x, x[0] + 0 * y), x3, x3),
    ):
        assert_same(transform(scalar(f)), transform(scalar(plain)))


@each_rule
@each_shape
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)], ids=str)
def test_vmap(make, shape, axes):
    f = make()
    x = X if axes[0] == 0 else X[0]
    y = factor(shape, 4) if axes[1] == 0 else factor(shape)

    def looped(h: Any) -> Any:
        one = [h(*(a if axis is None else a[k] for a, axis in zip((x, y), axes, strict=True))) for k in range(4)]
        return wg.tree.map(lambda *parts: np.stack(parts), *one)

    def total(x: Any, y: Any) -> Any:
        return np.sum(wg.vmap(f, axes)(np.sin(x), y * 1.0) ** 2)

    def total_of_loop(x: Any, y: Any) -> Any:
        rows = [(x if axes[0] is None else x[k], y if axes[1] is None else y[k]) for k in range(4)]
        return sum(np.sum(plain(np.sin(a), b * 1.0) ** 2) for a, b in rows)

    for derive in (
        lambda f: f,
        lambda f: wg.grad(lambda x, y: np.sum(f(x, y) ** 2), (0, 1)),
        lambda f: wg.jacobian(f, (0, 1), mode="forward"),
        lambda f: wg.hessian(lambda x, y: np.sum(f(x, y) ** 2)),
        lambda f: lambda x, y: wg.jvp(f, (x, y), (x, y))[1],
    ):
        assert_same(wg.vmap(derive(f), axes)(x, y), looped(derive(plain)))
    # what the examples share gets the sum over them
    for derive in (
        lambda f: wg.grad(f, (0, 1))(x, y),
        lambda f: wg.jvp(f, (x, y), (x, y)),
        lambda f: wg.hessian(f, 1)(x, y),
    ):
        assert_same(derive(total), derive(total_of_loop))


@each_rule
def test_the_shared_operand_may_be_as_long_as_the_batch(make):
    f, square = make(), X[:3]

    def pushed(f: Any) -> Any:
        return wg.jvp(lambda y: wg.vmap(lambda x: f(x, y))(square), (x3,), (x3 + 1,))

    assert_same(pushed(f), pushed(plain))

    def pulled(f: Any) -> Any:
        return wg.grad(lambda y: np.sum(wg.vmap(lambda x: f(x, y))(square) ** 2))(x3)

    assert_same(pulled(f), pulled(plain))


@each_rule
def test_nested_vmap(make):
    f, y = make(), factor((), 4)
    wide = np.stack([X, 2 * X])

    def gradient(f: Any) -> Callable[..., Any]:
        return wg.grad(lambda x, y: np.sum(f(x, y) ** 2), (0, 1))

    found = wg.vmap(wg.vmap(gradient(f)), (0, None))(wide, y)
    expected = [[gradient(plain)(wide[i, k], y[k]) for k in range(4)] for i in range(2)]
    assert_same(found[0], np.array([[pair[0] for pair in row] for row in expected]))
    assert_same(found[1], np.array([[pair[1] for pair in row] for row in expected]))


class TestIntegerArguments:
    """Arguments that are not differentiated: integers, and those declared constant."""

    @staticmethod
    def plain(x: Any, i: Any) -> Any:
        return np.sin(wnp.array(x)[i]) * x[0]

    def rules(self) -> list[Any]:
        one, other = wg.custom_rule(self.plain), wg.custom_rule(self.plain)

        @one.differential
        def rule(out: Any, x: Any, i: Any) -> Any:
            return lambda dx: np.cos(x[i]) * dx[i] * x[0] + np.sin(x[i]) * dx[0], None

        @other.vjp
        def pull(out: Any, args: Any, g: Any) -> Any:
            x, i = args
            bar = wnp.zeros(3)
            bar[i] += g * np.cos(x[i]) * x[0]
            bar[0] += g * np.sin(x[i])
            return bar, None

        return [one, other, wg.checkpoint(self.plain)]

    def test_alone(self):
        for f in self.rules():
            for derive in (wg.grad, wg.hessian, lambda f: wg.jacobian(f, mode="forward")):
                assert_same(derive(f)(x3, 2), derive(self.plain)(x3, 2))

    def test_a_batch_of_them(self):
        places = np.array([0, 2, 1, -1])
        for f in self.rules():
            for derive in (lambda f: f, wg.grad, wg.hessian):
                expected = np.stack([derive(self.plain)(x, i) for x, i in zip(X, places, strict=True)])
                assert_same(wg.vmap(derive(f))(X, places), expected)
            total = wg.grad(lambda x, f=f: np.sum(wg.vmap(f, (None, 0))(x * 1.0, places)))(x3)
            assert_same(total, wg.grad(lambda x: sum(self.plain(x, i) for i in places))(x3))

    def test_a_constant_argument(self):
        f = wg.custom_rule(plain, constant=1)
        f.differential(lambda out, x, y: (lambda dx: np.cos(x) * y * dx, None))
        y = factor((3,))
        dx, dy = wg.grad(lambda x, y: np.sum(f(x, y)), (0, 1))(x3, y)
        assert_same((dx, dy), (np.cos(x3) * y, np.zeros(3)))
        ys = factor((3,), 4)
        found = wg.vmap(wg.grad(lambda x, y: np.sum(f(x, y))))(X, ys)
        assert_same(found, np.cos(X) * ys)


TREE = {"a": x3, "b": (0.7, np.array([[1.0, 2.0], [0.5, -1.0]]))}


def of_tree(t: Any) -> Any:
    return {"product": t["a"] * t["b"][0], "sum": np.sum(t["b"][1] ** 2) + t["b"][0]}


def tree_rules() -> dict[str, Any]:
    one, two, three = (wg.custom_rule(of_tree) for _ in range(3))

    def pushed(t: Any, dt: Any) -> Any:
        (s, m), (ds, dm) = t["b"], dt["b"]
        return {"product": dt["a"] * s + t["a"] * ds, "sum": 2 * np.sum(m * dm) + ds}

    one.differential(lambda out, t: lambda dt: pushed(t, dt))
    two.jvp(lambda out, args, tangents: pushed(args[0], tangents[0]))

    @three.vjp
    def pull(out: Any, args: Any, g: Any) -> Any:
        (t,) = args
        s, m = t["b"]
        bar = np.sum(g["product"] * t["a"]) + g["sum"]
        return {"a": g["product"] * s, "b": (bar, 2 * m * g["sum"])}

    return {"differential": one, "jvp": two, "vjp": three, "checkpoint": wg.checkpoint(of_tree)}


@pytest.mark.parametrize("name", tree_rules())
def test_tree_arguments(name):
    f = tree_rules()[name]

    def loss(f: Any) -> Callable[..., Any]:
        return lambda t: np.sum(f(t)["product"] ** 2) * f(t)["sum"]

    assert_same(f(TREE), of_tree(TREE))
    assert_same(wg.grad(loss(f))(TREE), wg.grad(loss(of_tree))(TREE))
    assert_same(wg.hessian(loss(f))(TREE), wg.hessian(loss(of_tree))(TREE))
    assert_same(wg.jvp(f, (TREE,), (TREE,)), wg.jvp(of_tree, (TREE,), (TREE,)))
    batch = wg.tree.map(lambda leaf: np.stack([leaf, 2 * leaf]), TREE)
    assert_same(wg.vmap(wg.grad(loss(f)))(batch), wg.vmap(wg.grad(loss(of_tree)))(batch))
    # of the leaves only one is differentiated
    partial = [lambda s, f=f: loss(f)({"a": x3, "b": (s, TREE["b"][1])}) for f in (f, of_tree)]
    assert_same(wg.derivative(partial[0], order=2)(0.7), wg.derivative(partial[1], order=2)(0.7))


@pytest.mark.parametrize("transform", [wg.grad, wg.hessian, lambda f: wg.vmap(wg.grad(f))])
def test_arrays_to_write_into_inside_of_function_and_rule(transform):
    def running(np_: Any, x: Any) -> Any:
        out = np_.zeros(3)
        out[0] = x[0]
        for k in range(2):
            out[k + 1] = out[k] + x[k + 1] ** 2
        return out

    @wg.custom_rule
    def f(x):
        return running(wnp, x)

    @f.vjp
    def rule(out, args, g):
        bar = wnp.zeros(3)
        bar[:] = 2 * args[0]
        bar[0] = 1.0
        bar *= np.cumsum(g[::-1])[::-1]
        return bar

    x = x3 if transform in (wg.grad, wg.hessian) else X
    expected = transform(lambda x: np.sum(running(wnp, x) ** 2))(x)
    assert_same(transform(lambda x: np.sum(f(x) ** 2))(x), expected)
    again = wg.checkpoint(lambda x: running(wnp, x))
    assert_same(transform(lambda x: np.sum(again(x) ** 2))(x), expected)


def test_a_part_of_the_wrong_shape_is_refused():
    f = wg.custom_rule(lambda x, y: plain(x, y))
    f.vjp(lambda out, args, g: (g[:2], None))
    for transform in (wg.grad, lambda f: wg.vmap(wg.grad(f))):
        x = x3 if transform is wg.grad else X
        with pytest.raises(RuleError, match=r"returned an array of shape \(2,\) where one of shape \(3,\) is needed"):
            transform(lambda x: np.sum(f(x, 2.0)))(x)


def test_a_wrong_number_of_parts_is_refused():
    f = wg.custom_rule(lambda x, y: plain(x, y))
    f.vjp(lambda out, args, g: (g,))
    with pytest.raises(RuleError, match="returned 1 cotangents for 2 arguments"):
        wg.grad(lambda x: np.sum(f(x, 2.0)))(x3)


def test_a_traced_value_of_the_closure_is_refused():
    def f(x):
        return np.sum(wg.checkpoint(lambda t: t * x)(x * 1.0))

    with pytest.raises(TracingError, match="gets from its closure"):
        wg.grad(f)(x3)


def test_a_primitive_of_ones_own():
    softsign = wg.Primitive("softsign_of_a_user", elementwise=1, domain="everywhere", cite="x / (1 + |x|)")
    try:
        softsign.evaluate(lambda xp, x: x / (1 + abs(x)))
        softsign.differential(lambda out, x: (lambda dx: dx / (1 + abs(x)) ** 2,))

        def formula(x):
            return x / (1 + abs(x))

        for transform in (
            lambda f: wg.grad(lambda x: np.sum(f(x) ** 2))(x3),
            lambda f: wg.hessian(lambda x: np.sum(f(x) ** 2))(x3),
            lambda f: wg.jvp(f, (x3,), (x3,)),
            lambda f: wg.vmap(wg.jacobian(f))(X),
            lambda f: wg.derivative(f, order=3)(0.4),
        ):
            assert_same(transform(lambda x: softsign(x)), transform(formula))
        assert_same(softsign(x3), formula(x3))
    finally:
        del REGISTRY["softsign_of_a_user"]


def test_a_primitive_with_a_signature():
    weighted = wg.Primitive("weighted_sum_of_a_user", signature="(n),(n)->()", linear="separately")
    try:
        weighted.evaluate(lambda xp, w, x: xp.sum(w * x, -1))
        weighted.transpose(0)(lambda g, w, x: g[..., None] * x if np.ndim(g) else g * x)
        weighted.transpose(1)(lambda g, w, x: g[..., None] * w if np.ndim(g) else g * w)
        for transform in (
            lambda f: wg.grad(lambda w: np.sin(f(w, x3 * w)))(x3 + 1),
            lambda f: wg.hessian(lambda w: np.sin(f(w, x3 * w)))(x3 + 1),
            lambda f: wg.vmap(wg.grad(f, (0, 1)))(X, X + 1),
            lambda f: wg.grad(lambda w: np.sum(wg.vmap(f, (None, 0))(w, X) ** 2))(x3),
        ):
            assert_same(transform(weighted), transform(lambda w, x: np.sum(w * x, -1)))
    finally:
        del REGISTRY["weighted_sum_of_a_user"]
