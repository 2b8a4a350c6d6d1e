"""Every kind of index, read, written and added at: equal to NumPy, and differentiated alike in every mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
import wengert.numpy as wnp
from wengert.errors import ShapeError, TracingError, UnsupportedError

SHAPE = (3, 4, 2)
BATCH = 3


@dataclass(frozen=True)
class Kind:
    """A kind of index: `make` puts integer arrays, of these shapes and below these bounds, into it."""

    name: str
    make: Callable[..., Any]
    arrays: tuple[tuple[tuple[int, ...], int], ...] = ()

    def draw(self, rng: np.random.Generator, *batch: int) -> list[Any]:
        drawn = [rng.integers(-bound, bound, (*batch, *shape)) for shape, bound in self.arrays]
        return drawn if batch else [array if array.shape else array[()] for array in map(np.asarray, drawn)]


colon = slice(None)
MASK = np.array([[True, False, True, True], [False] * 4, [False, True, False, False]])
FIXED = [
    Kind("integer", lambda: 1),
    Kind("negative integer", lambda: -1),
    Kind("NumPy integer", lambda: np.int64(2)),
    Kind("array of shape ()", lambda: np.array(2)),
    Kind("slice", lambda: slice(1, None)),
    Kind("slice backwards", lambda: slice(None, None, -2)),
    Kind("empty slice", lambda: slice(2, 2)),
    Kind("ellipsis", lambda: ...),
    Kind("empty tuple", lambda: ()),
    Kind("all integers", lambda: (1, 2, 0)),
    Kind("all integers and ellipsis", lambda: (1, ..., 2, 0)),
    Kind("integers and slices", lambda: (1, slice(None, None, 2), 0)),
    Kind("ellipsis in front", lambda: (..., 1)),
    Kind("ellipsis for no axis", lambda: (1, ..., colon, 0)),
    Kind("new axes", lambda: (None, 1, None, ..., None)),
    Kind("True", lambda: True),
    Kind("False", lambda: False),
    Kind("NumPy Boolean", lambda: np.True_),
    Kind("Boolean beside an integer", lambda: (1, True)),
    Kind("Boolean away from an integer", lambda: (True, colon, 1)),
    Kind("mask of the first axis", lambda: np.array([True, False, True])),
    Kind("mask as a list", lambda: [True, False, True]),
    Kind("mask of two axes", lambda: MASK),
    Kind("mask behind a slice", lambda: (colon, MASK[0])),
    Kind("mask behind an ellipsis", lambda: (..., np.array([False, True]))),
    Kind("mask beside an array", lambda: (MASK[:, 0], [2])),
    Kind("mask away from an array", lambda: (np.array([True, False, True]), colon, [1, 0])),
    Kind("empty mask", lambda: np.zeros(3, bool)),
    Kind("list", lambda: [2, 0]),
    Kind("nested lists", lambda: [[2, 0], [1, 1]]),
    Kind("empty list", list),
    Kind("np.ix_", lambda: np.ix_([0, 2], [1, 3])),
]
ARRAYS = [
    Kind("integer scalar", lambda i: i, (((), 3),)),
    Kind("integer scalar behind a slice", lambda i: (colon, i), (((), 4),)),
    Kind("two integer scalars", lambda i, j: (i, colon, j), (((), 3), ((), 2))),
    Kind("integer scalar and new axis", lambda i: (None, i, ...), (((), 3),)),
    Kind("array", lambda i: i, (((2,), 3),)),
    Kind("matrix of integers", lambda i: i, (((2, 3), 3),)),
    Kind("array in the middle", lambda i: (colon, i), (((3,), 4),)),
    Kind("array at the end", lambda i: (..., i), (((3,), 2),)),
    Kind("array and slice", lambda i: (slice(None, 2), i, slice(None, None, -1)), (((3,), 4),)),
    Kind("array and new axis", lambda i: (i, None), (((2,), 3),)),
    Kind("new axis and array", lambda i: (None, i), (((2,), 3),)),
    Kind("array beside an integer", lambda i: (1, i), (((3,), 4),)),
    Kind("array away from an integer", lambda i: (0, colon, i), (((3,), 2),)),
    Kind("integer, new axis, array", lambda i: (1, None, i), (((3,), 4),)),
    Kind("array beside True", lambda i: (True, i), (((2,), 3),)),
    Kind("array beside False", lambda i: (False, i), (((1,), 3),)),
    Kind("array away from True", lambda i: (True, colon, i), (((2,), 4),)),
    Kind("two arrays", lambda i, j: (i, j), (((3,), 3), ((3,), 4))),
    Kind("two arrays behind a slice", lambda i, j: (colon, i, j), (((3,), 4), ((3,), 2))),
    Kind("two arrays that broadcast", lambda i, j: (i, j), (((2, 1), 3), ((3,), 4))),
    Kind("two separated arrays", lambda i, j: (i, colon, j), (((2,), 3), ((2,), 2))),
    Kind("separated by an ellipsis", lambda i, j: (i, ..., j), (((2,), 3), ((2,), 2))),
    Kind("separated by an ellipsis for no axis", lambda i, j: (i, ..., j, 0), (((2,), 3), ((2,), 4))),
    Kind("separated by a new axis", lambda i, j: (i, None, j), (((2,), 3), ((2,), 4))),
    Kind("separated, with new axes", lambda i, j: (None, i, None, colon, j), (((2, 2), 3), ((2,), 2))),
    Kind("three arrays", lambda i, j, k: (i, j, k), (((2,), 3), ((2,), 4), ((2,), 2))),
]
KINDS = FIXED + ARRAYS
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_kind_of_array = pytest.mark.parametrize("kind", ARRAYS, ids=lambda kind: kind.name)


def read(kind: Kind, x: Any, v: Any, *arrays: Any) -> Any:
    return x[kind.make(*arrays)] * 1.0


def write(kind: Kind, x: Any, v: Any, *arrays: Any) -> Any:
    a = x * x
    a[kind.make(*arrays)] = v
    return a * 1.0


def write_scalar(kind: Kind, x: Any, v: Any, *arrays: Any) -> Any:
    a = x * x
    a[kind.make(*arrays)] = x[0, 0, 0] * 2.0
    return a * 1.0


def write_constant(kind: Kind, x: Any, v: Any, *arrays: Any) -> Any:
    a = x * x
    a[kind.make(*arrays)] = 3.0
    return a * 1.0


def add(kind: Kind, x: Any, v: Any, *arrays: Any) -> Any:
    a = x * x
    a[kind.make(*arrays)] += v
    return a * 1.0


ACCESSES = (read, write, write_scalar, write_constant, add)
each_access = pytest.mark.parametrize("access", ACCESSES, ids=lambda access: access.__name__)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def operands(kind: Kind, rng: np.random.Generator, *batch: int) -> tuple[Any, Any, list[Any]]:
    """An array, what can be written at the index, and the integer arrays; all of them batched where asked."""
    arrays = kind.draw(rng, *batch)
    one = [array[(0,) * len(batch)] for array in arrays]
    part = np.zeros(SHAPE)[kind.make(*one)].shape
    return rng.normal(size=(*batch, *SHAPE)), np.asarray(rng.normal(size=(*batch, *part)))[()], arrays


def assert_same(found: Any, expected: Any) -> None:
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def central(f: Callable[[Any], Any], x: Any, step: float = 1e-6) -> Any:
    """Central differences of a scalar function."""
    x = np.asarray(x)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        move = np.zeros(x.shape)
        move[place] = step
        gradient[place] = (f((x + move)[()]) - f((x - move)[()])) / (2 * step)
    return gradient


@each_access
@each_kind
def test_the_value_is_numpys(access, kind, rng):
    x, v, arrays = operands(kind, rng)
    expected = access(kind, x, v, *arrays)
    found, _ = wg.jvp(lambda x, v: access(kind, x, v, *arrays), (x, v), (x, v))
    assert_same(found, expected)
    assert_same(wg.vjp(lambda x, v: access(kind, x, v, *arrays), x, v)[0], expected)


@each_access
@each_kind
def test_the_gradient_is_that_of_central_differences(access, kind, rng):
    x, v, arrays = operands(kind, rng)
    weights = rng.normal(size=np.shape(access(kind, x, v, *arrays)))

    def f(x, v):
        return np.sum(weights * np.sin(access(kind, x, v, *arrays))) + 0.0 * (np.sum(x) + np.sum(v))

    dx, dv = wg.grad(f, argnums=(0, 1))(x, v)
    np.testing.assert_allclose(dx, central(lambda x: f(x, v), x), atol=1e-8)
    np.testing.assert_allclose(dv, central(lambda v: f(x, v), v), atol=1e-8)


@each_access
@each_kind
def test_forward_and_reverse_agree(access, kind, rng):
    x, v, arrays = operands(kind, rng)

    def f(x, v):
        return access(kind, np.sin(x), v * v, *arrays) + 0.0 * (np.sum(x) + np.sum(v))

    forward = wg.jacobian(f, (0, 1), mode="forward")(x, v)
    reverse = wg.jacobian(f, (0, 1), mode="reverse")(x, v)
    for one, other in zip(forward, reverse, strict=True):
        assert_same(one, other)


@each_access
@each_kind
def test_the_hessian_is_that_of_central_differences(access, kind, rng):
    x, v, arrays = operands(kind, rng)

    def f(x):
        return np.sum(access(kind, np.sin(x), v * x[0, 0, 1], *arrays) ** 2) + np.sum(x)

    d = rng.normal(size=x.shape)
    step = 1e-5
    expected = (wg.grad(f)(x + step * d) - wg.grad(f)(x - step * d)) / (2 * step)
    np.testing.assert_allclose(wg.hvp(f, x, d), expected, atol=1e-7)
    np.testing.assert_allclose(np.tensordot(wg.hessian(f)(x), d, 3), expected, atol=1e-7)


@each_access
@each_kind
def test_vmap_over_the_array_is_a_loop(access, kind, rng):
    xs, vs, _ = operands(kind, rng, BATCH)
    arrays = kind.draw(rng)

    def f(x, v):
        return access(kind, x, v, *arrays)

    def g(x, v):
        return wg.grad(lambda x: np.sum(f(np.sin(x), v) ** 2) + np.sum(x))(x)

    for h in (f, g):
        assert_same(wg.vmap(h)(xs, vs), np.stack([h(x, v) for x, v in zip(xs, vs, strict=True)]))
        assert_same(wg.vmap(h, (0, None))(xs, vs[0]), np.stack([h(x, vs[0]) for x in xs]))


@each_access
@each_kind_of_array
def test_vmap_over_the_index_is_a_loop(access, kind, rng):
    xs, vs, arrays = operands(kind, rng, BATCH)

    def f(x, v, *arrays):
        return access(kind, x, v, *arrays)

    def g(x, v, *arrays):
        return wg.grad(lambda x: np.sum(f(np.sin(x), v, *arrays) ** 2) + np.sum(x))(x)

    def pushed(x, v, *arrays):
        return wg.jvp(lambda x, v: f(np.sin(x), v, *arrays), (x, v), (x, v))[1]

    for h in (f, g, pushed):
        examples = [[array[k] for array in arrays] for k in range(BATCH)]
        expected = np.stack([h(xs[k], vs[k], *examples[k]) for k in range(BATCH)])
        assert_same(wg.vmap(h)(xs, vs, *arrays), expected)
    # the array itself shared, but traced
    shared = [0] * len(arrays)

    def total(x):
        return np.sum(wg.vmap(f, (None, 0, *shared))(np.sin(x), vs, *arrays) ** 2) + np.sum(x)

    def looped(x):
        return sum(np.sum(f(np.sin(x), vs[k], *examples[k]) ** 2) for k in range(BATCH)) + np.sum(x)

    assert_same(wg.grad(total)(xs[0]), wg.grad(looped)(xs[0]))
    assert_same(wg.jvp(total, (xs[0],), (xs[1],))[1], wg.jvp(looped, (xs[0],), (xs[1],))[1])


@each_access
@each_kind_of_array
@pytest.mark.parametrize("outer", [True, False], ids=["index by the outer", "index by the inner"])
def test_nested_vmap_is_two_loops(access, kind, outer, rng):
    xs, vs, arrays = operands(kind, rng, BATCH, 2)
    arrays = [array[:, 0] if outer else array[0] for array in arrays]

    def f(x, v, *arrays):
        return access(kind, x, v, *arrays)

    def g(x, v, *arrays):
        return wg.grad(lambda x: np.sum(f(np.sin(x), v, *arrays) ** 2) + np.sum(x))(x)

    inner_axes, outer_axes = ((None, 0) if outer else (0, None)) if arrays else (0, 0)
    inside = (0, 0, *[inner_axes] * len(arrays))
    outside = (0, 0, *[outer_axes] * len(arrays))
    for h in (f, g):
        expected = [
            [h(xs[k, m], vs[k, m], *[array[k if outer else m] for array in arrays]) for m in range(2)]
            for k in range(BATCH)
        ]
        assert_same(wg.vmap(wg.vmap(h, inside), outside)(xs, vs, *arrays), np.array(expected))


@each_kind_of_array
def test_vmap_of_a_jacobian_over_the_index(kind, rng):
    xs, _, arrays = operands(kind, rng, BATCH)
    for mode in ("forward", "reverse"):

        def rows(x, *arrays, mode=mode):
            return wg.jacobian(lambda x: np.sin(x)[kind.make(*arrays)], mode=mode)(x)

        expected = [rows(xs[k], *[array[k] for array in arrays]) for k in range(BATCH)]
        assert_same(wg.vmap(rows)(xs, *arrays), np.array(expected))


def test_nested_vmap_of_indirect_indices(rng):
    xs = rng.normal(size=(2, 3, 4))
    assert_same(wg.vmap(wg.vmap(np.sort))(xs), np.sort(xs))
    assert_same(wg.vmap(wg.vmap(lambda x: x[np.argmax(x)]))(xs), np.max(xs, -1))
    expected = [[wg.hessian(lambda x: np.sum(np.sort(x)[:2] ** 3))(x) for x in row] for row in xs]
    assert_same(wg.vmap(wg.vmap(wg.hessian(lambda x: np.sum(np.sort(x)[:2] ** 3))))(xs), np.array(expected))


def test_a_mask_that_all_examples_share(rng):
    xs = rng.uniform(1, 2, size=(2, 3, 4))
    assert_same(wg.vmap(lambda x: x[x > 0.5])(xs[0]), xs[0])
    assert_same(wg.vmap(lambda x: x[np.nonzero(x > 0.5)])(xs[0]), xs[0])
    assert_same(wg.vmap(wg.vmap(lambda x: np.sum(x[x > 0.5])))(xs), np.sum(xs, -1))
    mask = np.array([[True, False, True, False]] * 3)
    assert_same(wg.vmap(lambda x, m: x[m])(xs[0], mask), xs[0][:, [0, 2]])
    with pytest.raises(TracingError, match="differs between the examples"):
        wg.vmap(lambda x: x[x > 1.5])(xs[0])
    with pytest.raises(TracingError, match="differs between the examples"):
        wg.vmap(wg.vmap(lambda x: x[x > 1.5]))(xs)


@pytest.mark.parametrize(
    "index",
    [np.array([True, False]), (slice(None), MASK[:2]), MASK.T, 3, (0, 0, 0, 0), [3], (..., 0, ...)],
    ids=str,
)
def test_what_numpy_refuses_is_refused(index):
    x = np.ones(SHAPE)
    with pytest.raises(IndexError):
        x[index]
    with pytest.raises(IndexError):
        wg.grad(lambda x: np.sum(x[index]))(x)
    with pytest.raises(IndexError):
        wg.grad(lambda x: write(Kind("", lambda: index), x, 1.0)[0, 0, 0])(x)


@pytest.mark.parametrize("index", [1.0, np.array([0.5]), [0.0], "a"], ids=str)
def test_an_index_of_another_dtype_is_refused(index):
    with pytest.raises(UnsupportedError, match="must hold integers"):
        wg.grad(lambda x: np.sum(x[index]))(np.ones(3))


def test_a_traced_float_as_index_is_refused():
    with pytest.raises(UnsupportedError, match="a traced value of dtype float64"):
        wg.grad(lambda x: x[x])(np.ones(3))


def test_shapes_that_do_not_fit_are_refused():
    for value in (np.ones(2), np.ones((2, 3))):
        with pytest.raises(ShapeError, match=r"into a part of shape \(3,\) at test_indexing"):
            wg.grad(lambda x, value=value: write(Kind("", lambda: colon), x, value)[0])(np.ones(3))
    with pytest.raises(ShapeError, match="into a part of shape"):
        wg.grad(lambda x: write(Kind("", lambda: slice(2)), x, x)[0])(np.ones(3))


def test_leading_axes_of_length_one_are_dropped(rng):
    x, v = rng.normal(size=(2, 3)), rng.normal(size=(1, 1, 1, 3))

    def f(x, v):
        a = x + 0.0 * np.sum(v)
        a[:, [2, 0, 1]] = v
        return a

    assert_same(wg.jvp(f, (x, v), (x, v))[0], f(x, v))
    assert_same(wg.vmap(f)(x[None], v[None]), f(x, v)[None])
    assert_same(wg.grad(lambda v: np.sum(f(x, v) ** 2))(v), 4 * v)


def test_one_rule_serves_indices_of_any_length():
    def f(x):
        a = wnp.zeros((3, 3))
        a[0] = x
        a[0:2] = 2 * x
        return np.sum(a)

    assert wg.grad(f)(1.0) == 12.0
    assert wg.jvp(f, (1.0,), (1.0,)) == (12.0, 12.0)
