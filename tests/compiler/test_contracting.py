"""Products of matrices and sums in tiles: every size of tile and every order of axes, against higher precision."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import threads

DRAW = np.random.default_rng(5)
# rows, terms, columns: smaller than a vector, not a multiple of one, in one tile and in many, in one block and in many
SIZES = [
    *((2, 129, 2), (3, 40, 5), (7, 9, 11), (16, 32, 32), (33, 5, 3), (12, 100, 2), (64, 300, 25), (1, 700, 9)),
    *((700, 3, 2), (10, 5000, 17), (17, 5000, 10), (3, 20_000, 9), (500, 10, 300), (5000, 20, 10), (150, 1300, 40)),
]
ORDERS = {
    "A B": (lambda A, B: A @ B, False, False),
    "Aᵀ B": (lambda A, B: A.T @ B, True, False),
    "A Bᵀ": (lambda A, B: A @ B.T, False, True),
    "Aᵀ Bᵀ": (lambda A, B: A.T @ B.T, True, True),
}
STACKS = [
    ((25, 60, 10), (25, 10, 10)),
    ((4, 5, 30, 20), (20, 30)),
    ((4, 1, 30, 20), (1, 5, 20, 30)),
    ((3, 300, 2), (3, 2, 9)),
    ((100, 6, 6), (100, 6, 1)),
    ((100, 1, 6), (6, 6)),
    ((100, 3, 4), (100, 4, 3)),
    ((100, 2, 2), (2, 2)),
    ((2, 3, 50), (50, 40)),
    ((60, 40, 5), (60, 5, 40)),
    ((5, 70, 1), (5, 1, 70)),
    # for BLAS: one after the other, along several axes, some of which are repeated or of one entry
    ((1, 30, 1600), (1, 1600, 30)),
    ((2, 1, 30, 1600), (3, 1600, 40)),
    ((2, 3, 1, 30, 1100), (1, 3, 2, 1100, 20)),
    ((30, 1600), (2, 2, 1600, 30)),
]
WEIGHTED = [(1000, 20), (10_000, 100), (777, 13), (5000, 9), (300, 40), (900, 3)]


def compiled(function, *args):
    """What machine code gives: the first call may be answered by NumPy."""
    fast = wg.jit(function)
    fast(*args)
    return fast(*args)


def within(found, product, *operands):
    """Whether a product is as near to the exact one as a sum of rounded products may be."""
    wide = [operand.astype(np.longdouble) for operand in operands]
    bound = product(*map(np.abs, wide))
    return bool(np.all(np.abs(found - product(*wide)) <= 12 * np.finfo(found.dtype).eps * bound))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("size", "dtype"), [*[(size, np.float64) for size in SIZES], *[(size, np.float32) for size in SIZES[::3]]]
)
def test_products_of_two_matrices(size, order, dtype):
    m, k, n = size
    product, left, right = ORDERS[order]
    A = DRAW.normal(size=(k, m) if left else (m, k)).astype(dtype)
    B = DRAW.normal(size=(n, k) if right else (k, n)).astype(dtype)
    found = compiled(product, A, B)
    assert found.dtype == dtype
    assert within(found, product, A, B)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shapes", STACKS, ids=str)
def test_products_of_stacks(shapes, turned):
    A, B = [DRAW.normal(size=shape) for shape in shapes]
    if turned:
        B = np.ascontiguousarray(np.swapaxes(B, -1, -2))

    def product(A, B):
        return A @ (np.swapaxes(B, -1, -2) if turned else B)

    fast = wg.jit(product)
    fast(A, B)
    assert within(fast(A, B), product, A, B)
    assert "NumPy: " not in fast.explain()


VIEWS = {
    "every other row": lambda A: np.repeat(A, 2, axis=-2)[..., ::2, :],
    "every other column": lambda A: np.repeat(A, 2, axis=-1)[..., ::2],
    "turned around": lambda A: A[..., ::-1, ::-1],
    "turned and every other one": lambda A: np.swapaxes(np.swapaxes(A, -1, -2)[..., ::-1, :], -1, -2),
    "another order of axes": lambda A: np.moveaxis(1.0 * np.moveaxis(A, 0, -1), -1, 0),
    "one number": lambda A: np.ones(A.shape),
    "rows of one number each": lambda A: A[..., :1] + np.zeros(A.shape[-1]),
}


@pytest.mark.parametrize("places", [(0,), (1,), (0, 1)], ids=str)
@pytest.mark.parametrize("shapes", [((2, 9, 8), (2, 8, 7)), ((2, 50, 1500), (2, 1500, 40))], ids=str)
@pytest.mark.parametrize("name", VIEWS)
def test_operands_are_read_where_they_stand_or_copied(name, shapes, places):
    operands = [DRAW.normal(size=shape) for shape in shapes]

    def product(A, B):
        A, B = [VIEWS[name](X) if place in places else X for place, X in enumerate((A, B))]
        return A @ B

    fast = wg.jit(product)
    fast(*operands)
    expected = product(*operands)
    np.testing.assert_allclose(fast(*operands), expected, rtol=1e-12, atol=1e-12 * np.max(np.abs(expected)))
    assert "NumPy: " not in fast.explain()


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_products_of_integers_are_exact(dtype):
    for m, k, n in ((3, 4, 5), (40, 30, 50)):
        A, B = [DRAW.integers(0, 100, size=shape).astype(dtype) for shape in ((m, k), (k, n))]
        fast = wg.jit(np.matmul)
        found = fast(A, B)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, A @ B)
        assert "NumPy: " not in fast.explain()


@pytest.mark.parametrize("shape", WEIGHTED, ids=str)
@pytest.mark.parametrize("sign", ["positive", "negative", "both"])
def test_symmetric_products(shape, sign):
    X, w = DRAW.normal(size=shape), DRAW.uniform(0.1, 1.0, shape[0])
    w = {"positive": w, "negative": -w, "both": w - 0.5}[sign]
    turned = np.ascontiguousarray(X.T)
    for product, operands in (
        (lambda X: X.T @ X, (X,)), (lambda X, w: (X.T * w) @ X, (X, w)), (lambda X: X @ X.T, (turned,)),
        (lambda X, w: (X * w) @ X.T, (turned, w)),
    ):  # fmt: skip
        found = compiled(product, *operands)
        assert within(found, product, *operands)
        np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize("shape", [(5000, 10), (25, 1000, 10), (4, 3000, 2, 3), (70_001, 9)], ids=str)
def test_sums_over_what_is_few_entries_apart(shape):
    x = DRAW.normal(size=shape)
    for axis in range(len(shape) - 1):

        def total(x, axis=axis):
            return np.sum(x, axis=axis)

        assert within(compiled(total, x), total, x)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_so(wrong):
    A, B = DRAW.normal(size=(60, 40)), DRAW.normal(size=(40, 30))
    A[7, 5] = wrong
    for product in (lambda A, B: A @ B, lambda A, B: B.T @ A.T, lambda A, B: A.T @ A):
        # some of NumPy's products warn of an invalid value where they give none
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(compiled(product, A, B), product(A, B), rtol=1e-12, atol=1e-12)


# What is done to the entries of U Vᵀ, given how T is taken from them, and what reads the result R; whether all of that
# happens tile by tile.
HANDED_ON = {
    "both ways": (lambda U, V, T, less: both_ways(less(U @ V.T, T), U, V), True),
    "along the columns": (lambda U, V, T, less: less(U @ V.T, T) @ V, True),
    "down the rows": (lambda U, V, T, less: U.T @ less(U @ V.T, T), True),
    "down the rows with another factor": (lambda U, V, T, less: U[:, :2].T @ less(U @ V.T, T), True),
    "a factor that stands in rows": (lambda U, V, T, less: along_rows(less, U, 1.0 * V.T, T), True),
    "with sums": (lambda U, V, T, less: with_sums(less(U @ V.T, T), U, V), True),
    "several operations": (lambda U, V, T, less: both_ways(less(2.0 * (U @ V.T), T) * T[0] * T[:, :1], U, V), True),
    "a result as well": (lambda U, V, T, less: (R := less(U @ V.T, T), *both_ways(R, U, V)), False),
    "read by something else": (lambda U, V, T, less: read_by_more(less(U @ V.T, T), U, V), False),
    "another factor": (lambda U, V, T, less: less(U @ V.T, T) @ (V + 1.0), False),
    "against the order in memory": (lambda U, V, T, less: both_ways(less(U @ V.T, T[:, ::-1]), U, V), False),
    "an exponential": (lambda U, V, T, less: both_ways(np.exp(U @ V.T * 0.125), U, V), False),
}
# rows, terms, columns: whole tiles and parts of them, one block and several, chunks
HANDED_SIZES = [(500, 10, 300), (601, 7, 203), (1000, 5, 97), (1003, 24, 96)]


def both_ways(R, U, V):
    return R @ V, U.T @ R


def along_rows(less, U, W, T):
    R = less(U @ W, T)
    return R @ W.T, U.T @ R


def with_sums(R, U, V):
    return R @ V, U.T @ R, np.sum(R * R), np.sum(R)


def read_by_more(R, U, V):
    return R @ V, U.T @ R, np.sum(R, axis=1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", HANDED_SIZES, ids=str)
@pytest.mark.parametrize("name", HANDED_ON)
def test_entries_of_a_product_that_further_products_read(name, size, dtype):
    (m, k, n), (program, expected) = size, HANDED_ON[name]
    args = [DRAW.normal(size=shape).astype(dtype) for shape in ((m, k), (n, k), (m, n))]
    fast = wg.jit(lambda U, V, T: program(U, V, T, np.subtract))
    fast(*args)
    found = fast(*args)
    wide = [arg.astype(np.longdouble) for arg in args]
    exact, bound = program(*wide, np.subtract), program(*map(np.abs, wide), np.add)
    for one, other, most in zip(*[x if isinstance(x, tuple) else (x,) for x in (found, exact, bound)], strict=True):
        assert np.shape(one) == np.shape(other)
        assert np.all(np.abs(one - other) <= 24 * np.finfo(dtype).eps * most)
    assert ("tile by tile" in fast.explain()) == expected


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("place", [(0, -1, 0), (0, -5, 1), (0, 3, 2), (1, -2, 1), (1, 0, 0), (2, -3, -3), (2, 0, 0)])
def test_what_further_products_read_is_not_finite(place, wrong):
    args = [DRAW.normal(size=shape) for shape in ((603, 7), (203, 7), (603, 203))]
    args[place[0]][place[1:]] = wrong

    def program(U, V, T):
        return both_ways(U @ V.T - T, U, V)

    fast = wg.jit(program)
    with np.errstate(invalid="ignore"):
        fast(*args)
        for one, other in zip(fast(*args), program(*args), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert "tile by tile" in fast.explain()


def misfit(U, V, T, w):
    return np.sum(np.tanh(U @ V.T - T) ** 2 * w[:, None])


def plain_misfit(U, V, T, w):
    return np.sum((U @ V.T - T) ** 2)


@pytest.mark.parametrize(
    ("function", "how"), [(misfit, "\n    tiles of"), (plain_misfit, "tile by tile:\n      tiles of")]
)
def test_results_do_not_depend_on_the_number_of_threads(function, how):
    args = [DRAW.normal(size=shape) for shape in ((700, 10), (300, 10), (700, 300), (700,))]
    fast = wg.jit(wg.value_and_grad(function, argnums=(0, 1)))
    fast(*args)
    found = []
    for count in (1, 2, 3):
        threads.limit(count)
        value, gradients = fast(*args)
        found.append([value.tobytes(), *[gradient.tobytes() for gradient in gradients]])
    threads.limit(threads.usable())
    assert found[0] == found[1] == found[2]
    assert " chunks" in fast.explain()
    assert f"{how} 700 x 300: matmul over 10" in fast.explain()
